"""One evaluation, one plan, and what the evaluation then says."""

from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def test_a_migration_is_counted_and_linked() -> None:
    world = NomadWorld(clients=3)
    world.register(lab_jobs.web(2))
    world.settle()
    world.step(5)
    row = world.allocations("web")[0]
    answer = world.cluster.stop_allocation(row["ID"])
    world.step(0.3)
    tally = world.state.evaluations[answer["EvalID"]]["PlanAnnotations"]["DesiredTGUpdates"]["web"]
    assert (tally["Migrate"], tally["Ignore"], tally["Place"]) == (1, 1, 0)
    assert world.state.allocations[row["ID"]]["NextAllocation"]


def test_an_evaluation_of_a_job_that_is_gone_changes_nothing() -> None:
    world = NomadWorld(clients=1)
    answer = world.cluster.register_job(lab_jobs.web(1).row())
    change = world.state.change("JobDeregistered")
    change.remove("jobs", ("default", "web"))
    world.state.write(change)
    world.step(1)
    assert world.state.evaluations[answer["EvalID"]]["Status"] == "complete"
    assert world.state.allocations == {}


def test_the_blocked_evaluation_is_named_by_the_one_that_made_it() -> None:
    world = NomadWorld(clients=1)
    answer = world.cluster.register_job(lab_jobs.pinned("nowhere").row())
    world.step(1)
    row = world.state.evaluations[answer["EvalID"]]
    blocked = world.state.evaluations[row["BlockedEval"]]
    assert row["QueuedAllocations"] == {"pinned": 2}
    assert blocked["PreviousEval"] == row["ID"]
    assert blocked["TriggeredBy"] == "queued-allocs"


def test_a_system_job_without_room_on_a_node_is_blocked_there() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.edge())
    world.settle()
    other = lab_jobs.edge().row()
    world.cluster.register_job({**other, "ID": "second", "Name": "second"})
    world.step(1)
    blocked = [row for row in world.state.evaluations.values() if row["Status"] == "blocked"]
    assert [row["JobID"] for row in blocked] == ["second"]
    world.cluster.deregister_job("default", "edge")
    world.step(5)
    assert len(world.allocations("second", ClientStatus="running")) == 2
