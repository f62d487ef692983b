"""What a service or batch job lacks and has too much of."""

from dataclasses import replace

import pytest

from nomad_console.simulator.nomad.jobs import Disconnect, GroupSpec
from nomad_console.simulator.nomad.reconcile import Reconciler, reschedule_delay, same_tasks
from nomad_console.simulator.nomad.state import Row
from tests.support import lab_jobs
from tests.support.lab_jobs import one_group
from tests.support.nomad_world import NomadWorld


def _settled(count: int = 3) -> NomadWorld:
    world = NomadWorld(clients=3)
    world.register(lab_jobs.web(count))
    world.settle()
    world.step(5)
    return world


def _names(world: NomadWorld) -> list[str]:
    return sorted(row["Name"] for row in world.allocations("web", DesiredStatus="run"))


def test_nothing_to_do_writes_no_plan() -> None:
    world = _settled()
    world.mark()
    world.cluster.job_evaluate("default", "web")
    world.step(1)
    assert {event["Type"] for _, event in world.log} == {"EvaluationUpdated"}


def test_the_highest_numbers_go_first_when_a_job_shrinks() -> None:
    world = _settled(4)
    world.cluster.job_scale("default", "web", "web", 2)
    world.step(1)
    assert _names(world) == ["web.web[0]", "web.web[1]"]
    world.settle()
    world.step(5)
    world.cluster.job_scale("default", "web", "web", 3)
    world.step(1)
    assert _names(world) == ["web.web[0]", "web.web[1]", "web.web[2]"]


def test_a_count_changes_running_copies_in_place() -> None:
    world = _settled(2)
    before = {row["ID"] for row in world.allocations("web")}
    world.cluster.job_scale("default", "web", "web", 3)
    world.step(1)
    rows = world.allocations("web", DesiredStatus="run")
    assert before < {row["ID"] for row in rows}
    assert {row["JobVersion"] for row in rows} == {1}
    assert {row["DeploymentStatus"] is None for row in rows} == {True}
    world.settle()
    assert all(row["DeploymentStatus"]["Healthy"] for row in world.allocations("web"))


def test_a_removed_group_is_stopped() -> None:
    world = _settled(2)
    job = lab_jobs.web()
    world.register(replace(job, groups=(replace(job.groups[0], name="other", count=1),)))
    world.step(1)
    assert _names(world) == ["web.other[0]"]
    stopped = world.allocations("web", DesiredStatus="stop")
    assert {row["DesiredDescription"] for row in stopped} == {"alloc not needed due to job update"}


def test_a_finished_batch_job_runs_again_only_when_it_changed() -> None:
    world = NomadWorld(clients=1)
    job = lab_jobs.batch("crunch", 2)
    world.register(job)
    world.step(5)
    world.register(job)
    world.step(2)
    assert len(world.allocations("crunch")) == 1
    world.register(replace(job, meta={"run": "2"}))
    world.step(2)
    assert [row["ClientStatus"] for row in world.allocations("crunch")] == ["complete", "running"]


def test_a_copy_that_is_back_says_since_when() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.keeper())
    world.settle()
    (row,) = world.allocations("keeper")
    world.cluster.agent_kill(row["NodeName"])
    world.step(45)
    world.cluster.agent_start(row["NodeName"])
    world.step(10)
    (row,) = world.allocations("keeper")
    assert [mark["Value"] for mark in row["AllocStates"]] == ["unknown", "running"]
    assert (row["ClientStatus"], row["FollowupEvalID"]) == ("running", "")


def test_a_disconnected_copy_is_replaced_meanwhile_unless_told_otherwise() -> None:
    world = NomadWorld(clients=2)
    world.register(one_group("kept", GroupSpec("kept", disconnect=Disconnect(600))))
    world.settle()
    (row,) = world.allocations("kept")
    world.cluster.agent_kill(row["NodeName"])
    world.step(45)
    assert [row["ClientStatus"] for row in world.allocations("kept")] == ["unknown", "running"]
    world.cluster.agent_start(row["NodeName"])
    world.step(30)
    running = [row for row in world.allocations("kept") if row["ClientStatus"] == "running"]
    assert len(running) == 1


@pytest.mark.parametrize(("attempts", "delay"), [(0, 30.0), (2, 120.0), (20, 3600.0)])
def test_rescheduling_takes_longer_each_time(attempts: int, delay: float) -> None:
    group = lab_jobs.web().row()["TaskGroups"][0]
    row: Row = {"RescheduleTracker": {"Events": [{}] * attempts}}
    assert reschedule_delay(row, group) == delay


def test_a_batch_copy_is_rescheduled_once() -> None:
    group = lab_jobs.batch("b", 1).row()["TaskGroups"][0]
    assert reschedule_delay({"RescheduleTracker": None}, group) == 5.0
    assert reschedule_delay({"RescheduleTracker": {"Events": [{}]}}, group) is None
    system = lab_jobs.edge().row()["TaskGroups"][0]
    assert reschedule_delay({"RescheduleTracker": None}, system) is None


def test_what_leaves_running_copies_alone() -> None:
    job = lab_jobs.web().row()
    assert same_tasks(job, lab_jobs.web(9).row(), "web")
    assert not same_tasks(job, {**lab_jobs.web().row(), "Meta": {"a": "b"}}, "web")
    assert not same_tasks(job, job, "other")


def test_reconciling_writes_nothing() -> None:
    world = _settled()
    index = world.state.index
    job = {**world.state.jobs["default", "web"], "Stop": True}
    result = Reconciler(world.cluster.core, job, None).reconcile()
    assert len(result.stops) == 3
    assert result.wants == []
    assert world.state.index == index
