"""Draining, beyond what the recordings show."""

from dataclasses import replace

from nomad_console.simulator.nomad.jobs import GroupSpec
from tests.support import lab_jobs
from tests.support.lab_jobs import one_group
from tests.support.nomad_world import NomadWorld


def _last(world: NomadWorld, name: str) -> tuple[str, dict[str, str] | None]:
    event = world.node(name)["Events"][-1]
    return event["Message"], event["Details"]


def test_an_empty_node_is_drained_at_once() -> None:
    world = NomadWorld(clients=1)
    world.drain("c1", 60)
    world.step(0.2)
    assert _last(world, "c1") == ("Node drain complete", None)
    assert world.node("c1")["SchedulingEligibility"] == "ineligible"


def test_without_a_deadline_a_batch_job_is_waited_for() -> None:
    world = NomadWorld(clients=2)
    world.arrange(lab_jobs.batch("long", 900), "c1", 1)
    world.drain("c1", 0)
    world.step(600)
    assert world.node("c1")["DrainStrategy"] is not None
    world.step(400)
    assert _last(world, "c1") == ("Node drain complete", None)


def test_several_draining_nodes_share_the_groups_max_parallel() -> None:
    world = NomadWorld(clients=4)
    world.register(lab_jobs.web(4))
    world.settle()
    world.step(5)
    nodes = {row["NodeName"] for row in world.allocations("web")}
    for name in sorted(nodes)[:2]:
        world.drain(name, 300)
    world.step(2)
    assert len(world.allocations("web", DesiredStatus="stop")) == 1


def test_a_group_may_move_several_at_a_time() -> None:
    world = NomadWorld(clients=3)
    job = lab_jobs.web(4)
    job = replace(job, groups=(replace(job.groups[0], max_parallel=3),))
    world.arrange(job, "c1", 4)
    world.drain("c1", 300)
    world.step(2)
    assert len(world.allocations("web", DesiredStatus="stop")) == 3


def test_a_degraded_group_is_left_alone_until_the_deadline() -> None:
    world = NomadWorld(clients=2)
    world.arrange(lab_jobs.pinned("c1"), "c1", 2)
    world.step(5)
    world.drain("c1", 60)
    world.step(30)
    first, second = world.allocations("pinned")
    statuses = sorted(row["ClientStatus"] for row in (first, second))
    assert statuses == ["complete", "running"]
    blocked = [row for row in world.state.evaluations.values() if row["Status"] == "blocked"]
    assert [row["JobID"] for row in blocked] == ["pinned"]
    world.step(35)
    assert _last(world, "c1") == ("Node drain complete", {"deadline_reached": "true"})
    assert {row["ClientStatus"] for row in world.allocations("pinned")} == {"complete"}


def test_an_earlier_deadline_takes_the_place_of_the_first() -> None:
    world = NomadWorld(clients=2)
    world.arrange(lab_jobs.pinned("c1"), "c1", 2)
    world.drain("c1", 300)
    world.step(10)
    world.drain("c1", 20)
    world.step(22)
    assert _last(world, "c1") == ("Node drain complete", {"deadline_reached": "true"})


def test_a_cancelled_drain_marks_nothing_more() -> None:
    world = NomadWorld(clients=2)
    world.arrange(lab_jobs.web(3), "c1", 3)
    world.drain("c1", 300)
    world.step(0.5)
    world.cluster.set_drain(world.node_id("c1"), None)
    world.step(30)
    assert world.allocations("web", DesiredStatus="stop") == []
    assert all(not row["DesiredTransition"]["Migrate"] for row in world.allocations("web"))


def test_a_batch_copy_stopped_by_the_deadline_is_not_replaced() -> None:
    world = NomadWorld(clients=2)
    world.arrange(lab_jobs.batch("long", 900), "c1", 1)
    world.drain("c1", 10)
    world.step(20)
    (row,) = world.allocations("long")
    assert (row["ClientStatus"], row["NextAllocation"]) == ("complete", "")
    assert row["DesiredTransition"]["MigrateDisablePlacement"] is True
    world.cluster.job_evaluate("default", "long")
    world.step(2)
    assert len(world.allocations("long")) == 1


def test_ignored_system_copies_run_on() -> None:
    world = NomadWorld(clients=2)
    group = GroupSpec("agent", ports={})
    world.register(one_group("agent", group, "system"))
    world.settle()
    world.drain("c1", 5, ignore_system=True)
    world.step(30)
    assert _last(world, "c1") == ("Node drain complete", None)
    (row,) = world.allocations("agent", "c1")
    assert (row["ClientStatus"], row["DesiredTransition"]["Migrate"]) == ("running", None)
