"""Each edge's API against Traefik's recorded answers: the same keys, the same shapes."""

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from nomad_console.simulator.edge.api import edges_app
from nomad_console.simulator.edge.proxies import Edge, Edges, Server
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock

RECORDINGS = Path(__file__).parents[3] / "recordings" / "traefik"
INSTANCES: dict[str, tuple[Server, ...]] = {
    "api": (("10.77.0.102", 27277), ("10.77.0.103", 29320), ("10.77.0.104", 29494)),
    "web": (
        ("10.77.0.102", 27317),
        ("10.77.0.102", 25755),
        ("10.77.0.102", 22982),
        ("10.77.0.103", 24931),
        ("10.77.0.104", 27167),
        ("10.77.0.104", 24511),
    ),
}


class Catalog:
    """The instances of the recordings."""

    def routed(self) -> Mapping[str, tuple[Server, ...]]:
        return INSTANCES

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Nothing ever changes."""


@pytest.fixture
def edge() -> Edge:
    app = App("a", "default", "edge", "edge", "c1", "10.77.0.101", {"http": 80}, {})
    edges = Edges(Timeline(ManualClock()), Pace(), random.Random(1), Catalog())
    return edges.of(app, settled=True)


@pytest.fixture
def client(edge: Edge) -> httpx.AsyncClient:
    app = edges_app({"c1": edge}.get, lambda _: "2026-11-22T22:00:00Z")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://edges")


def recorded(name: str) -> Any:
    text = (RECORDINGS / f"{name}.json").read_text().replace(".lab`", ".demo`")
    return json.loads(text)


@pytest.mark.parametrize(
    "name",
    ["http-service", "http-services", "overview", "ping", "http-service-unknown"],
)
async def test_as_recorded(client: httpx.AsyncClient, name: str) -> None:
    record = recorded(name)
    answer = await client.get("/edges/c1" + record["request"]["path"])
    assert answer.status_code == record["status"]
    body = record["body"]
    assert (answer.text if isinstance(body, str) else answer.json()) == _longer_hosts(body)
    for header in ("Content-Type", "X-Next-Page"):
        if header in record["headers"]:
            assert answer.headers[header] == record["headers"][header]


async def test_routers_as_recorded(client: httpx.AsyncClient) -> None:
    answer = await client.get("/edges/c1/api/http/routers")
    assert answer.json() == _longer_hosts(recorded("http-routers")["body"])
    one = await client.get("/edges/c1/api/http/routers/web@consulcatalog")
    assert one.json()["rule"] == "Host(`web.demo`)"


def _longer_hosts(body: Any) -> Any:
    """A router's priority is the length of its rule, and `.demo` is longer than `.lab`."""
    text = json.dumps(body).replace('"priority": 15', '"priority": 16')
    return json.loads(text.replace('"priorityStr": "15"', '"priorityStr": "16"'))


async def test_the_rest_of_the_api(client: httpx.AsyncClient) -> None:
    version = (await client.get("/edges/c1/api/version")).json()
    assert version["startDate"] == "2026-11-22T22:00:00Z"
    raw = (await client.get("/edges/c1/api/rawdata")).json()
    assert len(raw["services"]["web@consulcatalog"]["serverStatus"]) == 6
    assert raw["routers"].keys() == {
        "api@consulcatalog",
        "api@internal",
        "ping@internal",
        "web@consulcatalog",
    }
    entrypoints = (await client.get("/edges/c1/api/entrypoints")).json()
    assert [each["address"] for each in entrypoints] == ["10.77.0.101:8080", "10.77.0.101:80"]
    assert entrypoints[1]["transport"]["lifeCycle"] == {"graceTimeOut": "10s"}


async def test_lists_come_in_pages(client: httpx.AsyncClient) -> None:
    names, page = [], "1"
    for _ in range(3):
        answer = await client.get(f"/edges/c1/api/http/services?per_page=2&page={page}")
        names += [row["name"] for row in answer.json()]
        page = answer.headers["X-Next-Page"]
    assert page == "1"
    assert len(names) == 5


async def test_a_broken_edge_fails_its_ping(client: httpx.AsyncClient, edge: Edge) -> None:
    edge.app.status = 500
    assert (await client.get("/edges/c1/ping")).status_code == 500


async def test_nobody_there_and_nothing_there(client: httpx.AsyncClient) -> None:
    assert (await client.get("/edges/c9/ping")).status_code == 502
    assert (await client.get("/edges/c1/api/http/nonsense")).status_code == 404
