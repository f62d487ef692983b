"""The world's future: callbacks in order of time, on whatever clock the world was given."""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from nomad_console.clock import Clock


def nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000


@dataclass(order=True, slots=True)
class Timer:
    """One planned callback; `cancel` and it never runs."""

    due: float
    number: int
    callback: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        self.callback = None


class Timeline:
    """Single-threaded: in a process `run` follows the clock, a replay calls `run_due` itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timers: list[Timer] = []
        self._count = 0
        self._changed = asyncio.Event()

    def elapsed(self) -> float:
        return self._clock.elapsed()

    def now(self) -> datetime:
        return self._clock.now()

    def nanoseconds(self) -> int:
        """Nanoseconds since 1970, as Nomad writes them."""
        return nanoseconds(self._clock.now())

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        self._count += 1
        timer = Timer(self.elapsed() + max(0.0, seconds), self._count, callback)
        heapq.heappush(self._timers, timer)
        if self._timers[0] is timer:
            self._changed.set()
        return timer

    def next_due(self) -> float | None:
        """Elapsed time of the next callback; None where nothing is planned."""
        while self._timers and self._timers[0].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0].due if self._timers else None

    def run_due(self) -> None:
        """Run what is due by now, in order."""
        while (due := self.next_due()) is not None and due <= self.elapsed():
            callback = heapq.heappop(self._timers).callback
            if callback is not None:
                callback()

    async def run(self) -> None:
        """Follow the clock until cancelled."""
        while True:
            self._changed.clear()
            self.run_due()
            due = self.next_due()
            if due is None:
                await self._clock.wait(self._changed, None)
            elif due > self.elapsed():
                await self._clock.wait(self._changed, due - self.elapsed())
