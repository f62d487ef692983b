"""Callbacks in order of time, stepped or following a clock."""

import asyncio

from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.stepping import step


def test_in_order_of_time_then_of_planning() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    done: list[str] = []
    timeline.after(2, lambda: done.append("late"))
    timeline.after(1, lambda: done.append("first"))
    timeline.after(1, lambda: done.append("second"))
    timeline.after(-5, lambda: done.append("now"))
    assert timeline.next_due() == 0
    step(clock, timeline, 3)
    assert done == ["now", "first", "second", "late"]
    assert timeline.next_due() is None


def test_what_is_cancelled_never_runs() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    done: list[str] = []
    timer = timeline.after(1, lambda: done.append("never"))
    timeline.after(2, timer.cancel)
    timer.cancel()
    assert timeline.next_due() == 2
    step(clock, timeline, 3)
    assert not done


def test_a_callback_may_plan_the_next() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    times: list[float] = []

    def tick() -> None:
        times.append(timeline.elapsed())
        if len(times) < 3:
            timeline.after(1, tick)

    timeline.after(1, tick)
    step(clock, timeline, 10)
    assert times == [1, 2, 3]


def test_nanoseconds_are_the_clock_s() -> None:
    timeline = Timeline(ManualClock())
    assert timeline.nanoseconds() == int(EPOCH.timestamp()) * 1_000_000_000


async def test_run_follows_the_clock_and_what_is_planned_meanwhile() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    done: list[str] = []
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(timeline.run())
        await clock.advance(1)
        timeline.after(5, lambda: done.append("five"))
        timeline.after(1, lambda: done.append("one"))
        await clock.advance(2)
        assert done == ["one"]
        await clock.advance(4)
        assert done == ["one", "five"]
        running.cancel()
