"""The facade: what happens to a world from outside."""

from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def _world() -> NomadWorld:
    world = NomadWorld(clients=3)
    world.register(lab_jobs.web(2))
    return world


def test_a_machine_that_is_down_takes_its_tasks_with_it() -> None:
    world = _world()
    world.settle()
    row = world.allocations("web")[0]
    world.cluster.machine_down(row["NodeName"])
    assert world.cluster.apps.of(row["ID"]) is None
    world.step(60)
    assert world.node(row["NodeName"])["Status"] == "down"
    assert len(world.allocations("web", ClientStatus="running")) == 2
    world.cluster.agent_start(row["NodeName"])
    world.step(5)
    assert world.node(row["NodeName"])["Status"] == "ready"


def test_a_failed_allocation_is_started_again_by_its_client() -> None:
    world = _world()
    world.settle()
    row = world.allocations("web")[0]
    world.cluster.fail_allocation(row["ID"])
    world.step(25)
    assert world.state.allocations[row["ID"]]["TaskStates"]["app"]["Restarts"] == 1
    world.cluster.fail_allocation("no such allocation")


def test_broken_apps_turn_checks_critical_and_heal() -> None:
    world = _world()
    world.settle()
    row = world.allocations("web")[0]
    service_id = f"_nomad-task-{row['ID']}-group-web-web-http"
    world.cluster.break_job("default", "web")
    world.step(3)
    assert not world.catalog.passing(service_id)
    world.cluster.heal_job("default", "web")
    world.step(3)
    assert world.catalog.passing(service_id)


def test_touching_an_allocation_costs_one_index() -> None:
    world = _world()
    world.settle()
    row = world.allocations("web")[0]
    index = world.state.index
    world.cluster.touch_allocation(row["ID"])
    assert world.state.index == index + 1
    (before,), (after,) = (
        row["TaskStates"].values(),
        world.state.allocations[row["ID"]]["TaskStates"].values(),
    )
    assert (after["State"], after["Restarts"]) == ("running", before["Restarts"] + 1)


def test_a_purged_nodes_agent_that_was_down_registers_at_its_start() -> None:
    world = NomadWorld(clients=1)
    world.cluster.agent_kill("c1")
    world.cluster.node_purge(world.node_id("c1"))
    world.step(30)
    assert world.state.nodes == {}
    world.cluster.agent_start("c1", "2.0.5")
    assert world.node("c1")["Status"] == "ready"
    assert world.node("c1")["Attributes"]["nomad.version"] == "2.0.5"
