"""Runs that nobody conducts any more, or somebody elsewhere does, as a console tells of them."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

from nomad_console.clock import Clock
from nomad_console.operations.whereabouts import OpenRuns
from nomad_console.tui.rendering.text import Cell, Line, Tone

EVERY_S = 5.0


class LeftRuns:
    """Offers nothing: it says where a run was left, and the commands that take it up."""

    unfinished = False

    def __init__(self, look: Callable[[], Awaitable[OpenRuns]]) -> None:
        self._look = look
        self._runs = OpenRuns()

    @property
    def word(self) -> Line:
        """What nobody is at comes before what somebody is at."""
        if not self._runs.left:
            return self.live_word
        kept, more = self._runs.left[0], len(self._runs.left) - 1
        said = f" RUN LEFT BEHIND: nomad-console resume|restore {kept.id}"
        others = f", {more} more" if more else ""
        behind = f"   {kept.where}, begun by {kept.head.by}{others}"
        return (Cell(said, Tone.BAD), Cell(behind, Tone.DIM))

    @property
    def live_word(self) -> Line:
        if not self._runs.live:
            return ()
        one = self._runs.live[0]
        held = ", held" if one.kept is not None and one.kept.run.hold is not None else ""
        where = f"{one.kept.where}{held}" if one.kept is not None else "elsewhere"
        by = f" by {one.holder.by} (process {one.holder.pid})"
        said = f" run {one.holder.run_id} under way {where}"
        return (Cell(said, Tone.BUSY), Cell(f"{by} since {one.holder.since:%H:%M:%S}", Tone.DIM))

    async def follow(self, clock: Clock, told: Callable[[], None]) -> NoReturn:
        """Look beside everything else, again and again: a run may be taken up."""
        while True:
            found = await self._look()
            if found != self._runs:
                self._runs = found
                told()
            await clock.sleep(EVERY_S)
