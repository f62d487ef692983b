"""What a read-only console says of a run left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from nomad_console.domain.plan import Step
from nomad_console.operations.lock_file import Holder, LockFile
from nomad_console.operations.whereabouts import OpenRuns, Whereabouts
from nomad_console.settings.values import Missing
from nomad_console.tui.left_runs import EVERY_S, LeftRuns
from tests.support.commands import SETTINGS
from tests.support.consoles import Box, a_console
from tests.support.journals import keep
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.pilots import seated
from tests.support.play import Play, at_step
from tests.support.snapshots import article_snapshot
from tests.support.upgrading import Agents

SAID = "RUN LEFT BEHIND: nomad-console resume|restore 7f3a0000"


def reading(
    where: Path, looked: Callable[[], None] = lambda: None
) -> Callable[[], Awaitable[OpenRuns]]:
    found = Whereabouts(SETTINGS, Agents(), Missing("not configured", ""), where)

    async def look() -> OpenRuns:
        try:
            return await found.look()
        finally:
            looked()

    return look


def left_at_drain() -> Play:
    play = at_step(Step.DRAIN, 2)
    play.answer()
    return play


async def test_it_is_said_until_it_is_taken_up(tmp_path: Path) -> None:
    clock, told = ManualClock(), asyncio.Event()
    left = LeftRuns(reading(tmp_path))
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
    app = a_console(box, clock, read_only=True, left=LeftRuns(reading(tmp_path, read.set)))
    async with seated(app, clock, (80, 24)) as seat:
        await read.wait()
        await seat.settle()
        assert f"{SAID}   at drain of c2" in seat.text
        assert "unfinished run" not in seat.text
        await seat.press("U")
        assert SAID in seat.text


async def test_a_run_that_somebody_is_at_is_told_apart_from_one_left_behind(
    tmp_path: Path,
) -> None:
    play = left_at_drain()
    keep(tmp_path, play.run, play.journal)
    lock = LockFile(tmp_path / "prod.global.lock")
    lock.write(Holder("7f3a0000", "ann@bastion", 4711, EPOCH))
    box, clock, read = Box(article_snapshot()), ManualClock(), asyncio.Event()
    app = a_console(box, clock, read_only=True, left=LeftRuns(reading(tmp_path, read.set)))
    async with seated(app, clock, (80, 24)) as seat:
        await read.wait()
        await seat.settle()
        assert "run 7f3a0000 under way at drain of c2 by ann@bastion (process 4711)" in seat.text
        assert "LEFT BEHIND" not in seat.text
        read.clear()
        lock.close()
        await clock.advance(EVERY_S)
        await read.wait()
        await seat.settle()
        assert SAID in seat.text
