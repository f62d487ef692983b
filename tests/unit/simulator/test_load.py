"""Events at a steady rate, spread over what runs."""

import random

from nomad_console.simulator.load import Load
from nomad_console.simulator.nomad.state import State
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


def state(**statuses: str) -> State:
    found = State()
    for alloc_id, status in statuses.items():
        found.allocations[alloc_id] = {"ID": alloc_id, "ClientStatus": status}
    return found


def test_only_what_runs_is_touched_at_the_rate() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    touched: list[str] = []
    load = Load(timeline, random.Random(1), state(a="running", b="running"), touched.append)
    load.set(50)
    step(clock, timeline, 10.01)
    assert len(touched) == 500
    assert set(touched) == {"a", "b"}
    load.set(0)
    step(clock, timeline, 10)
    assert len(touched) == 500


def test_what_ended_or_is_gone_is_left_alone() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    touched: list[str] = []
    rows = state(a="running", b="complete", c="running")
    load = Load(timeline, random.Random(1), rows, touched.append)
    load.set(100)
    del rows.allocations["c"]
    step(clock, timeline, 2)
    assert set(touched) == {"a"}
    assert timeline.next_due() is not None


def test_an_empty_cluster_has_no_events() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    Load(timeline, random.Random(1), State(), lambda _: None).set(100)
    assert timeline.next_due() is None
