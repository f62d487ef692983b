"""Writes to jobs and allocations."""

from collections.abc import Callable

import pytest

from nomad_console.simulator.nomad.cluster import NomadCluster
from nomad_console.simulator.nomad.refusals import Refusal
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld
from tests.support.recorded import recorded_body


@pytest.fixture
def world() -> NomadWorld:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.web(2))
    world.settle()
    world.step(5)
    return world


def test_an_unchanged_job_keeps_its_version(world: NomadWorld) -> None:
    world.register(lab_jobs.web(2))
    job = world.state.jobs["default", "web"]
    assert (job["Version"], job["CreateIndex"] < job["JobModifyIndex"]) == (0, True)
    world.register(lab_jobs.web(3))
    assert [row["Version"] for row in world.state.job_versions["default", "web"]] == [1, 0]


def test_a_job_needs_its_namespace(world: NomadWorld) -> None:
    job = lab_jobs.web(1).row()
    with pytest.raises(Refusal, match="nonexistent namespace"):
        world.cluster.register_job({**job, "Namespace": "prod"})
    world.cluster.add_namespace("prod")
    world.cluster.register_job({**job, "Namespace": "prod"})
    world.settle()
    assert len(world.allocations("web", Namespace="prod")) == 1


def test_scaling_answers_as_recorded(world: NomadWorld) -> None:
    answer = world.cluster.job_scale("default", "web", "web", 3, "one more")
    assert answer.keys() == {
        "EvalCreateIndex", "EvalID", "Index", "JobModifyIndex", "KnownLeader", "LastContact",
        "NextToken", "Warnings",
    }  # fmt: skip
    assert world.state.jobs["default", "web"]["TaskGroups"][0]["Count"] == 3
    (event,) = world.cluster.scaling_events(("default", "web"), "web")
    assert (event["Message"], event["Count"], event["PreviousCount"]) == ("one more", 3, 2)
    assert world.cluster.scaling_events(("default", "web"), "other") == []


def test_scaling_waits_for_the_deployment(world: NomadWorld) -> None:
    world.cluster.job_scale("default", "web", "web", 3)
    world.step(1)
    with pytest.raises(Refusal, match="job scaling blocked due to active deployment") as caught:
        world.cluster.job_scale("default", "web", "web", 4)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("call", "status", "text"),
    [
        (
            lambda cluster: cluster.job_scale("default", "web", "nope", 6),
            400,
            'task group "nope" specified for scaling does not exist in job',
        ),
        (lambda cluster: cluster.job_evaluate("default", "nope"), 404, "job not found"),
        (lambda cluster: cluster.deregister_job("default", "nope"), 404, "job not found"),
        (lambda cluster: cluster.stop_allocation("nope"), 404, "alloc not found"),
    ],
)
def test_refusals(
    world: NomadWorld, call: Callable[[NomadCluster], object], status: int, text: str
) -> None:
    with pytest.raises(Refusal) as caught:
        call(world.cluster)
    assert (caught.value.status, caught.value.text) == (status, text)


def test_stopping_an_allocation_marks_it_like_a_drain(world: NomadWorld) -> None:
    row = world.allocations("web")[0]
    answer = world.cluster.stop_allocation(row["ID"])
    assert world.state.evaluations[answer["EvalID"]]["TriggeredBy"] == "alloc-stop"
    transition = world.state.allocations[row["ID"]]["DesiredTransition"]
    assert transition == {
        "ForceReschedule": None,
        "Migrate": True,
        "MigrateDisablePlacement": None,
        "NoShutdownDelay": False,
        "Reschedule": False,
    }


def test_tasks_are_only_reached_where_they_run(world: NomadWorld) -> None:
    row = world.allocations("web")[0]
    with pytest.raises(Refusal, match="Could not find task runner for task: nope"):
        world.cluster.restart_allocation(row["ID"], "nope")
    world.cluster.agent_kill(row["NodeName"])
    with pytest.raises(Refusal, match="No path to node"):
        world.cluster.signal_allocation(row["ID"], "SIGHUP")
    other = next(a for a in world.allocations("web") if a["NodeName"] != row["NodeName"])
    world.cluster.stop_allocation(other["ID"])
    world.step(5)
    with pytest.raises(Refusal, match="Task not running"):
        world.cluster.restart_allocation(other["ID"])
    world.step(10)
    with pytest.raises(Refusal, match="Task not running"):
        world.cluster.restart_allocation(other["ID"])


def test_a_purged_job_is_gone_and_its_copies_stop(world: NomadWorld) -> None:
    world.cluster.deregister_job("default", "web", purge=True)
    assert ("default", "web") not in world.state.jobs
    world.step(15)
    assert {row["ClientStatus"] for row in world.allocations("web")} == {"complete"}


def test_an_evaluation_by_hand_has_the_recorded_answer(world: NomadWorld) -> None:
    answer = world.cluster.job_evaluate("default", "web")
    assert answer["EvalCreateIndex"] == answer["Index"] == world.state.index
    assert recorded_body("nomad/job-web.json").keys() == world.state.jobs["default", "web"].keys()
