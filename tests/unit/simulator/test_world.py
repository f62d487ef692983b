"""A whole world in virtual time, without sockets."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from operator import itemgetter

import pytest

from nomad_console.simulator.elb.model import Wanted
from nomad_console.simulator.nomad.past import DAY
from nomad_console.simulator.scenario import load, scaled
from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.traffic.front_door import Answer
from nomad_console.simulator.world import World
from tests.support.manual_clock import ManualClock
from tests.support.nomad_world import settled
from tests.support.stepped_world import SteppedWorld

WELL_SET = {"web", "api", "search"}
BADLY_SET = {"legacy", "slowstop"}


class Stepped(SteppedWorld):
    """With requests to every service ten times a second."""

    def __init__(self, scenario: str = "article", speed: float = 1.0, seed: int = 1) -> None:
        super().__init__(scenario, speed, seed)
        self.answers: Counter[tuple[str, int, str]] = Counter()

    def request(self) -> None:
        for service in self.world.services:
            self.world.door.request(service, self.counter(service))
        self.timeline.after(0.1, self.request)

    def counter(self, service: str) -> Callable[[Answer], None]:
        def count(answer: Answer) -> None:
            self.answers[service, answer.status, answer.reason] += 1

        return count

    def failed(self) -> dict[tuple[str, int, str], int]:
        return {key: count for key, count in self.answers.items() if key[1] != 200}


@pytest.fixture
def stepped() -> Stepped:
    return Stepped()


def test_it_starts_settled(stepped: Stepped) -> None:
    world = stepped.world
    assert settled(world.cluster)
    running = Counter(
        row["JobID"]
        for row in world.cluster.state.allocations.values()
        if row["ClientStatus"] == "running"
    )
    assert running == {
        "edge": 6,
        "web": 6,
        "api": 3,
        "search": 4,
        "legacy": 2,
        "slowstop": 2,
        "solo": 1,
        "crunch": 1,
    }
    for name in ("web-public", "api-int"):
        states = [target.health.state for target in world.balancer.health(name)]
        assert states == ["healthy"] * 6
    statuses = {
        check["Status"] for node in world.catalog.nodes.values() for check in node.checks.values()
    }
    assert statuses == {"passing"}
    stepped.request()
    stepped.step(30)
    assert not stepped.failed()
    assert sum(stepped.answers.values()) > 1700


def test_it_has_lived_for_long(stepped: Stepped) -> None:
    """Times grow as indexes do, and nothing is older than what it runs on."""
    world = stepped.world
    state, now = world.cluster.state, world.timeline.now().timestamp()
    nodes = state.nodes.values()
    assert all(20 * DAY < now - node["StatusUpdatedAt"] < 90 * DAY for node in nodes)
    rows = sorted(state.allocations.values(), key=itemgetter("CreateIndex"))
    created = [row["CreateTime"] / 1e9 for row in rows]
    assert created == sorted(created)
    assert max(node["StatusUpdatedAt"] for node in nodes) < created[0]
    services = [row for row in rows if row["JobType"] == "service"]
    assert min(now - row["CreateTime"] / 1e9 for row in services) > 3600
    for row in rows:
        job = state.jobs[row["Namespace"], row["JobID"]]
        assert job["SubmitTime"] == row["CreateTime"]
        started = datetime.fromisoformat(next(iter(row["TaskStates"].values()))["StartedAt"])
        assert abs(started.timestamp() - row["CreateTime"] / 1e9) < 1
        if row["JobType"] != "batch":
            healthy = datetime.fromisoformat(row["DeploymentStatus"]["Timestamp"])
            assert started < healthy < world.timeline.now()
    assert now - world.balancer.created.timestamp() > 100 * DAY
    edge = world.edge_on("c1")
    assert edge is not None
    assert now - datetime.fromisoformat(world.started(edge)).timestamp() > 20 * DAY
    assert world.cluster.machines["c1"].booted_at < -20 * DAY


def test_the_same_seed_gives_the_same_world() -> None:
    first, second, other = Stepped(seed=5), Stepped(seed=5), Stepped(seed=6)
    assert list(first.world.cluster.state.allocations) == list(
        second.world.cluster.state.allocations
    )
    assert first.node("c1") != other.node("c1")


def test_crunch_runs_again_when_it_is_done(stepped: Stepped) -> None:
    stepped.step(120)
    runs = [
        row["ClientStatus"]
        for row in stepped.world.cluster.state.allocations.values()
        if row["JobID"] == "crunch"
    ]
    assert runs.count("complete") >= 2
    assert runs.count("running") == 1


def test_a_plain_drain_fails_requests_at_the_edge(stepped: Stepped) -> None:
    stepped.request()
    stepped.step(5)
    stepped.world.cluster.set_drain(stepped.node("c1"), {"Deadline": 600_000_000_000})
    stepped.step(60)
    failed = stepped.failed()
    assert sum(count for key, count in failed.items() if key[2] == "edge refused") > 20


def test_every_machine_of_the_demo_carries_something_well_set_and_most_something_else(
    stepped: Stepped,
) -> None:
    held: dict[str, set[str]] = {}
    for row in stepped.world.cluster.state.allocations.values():
        held.setdefault(row["NodeName"], set()).add(row["JobID"])
    assert all(jobs & WELL_SET for jobs in held.values())
    assert {name for name, jobs in held.items() if jobs & BADLY_SET} == {"c2", "c3", "c4", "c5"}
    assert held["c4"] > WELL_SET


@pytest.mark.parametrize("speed", [1.0, 5.0, 10.0, 30.0])
@pytest.mark.parametrize("name", ["c1", "c4"])
def test_detached_first_a_drain_fails_nothing_well_set(speed: float, name: str) -> None:
    stepped = Stepped(speed=speed)
    world, pace = stepped.world, stepped.world.pace
    machine = world.cluster.machines[name]
    stepped.request()
    world.cluster.set_eligibility(stepped.node(name), "ineligible")
    world.balancer.deregister("web-public", [Wanted(machine.instance_id)])
    world.balancer.deregister("api-int", [Wanted(machine.address)])
    stepped.step(pace(31))
    world.cluster.set_drain(stepped.node(name), {"Deadline": 600_000_000_000})
    stepped.step(pace(80))
    assert not any(
        row["ClientStatus"] == "running"
        for row in world.cluster.state.allocations.values()
        if row["NodeName"] == name
    )
    world.cluster.agent_restart(name, "2.0.5")
    stepped.step(pace(5))
    world.cluster.set_eligibility(stepped.node(name), "eligible")
    stepped.step(pace(20))
    assert world.edge_on(name) is not None
    world.balancer.register("web-public", [Wanted(machine.instance_id)])
    world.balancer.register("api-int", [Wanted(machine.address)])
    stepped.step(pace(30))
    assert {target.health.state for target in world.balancer.health("web-public")} == {"healthy"}
    assert not {key for key in stepped.failed() if key[0] in WELL_SET}


def test_the_speed_divides_what_is_configured() -> None:
    fast = Stepped(speed=10)
    group = fast.world.cluster.state.jobs["default", "web"]["TaskGroups"][0]
    assert group["ShutdownDelay"] == 600_000_000
    fast.step(12)
    runs = [
        row for row in fast.world.cluster.state.allocations.values() if row["JobID"] == "crunch"
    ]
    assert len(runs) >= 2


def test_a_large_world_has_every_node_in_a_group() -> None:
    world = World(scaled(load("article"), 1200, 2000), Timeline(ManualClock()))
    listed = [len(world.balancer.health(name)) for name in world.balancer.groups]
    assert listed == [600] * 4
    assert len(world.cluster.state.allocations) == 2000
    assert world.report()["nodes"] == 1200


def test_a_new_edge_has_no_routes_at_first(stepped: Stepped) -> None:
    old = stepped.world.edge_on("c1")
    assert old is not None
    stepped.world.cluster.fail_allocation(old.app.alloc_id)
    stepped.step(0.1)
    assert stepped.world.edge_on("c1") is None
    while stepped.world.edge_on("c1") is None:
        stepped.step(0.1)
    new = stepped.world.edge_on("c1")
    assert new is not None
    assert new is not old
    assert not new.routes
    stepped.step(1)
    assert "web" in new.routes


def test_without_shutdown_delay_requests_fail_although_the_balancer_knows() -> None:
    small = Stepped("no-shutdown-delay")
    machine = small.world.cluster.machines["c1"]
    small.request()
    small.world.balancer.deregister("web-public", [Wanted(machine.instance_id)])
    small.step(31)
    small.world.cluster.set_drain(small.node("c1"), {"Deadline": 600_000_000_000})
    small.step(60)
    assert {key[2] for key in small.failed()} == {"app refused"}


def test_the_balancer_cuts_what_is_in_flight_when_the_delay_ends(stepped: Stepped) -> None:
    world = stepped.world
    for app in world.cluster.apps.all():
        app.latency = 100.0
    for place in world.places:
        world.balancer.deregister("web-public", [Wanted(place.instance_id)])
    for _ in world.places:
        world.door.request("web", stepped.counter("web"))
    stepped.step(29.9)
    assert not stepped.answers
    stepped.step(0.2)
    assert stepped.answers == {("web", 502, "cut by balancer"): len(world.places)}


def test_long_batch_work_is_under_way() -> None:
    world = Stepped("batch").world
    now = world.timeline.now().timestamp()
    rows = [row for row in world.cluster.state.allocations.values() if row["JobID"] == "render"]
    ages = [now - row["CreateTime"] / 1e9 for row in rows]
    assert len(ages) == 2
    assert 0 < min(ages) <= max(ages) <= 3600


def test_a_network_balancer_still_sends_long_after_the_deregistration() -> None:
    """Taken out and drained after an application balancer's 30 s, requests fail."""
    early = Stepped("network-balancer", speed=10)
    machine = early.world.cluster.machines["c1"]
    early.request()
    early.world.balancer.deregister("api-int", [Wanted(machine.address)])
    early.world.balancer.deregister("web-public", [Wanted(machine.instance_id)])
    early.step(3.0)
    early.world.cluster.set_drain(early.node("c1"), {"Deadline": -1})
    early.step(18)
    assert {key[0] for key in early.failed()} == {"api"}
