"""Client agents: what they see when, and what they do after a silence."""

from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def test_reports_come_with_the_agents_own_beat() -> None:
    world = NomadWorld(clients=1)
    world.mark()
    world.register(lab_jobs.batch("a", 3600), lab_jobs.batch("b", 3600))
    world.step(3)
    running = [
        at
        for at, event in world.log
        if event["Topic"] == "Allocation"
        and event["Payload"]["Allocation"]["ClientStatus"] == "running"
    ]
    assert len(running) == 2
    assert running[0] == running[1] <= 1.3


def test_a_successor_waits_for_the_end_of_its_predecessor() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.web(1))
    world.settle()
    (first,) = world.allocations("web")
    world.cluster.stop_allocation(first["ID"])
    world.step(5.5)
    old, new = world.allocations("web")
    assert (old["ClientStatus"], new["ClientStatus"]) == ("running", "pending")
    assert new["PreviousAllocation"] == old["ID"]
    world.step(4)
    old, new = world.allocations("web")
    assert (old["ClientStatus"], new["ClientStatus"]) == ("complete", "running")


def test_tasks_go_on_without_their_agent_and_are_stopped_when_it_is_back() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.web(1))
    world.settle()
    (row,) = world.allocations("web")
    name = row["NodeName"]
    world.cluster.agent_kill(name)
    world.cluster.stop_allocation(row["ID"])
    world.step(8)
    app = world.cluster.apps.of(row["ID"])
    assert app is not None
    assert app.listening
    world.cluster.agent_start(name)
    world.step(9)
    assert world.state.allocations[row["ID"]]["ClientStatus"] == "complete"


def test_a_successor_placed_while_its_agent_was_away_starts_later() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.web(1))
    world.settle()
    (first,) = world.allocations("web")
    world.cluster.stop_allocation(first["ID"])
    world.step(2)
    other = world.allocations("web")[1]["NodeName"]
    world.cluster.agent_kill(other)
    world.step(7)
    assert world.allocations("web")[0]["ClientStatus"] == "complete"
    assert world.allocations("web")[1]["ClientStatus"] == "pending"
    world.cluster.agent_start(other)
    world.step(3)
    assert world.allocations("web")[1]["ClientStatus"] == "running"


def test_an_end_that_could_not_be_reported_is_reported_later() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.batch("crunch", 3))
    world.step(2)
    world.cluster.node_purge(world.node_id("c1"))
    world.step(15)
    row = world.allocations("crunch", ClientStatus="complete")[0]
    assert row["DesiredDescription"] == "alloc is lost since its node is down"
    assert row["TaskStates"]["sleep"]["State"] == "dead"


def test_a_rebooted_machine_starts_its_tasks_again() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.web(1))
    world.settle()
    (row,) = world.allocations("web")
    world.cluster.machine_down("c1")
    world.step(3)
    world.cluster.agent_start("c1")
    world.step(3)
    app = world.cluster.apps.of(row["ID"])
    assert app is not None
    assert app.listening
    assert world.state.allocations[row["ID"]]["ClientStatus"] == "running"


def test_an_ended_allocation_is_forgotten_by_its_agent() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.batch("crunch", 2))
    world.step(5)
    assert world.cluster.agent("c1").runners == {}


def test_an_allocation_that_was_collected_is_stopped() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.web(1))
    world.settle()
    (row,) = world.allocations("web")
    agent = world.cluster.agent("c1")
    change = world.state.change("GarbageCollected")
    change.quiet = True
    change.remove("allocations", row["ID"])
    world.state.write(change)
    agent.notice(row["ID"])
    world.step(10)
    assert world.cluster.apps.of(row["ID"]) is None
