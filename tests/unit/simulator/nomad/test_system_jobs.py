"""System jobs: one copy on every node that can have one."""

from dataclasses import replace

from nomad_console.simulator.nomad.jobs import GroupSpec
from nomad_console.simulator.nomad.system_jobs import TAINTED
from tests.support import lab_jobs
from tests.support.lab_jobs import one_group
from tests.support.nomad_world import NomadWorld


def _settled() -> NomadWorld:
    world = NomadWorld(clients=3)
    world.register(lab_jobs.edge())
    world.settle()
    return world


def test_every_node_gets_one_also_one_that_comes_later() -> None:
    world = _settled()
    assert sorted(row["NodeName"] for row in world.allocations("edge")) == ["c1", "c2", "c3"]
    world.cluster.set_eligibility(world.node_id("c1"), "ineligible")
    world.cluster.set_eligibility(world.node_id("c1"), "eligible")
    world.step(2)
    assert len(world.allocations("edge")) == 3


def test_an_ineligible_node_keeps_what_it_has_and_gets_nothing_new() -> None:
    world = _settled()
    world.cluster.set_eligibility(world.node_id("c1"), "ineligible")
    world.register(one_group("late", GroupSpec("late", ports={}), "system"))
    world.step(2)
    assert sorted(row["NodeName"] for row in world.allocations("late")) == ["c2", "c3"]
    assert len(world.allocations("edge", DesiredStatus="run")) == 3


def test_a_stopped_job_is_stopped_everywhere() -> None:
    world = _settled()
    world.cluster.deregister_job("default", "edge")
    world.step(5)
    assert {row["ClientStatus"] for row in world.allocations("edge")} == {"complete"}
    assert world.state.jobs["default", "edge"]["Status"] == "dead"


def test_a_change_replaces_the_copies() -> None:
    world = _settled()
    job = lab_jobs.edge()
    world.register(replace(job, groups=(replace(job.groups[0], env={"A": "1"}),)))
    world.settle()
    running = [row for row in world.allocations("edge") if row["ClientStatus"] == "running"]
    assert sorted(row["NodeName"] for row in running) == ["c1", "c2", "c3"]
    assert {row["JobVersion"] for row in running} == {1}
    assert all(row["PreviousAllocation"] for row in running)


def test_constraints_leave_nodes_out_without_blocking() -> None:
    world = NomadWorld(clients=2)
    group = GroupSpec("one", ports={}, constraints=[("${node.unique.name}", "=", "c2")])
    world.register(one_group("one", group, "system"))
    world.step(2)
    assert [row["NodeName"] for row in world.allocations("one")] == ["c2"]
    assert all(row["Status"] == "complete" for row in world.state.evaluations.values())


def test_a_drained_copy_has_no_successor() -> None:
    world = _settled()
    world.drain("c1", 60)
    world.step(5)
    (row,) = world.allocations("edge", "c1")
    assert (row["DesiredDescription"], row["NextAllocation"]) == (TAINTED, "")


def test_a_sysbatch_copy_runs_once() -> None:
    world = NomadWorld(clients=2)
    meta = {"sim.exit_after": "1"}
    world.register(one_group("once", GroupSpec("once", ports={}, meta=meta), "sysbatch"))
    world.step(5)
    world.cluster.job_evaluate("default", "once")
    world.step(5)
    assert [row["ClientStatus"] for row in world.allocations("once")] == ["complete"] * 2
