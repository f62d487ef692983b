"""The control port's answers, refusals included."""

import random

import httpx
import pytest
from starlette.applications import Starlette

from nomad_console.simulator.control import Control
from nomad_console.simulator.faults import STOPPABLE, Faults
from nomad_console.simulator.hosts import Hosts
from nomad_console.simulator.load import Load
from nomad_console.simulator.nomad_api.routes import nomad_view
from nomad_console.simulator.servers import Listener, bind
from nomad_console.simulator.traffic.requester import Requester
from tests.support.stepped_world import SteppedWorld


@pytest.fixture
def stepped() -> SteppedWorld:
    return SteppedWorld("one-service", seed=7)


@pytest.fixture
def client(stepped: SteppedWorld) -> httpx.AsyncClient:
    world = stepped.world
    hosts = Hosts(world, stepped.clock)
    load = Load(
        stepped.timeline, random.Random(1), world.cluster.state, world.cluster.touch_allocation
    )
    listener = Listener("any", Starlette(), bind("127.0.0.1"))
    listener.stop()
    nomad = nomad_view(world.cluster, stepped.timeline, world.pace)
    faults = Faults(world, hosts, load, nomad, lambda: {key: [listener] for key in STOPPABLE})
    requester = Requester(stepped.timeline, random.Random(1), world.services, 50)
    app = Control(world, hosts, requester, faults, lambda: {"nomad": {"open": 0}}).app()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://control")


async def test_reads(client: httpx.AsyncClient) -> None:
    world = (await client.get("/world")).json()
    assert (world["speed"], world["seed"], world["nodes"]) == (1.0, 7, 3)
    assert (await client.get("/requests")).json() == {"nomad": {"open": 0}}
    traffic = (await client.get("/traffic")).json()
    assert traffic["services"]["web"] == {
        "sent": 0,
        "ok": 0,
        "failed": 0,
        "reasons": {},
        "first_failure": None,
    }
    assert set((await client.get("/agents")).json()) == {"c1", "c2", "c3"}
    assert (await client.get("/tokens")).json() == {}
    assert "break-app" in (await client.get("/faults")).json()


async def test_an_agent_is_restarted_and_waited_for(
    stepped: SteppedWorld, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/agents/c1/restart", json={"version": "2.0.5"})
    assert answer.json() == {"done": "restarted the agent on c1: 2.0.4 → 2.0.5"}
    assert (await client.get("/agents/c1")).json()["answers"] is False
    stepped.step(3)
    there = (await client.get("/agents/c1?version=2.0.5&wait=1")).json()
    assert there["version"] == "2.0.5"


async def test_a_reset_begins_anew(stepped: SteppedWorld, client: httpx.AsyncClient) -> None:
    stepped.step(10)
    assert (await client.get("/traffic")).json()["seconds"] == 10
    assert (await client.post("/traffic/reset")).status_code == 200
    assert (await client.get("/traffic")).json()["seconds"] == 0


async def test_a_fault(client: httpx.AsyncClient) -> None:
    answer = await client.post("/faults/break-app", json={"job": "web"})
    assert answer.json() == {"done": "default/web answers 500"}


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "words"),
    [
        ("GET", "/agents/nope", "", 404, "no client machine nope"),
        ("GET", "/agents/c1?version=2.0.5&wait=soon", "", 400, "wait"),
        ("POST", "/agents/c1/restart", "{}", 400, "needs a version"),
        ("POST", "/agents/c1/restart", "{", 400, "not JSON"),
        ("POST", "/faults/break-app", "[]", 400, "not a JSON object"),
        ("POST", "/faults/nope", "", 404, "no fault nope"),
    ],
)
async def test_refusals_say_why(
    client: httpx.AsyncClient, method: str, path: str, content: str, status: int, words: str
) -> None:
    answer = await client.request(method, path, content=content)
    assert answer.status_code == status
    assert words in answer.json()["error"]
