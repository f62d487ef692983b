"""What a read-only console says of a run left behind."""

import asyncio
from pathlib import Path

from nomad_console.domain.plan import Step
from nomad_console.operations.abandoned import Abandoned
from nomad_console.operations.archive import Kept
from nomad_console.tui.left_runs import EVERY_S, LeftRuns
from tests.support.consoles import Box, a_console
from tests.support.journals import keep
from tests.support.manual_clock import ManualClock
from tests.support.pilots import seated
from tests.support.play import Play, at_step
from tests.support.snapshots import article_snapshot

SAID = "RUN LEFT BEHIND: nomad-console resume|restore 7f3a0000"


def left_at_drain() -> Play:
    play = at_step(Step.DRAIN, 2)
    play.answer()
    return play


async def test_it_is_said_until_it_is_taken_up(tmp_path: Path) -> None:
    clock, told = ManualClock(), asyncio.Event()
    left = LeftRuns(Abandoned(tmp_path, "prod"))
    assert not left.word
    play = left_at_drain()
    path = keep(tmp_path, play.run, play.journal)
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(left.follow(clock, told.set))
        await told.wait()
        assert SAID in left.word[0].text
        assert "at drain of c2, begun by ann@bastion" in left.word[1].text
        told.clear()
        path.unlink()
        await clock.advance(EVERY_S)
        await told.wait()
        assert not left.word
        following.cancel()


async def test_watch_shows_it_first_and_offers_no_write(tmp_path: Path) -> None:
    play = left_at_drain()
    keep(tmp_path, play.run, play.journal)
    box, clock, read = Box(article_snapshot()), ManualClock(), asyncio.Event()
    loop, found = asyncio.get_running_loop(), Abandoned(tmp_path, "prod")

    def reading() -> tuple[Kept, ...]:
        try:
            return found()
        finally:
            loop.call_soon_threadsafe(read.set)

    app = a_console(box, clock, read_only=True, left=LeftRuns(reading))
    async with seated(app, clock, (80, 24)) as seat:
        await read.wait()
        await seat.settle()
        assert f"{SAID}   at drain of c2" in seat.text
        assert "unfinished run" not in seat.text
        await seat.press("U")
        assert SAID in seat.text
