"""One run of one check, with the words of Consul's agent."""

from http import HTTPStatus
from typing import Literal

from nomad_console.simulator.services import App, Apps, Check, Registration

Status = Literal["passing", "warning", "critical"]
TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
MULTIPLE_CHOICES = 300  # HTTP answers below it and from 200 on pass


def run_check(apps: Apps, registration: Registration, check: Check) -> tuple[Status, str]:
    """Status and output; 2xx passes, 429 warns, all else is critical (Consul agent/checks)."""
    where = f"{registration.address}:{registration.port}"
    app = apps.at(registration.address, registration.port)
    listens = app is not None and app.listening and app.alive
    if check.kind == "tcp":
        if listens:
            return "passing", f"TCP connect {where}: Success"
        return "critical", f"dial tcp {where}: connect: connection refused"
    url = f"http://{where}{check.path or '/'}"
    if app is None or not listens:
        return "critical", f'Get "{url}": dial tcp {where}: connect: connection refused'
    if app.latency > check.timeout:
        return "critical", f'Get "{url}": {TIMED_OUT}'
    return _judged(app, url)


def _judged(app: App, url: str) -> tuple[Status, str]:
    phrase = f"{app.status} {HTTPStatus(app.status).phrase}"
    output = f"HTTP GET {url}: {phrase} Output: {app.body}"
    if HTTPStatus.OK <= app.status < MULTIPLE_CHOICES:
        return "passing", output
    if app.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "warning", output
    return "critical", output
