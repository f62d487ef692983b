"""One clock for everything that moves on screen."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from nomad_console.clock import Clock
from nomad_console.domain.snapshot import Changes, ClusterSnapshot

_FRAME_S = 0.05
_REST = 3.0  # a frame that took long, as while lists come in, leaves so much time for other work
_ANSWER_S = 0.02  # a cursor is painted in this time, if nothing else is
_MOVES_S = 0.1  # moves that do not end hold a frame up no longer


class SnapshotSource(Protocol):
    """The store, as far as screens know it."""

    @property
    def latest(self) -> ClusterSnapshot: ...

    def subscribe(self, callback: Callable[[ClusterSnapshot], None]) -> Callable[[], None]:
        """Call back with every snapshot published from now on; the answer ends it."""
        ...


class Frame(NamedTuple):
    """What to show. `now` is cut to seconds: ages move once a second.

    While paused `snapshot` and `now` are those held; `wall` goes on.
    """

    snapshot: ClusterSnapshot
    changes: Changes
    now: datetime
    wall: datetime
    elapsed: float
    paused: bool = False


class FrameClock:
    """At most 20 frames a second, at least one: changes of skipped snapshots are joined.

    A move of the cursor goes first: the frame it asks for comes when the cursor has been painted.
    """

    def __init__(self, source: SnapshotSource, clock: Clock, show: Callable[[Frame], None]) -> None:
        self._source = source
        self._clock = clock
        self._show = show
        self._due = asyncio.Event()
        self._pending = Changes()
        self._held: tuple[ClusterSnapshot, datetime] | None = None
        self._moved_at = float("-inf")

    @property
    def paused(self) -> bool:
        return self._held is not None

    @property
    def elapsed(self) -> float:
        """Now, on the scale of a frame's `elapsed`: the newest frame may be a second old."""
        return self._clock.elapsed()

    def request(self) -> None:
        """Show a frame soon: something other than the cluster changed."""
        self._due.set()

    def move(self) -> None:
        """The cursor is about to move: let that be seen first."""
        self._moved_at = self._clock.elapsed()

    def catch_up(self) -> None:
        """What comes now acts on what the last move chose: show that at once if it waits."""
        if self._moved_at + _ANSWER_S > self._clock.elapsed() and self._due.is_set():
            self._moved_at = float("-inf")
            self._due.clear()
            self._show(self._frame())

    def pause(self) -> None:
        """Hold what is shown, or let go."""
        self._held = None if self._held else (self._source.latest, self._second())
        self._due.set()

    async def run(self) -> None:
        """For ever."""
        end = self._source.subscribe(self._arrived)
        try:
            while True:
                await self._let_moves_pass()
                self._due.clear()
                begun = self._clock.elapsed()
                self._show(self._frame())
                took = self._clock.elapsed() - begun
                await self._clock.sleep(max(_FRAME_S, took * _REST))
                left = 1.0 - self._clock.now().microsecond / 1e6
                await self._clock.wait(self._due, left)
        finally:
            end()

    async def _let_moves_pass(self) -> None:
        begun = self._clock.elapsed()
        while (now := self._clock.elapsed()) - begun < _MOVES_S:
            left = self._moved_at + _ANSWER_S - now
            if left <= 0:
                return
            await self._clock.sleep(left)

    def _arrived(self, snapshot: ClusterSnapshot) -> None:
        self._pending = self._pending.joined(snapshot.changes)
        self._due.set()

    def _frame(self) -> Frame:
        wall, elapsed = self._second(), self._clock.elapsed()
        if self._held is not None:
            snapshot, now = self._held
            return Frame(snapshot, Changes(), now, wall, elapsed, paused=True)
        changes, self._pending = self._pending, Changes()
        return Frame(self._source.latest, changes, wall, wall, elapsed)

    def _second(self) -> datetime:
        return self._clock.now().replace(microsecond=0)
