"""The life of an allocation on its client."""

from nomad_console.simulator.nomad.jobs import GroupSpec
from nomad_console.simulator.nomad.state import Row
from tests.support import lab_jobs
from tests.support.lab_jobs import one_group
from tests.support.nomad_world import NomadWorld


def _events(row: Row) -> list[str]:
    (task,) = row["TaskStates"].values()
    return [event["Type"] for event in task["Events"]]


def _running(spec: GroupSpec, name: str = "x") -> tuple[NomadWorld, str]:
    world = NomadWorld(clients=2)
    world.register(one_group(name, spec))
    world.settle()
    return world, world.allocations(name)[0]["ID"]


def test_a_stop_takes_the_service_first_then_waits_then_kills() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.web(1))
    world.settle()
    (row,) = world.allocations("web")
    app = world.cluster.apps.of(row["ID"])
    assert app is not None
    world.cluster.deregister_job("default", "web")
    world.step(3.9)
    assert app.listening
    assert _events(world.state.allocations[row["ID"]])[-1] == "Started"
    world.step(0.5)
    assert not app.listening
    world.step(4)
    ended = world.state.allocations[row["ID"]]
    assert _events(ended)[-3:] == ["Killing", "Terminated", "Killed"]
    assert (ended["ClientStatus"], ended["ClientDescription"]) == (
        "complete",
        "All tasks have completed",
    )
    assert ended["TaskStates"]["app"]["State"] == "dead"


def test_a_stop_without_shutdown_delay() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.web(1))
    world.settle()
    (row,) = world.allocations("web")
    world.cluster.stop_allocation(row["ID"], no_shutdown_delay=True)
    world.step(3)
    assert world.state.allocations[row["ID"]]["ClientStatus"] == "complete"


def test_a_failed_task_restarts_by_its_policy_and_then_fails() -> None:
    spec = GroupSpec("x", restart_attempts=1, restart_delay=2, reschedule_delay=5)
    world, alloc_id = _running(spec)
    world.cluster.fail_allocation(alloc_id)
    world.step(1)
    row = world.state.allocations[alloc_id]
    assert (row["ClientStatus"], _events(row)[-1]) == ("pending", "Restarting")
    world.step(3)
    row = world.state.allocations[alloc_id]
    assert (row["ClientStatus"], row["TaskStates"]["app"]["Restarts"]) == ("running", 1)
    world.cluster.fail_allocation(alloc_id)
    world.step(1)
    row = world.state.allocations[alloc_id]
    assert (row["ClientStatus"], _events(row)[-1]) == ("failed", "Not Restarting")
    assert row["TaskStates"]["app"]["Failed"]
    world.step(30)
    row = world.state.allocations[alloc_id]
    successor = world.state.allocations[row["NextAllocation"]]
    assert (row["DesiredStatus"], successor["ClientStatus"]) == ("stop", "running")
    assert successor["NodeID"] != row["NodeID"]
    assert successor["RescheduleTracker"]["Events"][0]["PrevAllocID"] == alloc_id


def test_a_batch_task_ends_by_itself() -> None:
    world = NomadWorld(clients=1)
    world.register(lab_jobs.batch("crunch", 10))
    world.step(12)
    (row,) = world.allocations("crunch")
    assert (row["ClientStatus"], row["DesiredStatus"]) == ("complete", "run")
    assert _events(row) == ["Received", "Task Setup", "Started", "Terminated"]
    assert row["DeploymentStatus"] is None
    assert world.state.jobs["default", "crunch"]["Status"] == "dead"


def test_an_operators_restart_goes_on_in_place() -> None:
    world, alloc_id = _running(GroupSpec("x"))
    assert world.cluster.restart_allocation(alloc_id) == {"Index": 0}
    world.step(3)
    row = world.state.allocations[alloc_id]
    assert _events(row)[3:] == ["Restart Signaled", "Terminated", "Restarting", "Started"]
    assert row["TaskStates"]["app"]["Restarts"] == 1
    app = world.cluster.apps.of(alloc_id)
    assert app is not None
    assert app.listening


def test_a_signal_is_only_an_event() -> None:
    world, alloc_id = _running(GroupSpec("x"))
    world.cluster.signal_allocation(alloc_id, "SIGNOPE")
    world.step(2)
    assert _events(world.state.allocations[alloc_id])[-1] == "Signaling"


def test_an_allocation_stopped_before_it_started_is_complete() -> None:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.web(1))
    world.settle()
    (first,) = world.allocations("web")
    world.cluster.stop_allocation(first["ID"])
    world.step(1)
    world.cluster.deregister_job("default", "web")
    world.step(20)
    assert {row["ClientStatus"] for row in world.allocations("web")} == {"complete"}
    waiting = world.allocations("web")[1]
    assert "Started" not in _events(waiting)


def test_a_batch_task_that_ends_while_it_is_stopped_is_not_killed_again() -> None:
    world = NomadWorld(clients=1)
    meta = {"sim.exit_after": "3"}
    world.register(one_group("b", GroupSpec("b", ports={}, shutdown_delay=5, meta=meta), "batch"))
    world.step(2)
    world.cluster.deregister_job("default", "b")
    world.step(20)
    (row,) = world.allocations("b")
    assert _events(row).count("Terminated") == 1
