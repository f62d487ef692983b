"""Even turns and growing patience, in virtual time."""

import asyncio

from nomad_console.live.pacing import Backoff, Pace
from tests.support.manual_clock import ManualClock
from tests.support.scripted import running


async def test_pauses_double_up_to_the_most_and_begin_anew() -> None:
    clock = ManualClock()
    backoff = Backoff(clock, first=1, most=5)
    pauses = []
    async with asyncio.TaskGroup() as tasks:
        for _ in range(4):
            before = clock.elapsed()
            pausing = tasks.create_task(backoff.pause())
            while not pausing.done():
                await clock.advance(0.5)
            pauses.append(clock.elapsed() - before)
        backoff.reset()
        assert backoff._next == 1
    assert pauses == [1, 2, 4, 5]


async def test_turns_are_even_and_first_come_first_served() -> None:
    clock = ManualClock()
    pace = Pace(clock, rate=2)
    taken: list[tuple[int, float]] = []

    async def take(number: int) -> None:
        await pace.turn()
        taken.append((number, clock.elapsed()))

    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(take(number))
        await clock.advance(3)
    assert taken == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5)]
    await pace.turn()
    assert clock.elapsed() == 3


async def test_turns_that_were_missed_are_made_up_for_but_not_many() -> None:
    clock = ManualClock()
    pace = Pace(clock, 10.0, late=2)
    taken: list[float] = []

    async def take() -> None:
        while True:
            await pace.turn()
            taken.append(round(clock.elapsed(), 3))

    async with running(take()):
        await clock.advance(0)
        assert taken == [0.0, 0.0, 0.0]
        await clock.advance(1.0)
    assert len(taken) == 13
    assert taken[3:5] == [0.1, 0.2]


async def test_what_is_made_up_for_stays_within_what_any_second_may_have() -> None:
    clock = ManualClock()
    pace = Pace(clock, 10.0, late=5, most=10)
    taken: list[float] = []

    async def take(many: int) -> None:
        for _ in range(many):
            await pace.turn()
            taken.append(clock.elapsed())

    async with running(take(30)):
        await clock.advance(4.0)
    await clock.advance(5.0)
    async with running(take(30)):
        await clock.advance(0)
        assert len(taken) == 36  # those made up for, at once
        await clock.advance(4.0)
    assert len(taken) == 60
    for first, last in zip(taken, taken[10:], strict=False):
        assert last - first > 0.999
