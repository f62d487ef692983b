"""A job's status."""

from nomad_console.simulator.nomad.job_status import derived_status, put_job_status
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def _status(world: NomadWorld, job: str) -> str:
    status: str = world.state.jobs["default", job]["Status"]
    return status


def test_from_pending_to_running_to_dead() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.batch("crunch", 3), lab_jobs.edge(), lab_jobs.pinned("nowhere"))
    assert _status(world, "crunch") == "pending"
    world.step(1)
    statuses = [_status(world, job) for job in ("crunch", "edge", "pinned")]
    assert statuses == ["running", "running", "pending"]
    world.step(5)
    assert _status(world, "crunch") == "dead"


def test_a_stopped_job_is_dead_when_its_last_copy_is() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.web(1))
    world.settle()
    world.step(5)
    world.cluster.deregister_job("default", "web")
    world.step(1)
    assert _status(world, "web") == "running"
    world.step(10)
    assert _status(world, "web") == "dead"


def test_a_change_that_alters_nothing_writes_no_job() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.web(1))
    world.settle()
    change = world.state.change("AllocationUpdated")
    job = world.state.jobs["default", "web"]
    put_job_status(world.state, change, job)
    assert change.puts == []
    assert derived_status(world.state, change, job) == "running"
