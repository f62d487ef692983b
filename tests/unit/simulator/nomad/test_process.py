"""How a task's process takes its stop signal."""

import pytest

from nomad_console.simulator.nomad.jobs import GroupSpec
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.services import App
from tests.support.lab_jobs import one_group
from tests.support.nomad_world import NomadWorld


def _stopping(meta: dict[str, str], kill_timeout: float = 5) -> tuple[NomadWorld, App]:
    """A running app whose job was stopped a moment ago."""
    world = NomadWorld(clients=1)
    group = GroupSpec("x", kill_timeout=kill_timeout, meta=meta)
    world.register(one_group("x", group))
    world.settle()
    (app,) = world.cluster.apps.all()
    app.held["request"] = lambda: None
    world.cluster.deregister_job("default", "x")
    world.step(0.2)
    return world, app


def _exit(world: NomadWorld) -> tuple[int, int]:
    (row,) = world.allocations("x")
    assert row["ClientStatus"] == "complete"
    event: Row = next(
        event for event in row["TaskStates"]["app"]["Events"] if event["Type"] == "Terminated"
    )
    return event["ExitCode"], event["Signal"]


@pytest.mark.parametrize(
    ("meta", "listens", "alive", "lasts", "result"),
    [
        ({"sim.stop": "2"}, False, True, 2.0, (0, 0)),
        ({"sim.stop": "8"}, False, True, 5.0, (137, 9)),
        ({"sim.on_signal": "die"}, False, False, 0.0, (130, 2)),
        ({"sim.on_signal": "ignore"}, True, True, 5.0, (137, 9)),
    ],
)
def test_signals(
    meta: dict[str, str], listens: bool, alive: bool, lasts: float, result: tuple[int, int]
) -> None:
    world, app = _stopping(meta)
    assert (app.listening, app.alive) == (listens, alive)
    if lasts:
        world.step(lasts - 0.5)
        assert app.alive
    world.step(1.5)
    assert not app.alive
    assert _exit(world) == result


def test_an_edge_stays_until_its_requests_are_answered() -> None:
    world, edge = _stopping({"sim.role": "edge", "sim.stop": "0.1"}, kill_timeout=30)
    world.step(3)
    assert (edge.listening, edge.alive) == (False, True)
    edge.held.clear()
    world.step(0.5)
    assert not edge.alive


def test_an_edge_gives_requests_ten_seconds() -> None:
    world, edge = _stopping({"sim.role": "edge", "sim.stop": "0.1"}, kill_timeout=30)
    world.step(9.5)
    assert edge.alive
    world.step(1)
    assert not edge.alive
    assert _exit(world) == (0, 0)


def test_a_machine_takes_what_is_just_stopping_with_it() -> None:
    world, app = _stopping({"sim.stop": "4"})
    world.cluster.machine_down(app.node_name)
    assert not app.alive
    assert world.cluster.apps.all() == []
