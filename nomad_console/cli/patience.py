"""How long a command waits in all, and what it says meanwhile."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

from nomad_console.cli.wiring import Connections
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.domain.text import printable

SILENT_S = 3.0  # for so long nobody wonders
_NAMED = 3


class Patience:
    """So many seconds for everything that one command waits for; `quiet` says nothing of it."""

    def __init__(self, connections: Connections, seconds: float, *, quiet: bool = False) -> None:
        self._store = connections.store
        self._clock = connections.clock
        self._ends_at = self._clock.elapsed() + seconds
        self._quiet = quiet
        self._said = ""

    @property
    def left_s(self) -> float:
        return max(0.0, self._ends_at - self._clock.elapsed())

    async def until(self, awaited: Callable[[ClusterSnapshot], Sequence[str]]) -> bool:
        """Wait for a snapshot that leaves nothing to wait for; False when the time is over."""
        enough = asyncio.Event()
        words: Sequence[str] = ()

        def seen(snapshot: ClusterSnapshot) -> None:
            nonlocal words
            words = awaited(snapshot)
            if not words:
                enough.set()

        unsubscribe = self._store.subscribe(seen)
        try:
            seen(self._store.latest)
            while not enough.is_set() and self.left_s > 0:
                if not await self._clock.wait(enough, min(SILENT_S, self.left_s)):
                    self._say(words)
            return enough.is_set()
        finally:
            unsubscribe()

    async def spend(self, ask: Callable[[], Awaitable[None]], what: str) -> None:
        """Let questions be asked as long as there is time; those without an answer stay open."""
        done = asyncio.Event()

        async def asking() -> None:
            await ask()
            done.set()

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(asking())
            while not done.is_set() and self.left_s > 0:
                if not await self._clock.wait(done, min(SILENT_S, self.left_s)):
                    self._say((what,))
            task.cancel()

    def _say(self, words: Sequence[str]) -> None:
        """Once each time that something else is waited for."""
        more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
        said = f"waiting for {', '.join(words[:_NAMED])}{more}, {self.left_s:.0f} s at most"
        named = said.rpartition(",")[0]
        if not self._quiet and self.left_s > 0 and named != self._said:
            self._said = named
            print(printable(said), file=sys.stderr, flush=True)
