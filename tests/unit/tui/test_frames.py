"""One frame clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

from nomad_console.domain.snapshot import Changes
from nomad_console.tui.frames import Frame, FrameClock
from tests.support.consoles import Box
from tests.support.manual_clock import ManualClock
from tests.support.snapshots import article_snapshot, with_node


@asynccontextmanager
async def frames() -> AsyncIterator[tuple[Box, ManualClock, FrameClock, list[Frame]]]:
    box, clock, shown = Box(article_snapshot()), ManualClock(), list[Frame]()
    frame_clock = FrameClock(box, clock, shown.append)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(frame_clock.run())
        await clock.advance(0.1)
        yield box, clock, frame_clock, shown
        running.cancel()


def told(*ids: str) -> Changes:
    return Changes(nodes=frozenset(ids))


async def test_a_change_after_a_quiet_moment_is_shown_at_once() -> None:
    async with frames() as (box, clock, _, shown):
        before = len(shown)
        box.publish(with_node(box.latest, 1, status="down"), told("a"))
        await clock.advance(0)
        assert len(shown) == before + 1
        assert shown[-1].changes == told("a")
        assert shown[-1].snapshot is box.latest


async def test_changes_of_skipped_snapshots_are_joined_at_most_twenty_times_a_second() -> None:
    async with frames() as (box, clock, _, shown):
        before = len(shown)
        for number in range(100):
            box.publish(box.latest, told(str(number)))
            await clock.advance(0.01)
        assert 18 <= len(shown) - before <= 21
        seen = frozenset[str]().union(*(frame.changes.nodes for frame in shown))
        assert seen >= {str(number) for number in range(95)}


async def test_time_ticks_once_a_second() -> None:
    async with frames() as (_, clock, _frames, shown):
        before = len(shown)
        await clock.advance(5)
        assert 5 <= len(shown) - before <= 6
        assert {frame.now.microsecond for frame in shown} == {0}


async def test_pause_holds_what_is_shown_and_forgets_nothing() -> None:
    async with frames() as (box, clock, frame_clock, shown):
        held = box.latest
        frame_clock.pause()
        box.publish(with_node(held, 1, status="down"), told("a"))
        await clock.advance(3)
        assert (shown[-1].snapshot, shown[-1].paused) == (held, True)
        assert (shown[-1].wall - shown[-1].now).total_seconds() == 3
        frame_clock.pause()
        await clock.advance(0.1)
        last = next(frame for frame in shown if frame.changes == told("a"))
        assert (last.snapshot, last.paused) == (box.latest, False)


async def test_the_source_is_left_with_the_clock() -> None:
    async with frames() as (box, _, _frames, shown):
        pass
    seen = len(shown)
    box.publish(box.latest)
    assert (len(shown), box._callbacks) == (seen, [])


async def test_a_frame_can_be_asked_for() -> None:
    async with frames() as (_, clock, frame_clock, shown):
        before = len(shown)
        frame_clock.request()
        await clock.advance(0)
        assert len(shown) == before + 1


async def test_a_move_of_the_cursor_is_seen_before_the_frame_it_asks_for() -> None:
    async with frames() as (_, clock, frame_clock, shown):
        before = len(shown)
        frame_clock.move()
        frame_clock.request()
        await clock.advance(0.019)
        assert len(shown) == before
        await clock.advance(0.002)
        assert len(shown) == before + 1


async def test_moves_that_do_not_end_hold_no_frame_up_for_long() -> None:
    async with frames() as (_, clock, frame_clock, shown):
        before = len(shown)
        for _ in range(50):
            frame_clock.move()
            frame_clock.request()
            await clock.advance(0.01)
        assert 3 <= len(shown) - before <= 5


async def test_another_key_acts_on_what_the_move_chose() -> None:
    async with frames() as (_, clock, frame_clock, shown):
        before = len(shown)
        frame_clock.catch_up()
        assert len(shown) == before
        frame_clock.move()
        frame_clock.request()
        frame_clock.catch_up()
        assert len(shown) == before + 1
        frame_clock.catch_up()
        assert len(shown) == before + 1
        await clock.advance(0)


async def test_frames_that_take_long_leave_most_of_the_time_to_others() -> None:
    box, clock, shown = Box(article_snapshot()), ManualClock(), list[float]()

    def draw(_: Frame) -> None:
        shown.append(clock.elapsed())
        clock.jump(0.1)
        frame_clock.request()

    frame_clock = FrameClock(box, clock, draw)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(frame_clock.run())
        await clock.advance(3)
        running.cancel()
    assert len(shown) >= 6
    for first, last in pairwise(shown):
        assert last - first > 0.399
