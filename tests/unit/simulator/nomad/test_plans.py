"""Plans as they are written."""

from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def test_a_plan_writes_the_predecessors_predecessor_again() -> None:
    world = NomadWorld(clients=3)
    world.register(lab_jobs.solo())
    world.settle()
    for _ in range(2):
        world.mark()
        world.cluster.stop_allocation(world.allocations("solo")[-1]["ID"])
        world.step(20)
    first, second, third = world.allocations("solo")
    (plan,) = {event["Index"] for _, event in world.log if event["Type"] == "PlanResult"}
    written = {
        event["Key"]: event["Payload"]["Allocation"]
        for _, event in world.log
        if event["Index"] == plan and event["Topic"] == "Allocation"
    }
    assert written.keys() == {first["ID"], second["ID"], third["ID"]}
    again = written[first["ID"]]
    assert (again["ClientStatus"], again["ModifyIndex"]) == ("complete", plan)
    assert again["AllocModifyIndex"] < plan
    assert (first["NextAllocation"], second["NextAllocation"]) == (second["ID"], third["ID"])


def test_a_plan_is_one_line_with_its_evaluation() -> None:
    world = NomadWorld(clients=2)
    world.mark()
    world.register(lab_jobs.web(2))
    world.step(0.05)
    plan = [event for _, event in world.log if event["Type"] == "PlanResult"]
    assert len({event["Index"] for event in plan}) == 1
    topics = sorted(event["Topic"] for event in plan)
    assert topics == ["Allocation", "Allocation", "Deployment", "Evaluation", "Job"]
