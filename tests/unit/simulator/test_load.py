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
        found.allocations[alloc_id] = {
            "ID": alloc_id,
            "NodeID": f"on-{alloc_id}",
            "ClientStatus": status,
        }
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


def test_what_ended_or_is_gone_costs_no_event() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    touched: list[str] = []
    rows = state(a="running", b="running", c="running")
    load = Load(timeline, random.Random(1), rows, touched.append)
    load.set(100)
    del rows.allocations["c"]
    rows.allocations["b"]["ClientStatus"] = "complete"
    step(clock, timeline, 2.01)
    assert touched == ["a"] * 200


def test_where_nothing_runs_nothing_happens_until_something_does() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    touched: list[str] = []
    rows = State()
    Load(timeline, random.Random(1), rows, touched.append).set(100)
    step(clock, timeline, 1)
    assert not touched
    rows.allocations |= state(a="running").allocations
    step(clock, timeline, 1)
    assert touched


def test_on_one_node_where_it_is_named() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    touched: list[str] = []
    rows = state(a="running", b="running")
    load = Load(timeline, random.Random(1), rows, touched.append)
    load.set(100, "on-b")
    step(clock, timeline, 1.01)
    assert touched == ["b"] * 100
