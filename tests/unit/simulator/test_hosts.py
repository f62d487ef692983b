"""What an operator of the world does, and what it refuses."""

import asyncio

import pytest

from nomad_console.simulator.hosts import Hosts, Impossible
from tests.support.stepped_world import SteppedWorld


@pytest.fixture
def stepped() -> SteppedWorld:
    return SteppedWorld("one-service")


@pytest.fixture
def hosts(stepped: SteppedWorld) -> Hosts:
    return Hosts(stepped.world, stepped.clock)


def test_a_restart_keeps_the_tasks_and_brings_the_version(
    stepped: SteppedWorld, hosts: Hosts
) -> None:
    before = hosts.agent("c1")
    assert (before["answers"], before["version"]) == (True, "2.0.4")
    assert hosts.act("c1", "restart", "2.0.5") == "restarted the agent on c1: 2.0.4 → 2.0.5"
    assert hosts.agent("c1")["answers"] is False
    stepped.step(3)
    after = hosts.agent("c1")
    assert (after["answers"], after["version"], after["status"]) == (True, "2.0.5", "ready")
    assert stepped.world.edge_on("c1") is not None


async def test_waiting_ends_when_it_answers(stepped: SteppedWorld, hosts: Hosts) -> None:
    hosts.act("c1", "restart", "2.0.5")
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(hosts.until_answers("c1", "2.0.5", 30))
        for _ in range(40):
            await stepped.clock.advance(0.1)
            stepped.timeline.run_due()
        await stepped.clock.advance(0)
        assert waiting.done()
    assert waiting.result()["version"] == "2.0.5"


async def test_waiting_has_an_end(stepped: SteppedWorld, hosts: Hosts) -> None:
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(hosts.until_answers("c1", "9.9.9", 5))
        await stepped.clock.advance(6)
    assert waiting.result()["version"] == "2.0.4"


def test_killed_and_started(stepped: SteppedWorld, hosts: Hosts) -> None:
    hosts.act("c2", "kill")
    stepped.step(30)
    assert hosts.agent("c2")["status"] == "down"
    with pytest.raises(Impossible, match="does not run"):
        hosts.act("c2", "kill")
    hosts.act("c2", "start")
    stepped.step(10)
    assert hosts.agent("c2")["status"] == "ready"
    with pytest.raises(Impossible, match="runs already"):
        hosts.act("c2", "start")


def test_a_machine_that_is_down_is_silent_for_all(stepped: SteppedWorld, hosts: Hosts) -> None:
    hosts.act("c3", "down")
    stepped.step(40)
    assert hosts.agent("c3")["status"] == "down"
    assert not stepped.world.catalog.nodes["c3"].alive
    states = {each.health.state for each in stepped.world.balancer.health("web-public")}
    assert states == {"healthy", "unhealthy"}
    for action in ("restart", "start", "down"):
        with pytest.raises(Impossible, match="down"):
            hosts.act("c3", action, "2.0.5")
    hosts.act("c3", "up")
    stepped.step(60)
    assert hosts.agent("c3")["status"] == "ready"
    assert stepped.world.catalog.nodes["c3"].alive
    states = {each.health.state for each in stepped.world.balancer.health("web-public")}
    assert states == {"healthy"}
    listed = [each.registration for each in stepped.world.catalog.nodes["c3"].services.values()]
    tasks = [each.alloc_id for each in listed if each is not None and each.alloc_id]
    allocations = stepped.world.cluster.state.allocations
    assert {allocations[task]["ClientStatus"] for task in tasks} == {"running"}  # nothing lost


@pytest.mark.parametrize(
    ("name", "action", "version", "status"),
    [
        ("nope", "restart", "2.0.5", 404),
        ("c1", "explode", "", 404),
        ("c1", "restart", "", 400),
        ("c1", "up", "", 409),
    ],
)
def test_refused(hosts: Hosts, name: str, action: str, version: str, status: int) -> None:
    with pytest.raises(Impossible) as caught:
        hosts.act(name, action, version)
    assert caught.value.status == status


def test_jobs_and_allocations_by_name(stepped: SteppedWorld, hosts: Hosts) -> None:
    assert hosts.job("web") == ("default", "web")
    with pytest.raises(Impossible, match="no job"):
        hosts.job("web", "prod")
    row = hosts.allocation("web")
    assert hosts.allocation(row["ID"][:8]) is row
    with pytest.raises(Impossible, match="no running allocation"):
        hosts.allocation("nope")
    stepped.world.cluster.add_namespace("prod")
    stepped.world.cluster.register_job(
        {**stepped.world.cluster.state.jobs["default", "web"], "Namespace": "prod"}
    )
    with pytest.raises(Impossible, match="several namespaces"):
        hosts.job("web")
