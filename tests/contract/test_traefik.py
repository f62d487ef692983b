"""What the console relies on in the edge's own API (Traefik 3.7)."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.recorded import recorded
from tests.support.simulator import running_simulator
from tests.support.statements import statement

Said = tuple[int, Any]
TraefikParty = Callable[[str], Said]
FILES = {
    "ping": "ping",
    "api/overview": "overview",
    "api/entrypoints": "entrypoints",
    "api/http/routers": "http-routers",
    "api/http/services": "http-services",
    "api/http/services/web@consulcatalog": "http-service",
    "api/http/services/nope@consulcatalog": "http-service-unknown",
}


@pytest.fixture(scope="module")
def party(request: pytest.FixtureRequest) -> Iterator[TraefikParty]:
    """Status and body of one GET at one edge."""
    if request.param == "recordings":
        yield kept
        return
    with running_simulator("one-service", speed=5) as simulator:
        edge = edge_api(simulator.env["NOMAD_CONSOLE_CONFIG"]).format(name="c1")
        with httpx.Client(base_url=edge, timeout=10, trust_env=False) as http:

            def asked(path: str) -> Said:
                answer = http.get(path)
                json = "json" in answer.headers.get("Content-Type", "") or path != "ping"
                return answer.status_code, answer.json() if json else answer.text

            yield asked


def edge_api(config: str) -> str:
    """Of the cluster that the simulator names in its cluster file."""
    with Path(config).open("rb") as file:
        clusters = tomllib.load(file)["clusters"]
    return str(clusters["demo"]["edge"]["api"])


def kept(path: str) -> Said:
    call = recorded(f"traefik/{FILES[path]}.json")
    return call["status"], call["body"]


@statement("traefik.ping", "An edge that serves answers `OK` to its ping.")
def test_ping(party: TraefikParty) -> None:
    assert party("ping") == (200, "OK")


@statement("traefik.routers", "A router names rule, service, entry points, provider and status.")
def test_routers(party: TraefikParty) -> None:
    _, rows = party("api/http/routers")
    routers = {row["name"]: row for row in rows}
    web = routers["web@consulcatalog"]
    assert (web["service"], web["provider"], web["status"]) == ("web", "consulcatalog", "enabled")
    assert web["rule"].startswith("Host(`")
    assert web["entryPoints"] == web["using"] == ["web"]
    assert "ping@internal" in routers


@statement("traefik.services", "A service lists its servers by URL and tells the state of each.")
def test_services(party: TraefikParty) -> None:
    _, rows = party("api/http/services")
    (web,) = [row for row in rows if row["name"] == "web@consulcatalog"]
    urls = {server["url"] for server in web["loadBalancer"]["servers"]}
    assert urls
    assert all(url.startswith("http://") for url in urls)
    assert web["serverStatus"] == dict.fromkeys(urls, "UP")


@statement("traefik.service", "A single service is told as in the list.")
def test_service(party: TraefikParty) -> None:
    _, web = party("api/http/services/web@consulcatalog")
    assert web["name"] == "web@consulcatalog"
    assert web["usedBy"] == ["web@consulcatalog"]
    assert len(web["loadBalancer"]["servers"]) == len(web["serverStatus"])


@statement("traefik.unknown", "A service nobody knows is a 404 with a message as JSON.")
def test_unknown(party: TraefikParty) -> None:
    expected = {"message": "service not found: nope@consulcatalog"}
    assert party("api/http/services/nope@consulcatalog") == (404, expected)


@statement("traefik.overview", "The overview counts what the lists hold.")
def test_overview(party: TraefikParty) -> None:
    _, overview = party("api/overview")
    for kind in ("routers", "services"):
        _, rows = party(f"api/http/{kind}")
        assert overview["http"][kind] == {"total": len(rows), "warnings": 0, "errors": 0}
