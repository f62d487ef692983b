"""Runs that nobody conducts any more, as a read-only console tells of them."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from nomad_console.clock import Clock
from nomad_console.operations.archive import Kept
from nomad_console.tui.rendering.text import Cell, Line, Tone

EVERY_S = 5.0


class LeftRuns:
    """Offers nothing: it says where a run was left, and the commands that take it up."""

    unfinished = False

    def __init__(self, read: Callable[[], tuple[Kept, ...]]) -> None:
        self._read = read
        self._left: tuple[Kept, ...] = ()

    @property
    def word(self) -> Line:
        if not self._left:
            return ()
        kept, more = self._left[0], len(self._left) - 1
        run = kept.run
        said = f" RUN LEFT BEHIND: nomad-console resume|restore {kept.id}"
        where = f"at {run.upgrade.step or 'the start'} of {run.plan.node(run.upgrade.node).name}"
        others = f", {more} more" if more else ""
        behind = f"   {where}, begun by {kept.head.by}{others}"
        return (Cell(said, Tone.BAD), Cell(behind, Tone.DIM))

    async def follow(self, clock: Clock, told: Callable[[], None]) -> NoReturn:
        """Read the journals beside everything else, again and again: a run may be taken up."""
        while True:
            found = await asyncio.to_thread(self._read)
            if found != self._left:
                self._left = found
                told()
            await clock.sleep(EVERY_S)
