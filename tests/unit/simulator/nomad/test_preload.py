"""Starting settled."""

import pytest

from nomad_console.simulator.nomad.jobs import GroupSpec
from tests.support import lab_jobs
from tests.support.lab_jobs import one_group
from tests.support.nomad_world import NomadWorld, settled

JOBS = (lab_jobs.web(), lab_jobs.solo(), lab_jobs.edge(), lab_jobs.batch("crunch", 30))


@pytest.fixture
def world() -> NomadWorld:
    world = NomadWorld(clients=3)
    world.mark()
    world.cluster.preload([job.row() for job in JOBS])
    return world


def test_everything_runs_and_is_healthy_without_an_event(world: NomadWorld) -> None:
    assert world.log == []
    assert settled(world.cluster)
    assert {row["ClientStatus"] for row in world.allocations()} == {"running"}
    assert {row["DeploymentStatus"]["Healthy"] for row in world.allocations("web")} == {True}
    assert len(world.allocations("edge")) == 3
    assert len(world.allocations("web")) == 6
    assert {job["Status"] for job in world.state.jobs.values()} == {"running"}
    assert [row["ServiceName"] for row in world.state.services.values()] == ["solo"]


def test_its_apps_listen_and_its_checks_pass(world: NomadWorld) -> None:
    assert all(app.listening for app in world.cluster.apps.all())
    (row, *_) = world.allocations("web")
    assert world.catalog.passing(f"_nomad-task-{row['ID']}-group-web-web-http")


def test_it_goes_on_like_any_other_world(world: NomadWorld) -> None:
    world.drain("c1", 300)
    world.step(120)
    assert world.node("c1")["LastDrain"]["Status"] == "complete"
    assert world.allocations("crunch")[0]["ClientStatus"] == "complete"
    healthy = world.allocations("web", DesiredStatus="run")
    assert len(healthy) == 6
    assert all(row["NodeName"] != "c1" for row in healthy)


def test_too_little_room_is_an_error() -> None:
    world = NomadWorld(clients=1)
    job = one_group("big", GroupSpec("big", cpu=9000)).row()
    with pytest.raises(ValueError, match="no room for big"):
        world.cluster.preload([job])
