"""Evaluations: one of a job at a time, blocked ones wait for room."""

from nomad_console.simulator.nomad.nodes import NodeSpec
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def _statuses(world: NomadWorld, job: str) -> list[tuple[str, str]]:
    rows = sorted(
        (row for row in world.state.evaluations.values() if row["JobID"] == job),
        key=lambda row: row["CreateIndex"],
    )
    return [(row["TriggeredBy"], row["Status"]) for row in rows]


def test_an_evaluation_goes_from_pending_to_complete_with_its_findings() -> None:
    world = NomadWorld(clients=1)
    answer = world.cluster.register_job(lab_jobs.web(1).row())
    row = world.state.evaluations[answer["EvalID"]]
    assert (row["Status"], "SnapshotIndex" in row) == ("pending", False)
    world.step(0.5)
    row = world.state.evaluations[answer["EvalID"]]
    assert row["Status"] == "complete"
    assert row["QueuedAllocations"] == {"web": 0}
    assert row["PlanAnnotations"]["DesiredTGUpdates"]["web"]["Place"] == 1
    assert row["DeploymentID"] in world.state.deployments


def test_evaluations_of_one_job_follow_one_another() -> None:
    world = NomadWorld(clients=1)
    world.mark()
    world.register(lab_jobs.web(1))
    world.cluster.job_evaluate("default", "web")
    world.step(1)
    ends = [
        event["Key"]
        for _, event in world.log
        if event["Topic"] == "Evaluation" and event["Payload"]["Evaluation"]["Status"] == "complete"
    ]
    assert len(ends) == len(set(ends)) == 2
    assert len(world.allocations("web")) == 1


def test_without_room_it_is_blocked_until_there_is_some() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.pinned("c9"))
    world.step(1)
    (blocked,) = [row for row in world.state.evaluations.values() if row["Status"] == "blocked"]
    assert blocked["StatusDescription"] == "created to place remaining allocations"
    assert blocked["FailedTGAllocs"]["pinned"]["ConstraintFiltered"] == {
        "${node.unique.name} = c9": 2
    }
    assert blocked["FailedTGAllocs"]["pinned"]["CoalescedFailures"] == 1
    world.cluster.set_eligibility(world.node_id("c1"), "ineligible")
    world.step(1)
    assert world.state.evaluations[blocked["ID"]]["Status"] == "blocked"
    world.cluster.add_machine(NodeSpec("c9", "10.77.0.109", 4646, "a", "i-9", "2.0.4"))
    world.step(3)
    assert world.state.evaluations[blocked["ID"]]["Status"] == "complete"
    assert {row["NodeName"] for row in world.allocations("pinned")} == {"c9"}


def test_a_job_keeps_only_its_newest_blocked_evaluation() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.pinned("c9"))
    world.step(1)
    world.cluster.job_evaluate("default", "pinned")
    world.step(1)
    statuses = [
        status for trigger, status in _statuses(world, "pinned") if trigger == "queued-allocs"
    ]
    assert statuses == ["canceled", "blocked"]


def test_a_delayed_evaluation_waits_for_its_time() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.keeper())
    world.settle()
    (row,) = world.allocations("keeper")
    world.cluster.agent_kill(row["NodeName"])
    world.step(60)
    (followup,) = [
        row
        for row in world.state.evaluations.values()
        if row["TriggeredBy"] == "max-disconnect-timeout"
    ]
    assert (followup["Status"], "WaitUntil" in followup) == ("pending", True)
    world.step(600)
    lost, successor = world.allocations("keeper")
    assert (lost["ClientStatus"], successor["ClientStatus"]) == ("lost", "running")
