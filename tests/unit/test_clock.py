import asyncio
from datetime import UTC

from nomad_console.clock import SystemClock


def test_now_is_utc_and_elapsed_never_goes_back() -> None:
    clock = SystemClock()
    first, second = clock.elapsed(), clock.elapsed()
    assert clock.now().tzinfo is UTC
    assert second >= first


async def test_waiting_says_whether_the_event_came() -> None:
    clock = SystemClock()
    event = asyncio.Event()
    assert not await clock.wait(event, 0.0)
    event.set()
    assert await clock.wait(event, 0.0)
    assert await clock.wait(event, None)


async def test_sleeping_lets_others_run() -> None:
    ran = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(SystemClock().sleep(0.0)).add_done_callback(lambda _: ran.set())
    assert ran.is_set()
