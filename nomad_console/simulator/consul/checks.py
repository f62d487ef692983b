"""One run of one check, with the words of Consul's agent."""

from http import HTTPStatus
from typing import Literal

from nomad_console.simulator.services import App, Apps, Check, Registration

Status = Literal["passing", "warning", "critical"]
TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
OK, MULTIPLE_CHOICES, TOO_MANY_REQUESTS = 200, 300, 429  # HTTP; plain numbers, much compared


def judge(app: App | None, check: Check) -> Status:
    """2xx passes, 429 warns, all else is critical (Consul, agent/checks); tcp only connects."""
    if app is None or not app.listening or not app.alive:
        return "critical"
    if check.kind == "tcp":
        return "passing"
    if app.latency > check.timeout:
        return "critical"
    if OK <= app.status < MULTIPLE_CHOICES:
        return "passing"
    return "warning" if app.status == TOO_MANY_REQUESTS else "critical"


def run_check(apps: Apps, registration: Registration, check: Check) -> tuple[Status, str]:
    """Status and output."""
    app = apps.at(registration.address, registration.port)
    return judge(app, check), _output(app, registration, check)


def _output(app: App | None, registration: Registration, check: Check) -> str:
    where = f"{registration.address}:{registration.port}"
    listens = app is not None and app.listening and app.alive
    refused = f"dial tcp {where}: connect: connection refused"
    if check.kind == "tcp":
        return f"TCP connect {where}: Success" if listens else refused
    url = f"http://{where}{check.path or '/'}"
    if app is None or not listens:
        return f'Get "{url}": {refused}'
    if app.latency > check.timeout:
        return f'Get "{url}": {TIMED_OUT}'
    phrase = f"{app.status} {HTTPStatus(app.status).phrase}"
    return f"HTTP GET {url}: {phrase} Output: {app.body}"
