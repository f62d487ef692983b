"""Deployments."""

from dataclasses import replace

from nomad_console.simulator.nomad.jobs import JobSpec
from nomad_console.simulator.nomad.state import Row
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld
from tests.support.recorded import recorded_body


def _deployments(world: NomadWorld, job: str = "web") -> list[Row]:
    ids = world.state.deployments_by_job["default", job]
    return [world.state.deployments[deployment_id] for deployment_id in ids]


def _changed(job: JobSpec) -> JobSpec:
    return replace(job, groups=tuple(replace(group, env={"A": "1"}) for group in job.groups))


def test_a_new_job_is_deployed_and_becomes_stable() -> None:
    world = NomadWorld()
    world.register(lab_jobs.web(3))
    world.step(2)
    (row,) = _deployments(world)
    recorded = recorded_body("nomad/job-web-deployment.json")
    assert row.keys() == recorded.keys()
    assert row["TaskGroups"]["web"].keys() == recorded["TaskGroups"]["web"].keys()
    assert (row["Status"], row["TaskGroups"]["web"]["PlacedAllocs"]) == ("running", 3)
    world.settle()
    (row,) = _deployments(world)
    assert row["Status"] == "successful"
    assert row["StatusDescription"] == "Deployment completed successfully"
    assert world.state.jobs["default", "web"]["Stable"]
    assert world.state.job_versions["default", "web"][0]["Stable"]


def test_only_max_parallel_copies_are_changed_at_a_time() -> None:
    world = NomadWorld()
    world.register(lab_jobs.web(3))
    world.settle()
    world.register(_changed(lab_jobs.web(3)))
    world.step(1)
    stopping = [row for row in world.allocations("web") if row["DesiredStatus"] == "stop"]
    assert len(stopping) == 1
    assert stopping[0]["DesiredDescription"] == "alloc is being updated due to job update"
    world.step(60)
    assert [row["Status"] for row in _deployments(world)] == ["successful", "successful"]


def test_a_newer_version_cancels_the_running_deployment() -> None:
    world = NomadWorld()
    world.register(lab_jobs.web(3))
    world.step(1)
    world.register(_changed(lab_jobs.web(3)))
    world.step(1)
    assert [row["Status"] for row in _deployments(world)] == ["cancelled", "running"]
    assert _deployments(world)[0]["StatusDescription"] == "Cancelled due to newer version of job"


def test_without_progress_it_fails() -> None:
    world = NomadWorld()
    job = lab_jobs.broken()
    world.cluster.break_job("default", "broken")
    groups = (replace(job.groups[0], progress_deadline=60),)
    world.register(replace(job, groups=groups))
    world.step(70)
    (row,) = _deployments(world, "broken")
    assert (row["Status"], row["StatusDescription"]) == (
        "failed",
        "Failed due to progress deadline",
    )
    assert row["TaskGroups"]["broken"]["UnhealthyAllocs"] == 2


def test_jobs_of_other_types_have_none() -> None:
    world = NomadWorld()
    world.register(lab_jobs.edge(), lab_jobs.batch("crunch", 3))
    world.settle()
    assert world.state.deployments == {}
