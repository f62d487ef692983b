"""Garbage collection."""

from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def test_what_is_over_vanishes_without_an_event() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.web(1), lab_jobs.batch("crunch", 2))
    world.settle()
    world.cluster.stop_allocation(world.allocations("web")[0]["ID"])
    world.step(30)
    assert len(world.allocations("web")) == 2
    world.mark()
    world.cluster.system_gc()
    assert len(world.allocations("web")) == 2
    world.step(2)
    assert world.log == []
    assert [row["ClientStatus"] for row in world.allocations("web")] == ["running"]
    assert world.allocations("crunch") == []
    assert {key[1] for key in world.state.jobs} == {"web"}
    assert world.state.evaluations == world.state.deployments == {}


def test_a_down_node_goes_when_nothing_is_left_on_it() -> None:
    world = NomadWorld(clients=2)
    world.cluster.agent_kill("c1")
    world.step(40)
    world.cluster.system_gc()
    world.step(2)
    assert [node["Name"] for node in world.state.nodes.values()] == ["c2"]


def test_with_nothing_to_collect_nothing_is_written() -> None:
    world = NomadWorld(clients=1)
    index = world.state.index
    world.cluster.system_gc()
    world.step(2)
    assert world.state.index == index
