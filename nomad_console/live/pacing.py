"""How often a backend is asked: even turns, and patience with one that fails."""

from collections import deque

from nomad_console.clock import Clock


class Backoff:
    """Pauses that double from `first` to `most` seconds, until `reset`."""

    def __init__(self, clock: Clock, first: float = 0.5, most: float = 15.0) -> None:
        self._clock = clock
        self._first = first
        self._most = most
        self._next = first

    def reset(self) -> None:
        self._next = self._first

    async def pause(self) -> None:
        pause, self._next = self._next, min(self._most, self._next * 2)
        await self._clock.sleep(pause)


class Pace:
    """At most `rate` turns a second, evenly spaced, first come first served.

    So many turns as `late` that nobody took in time may be made up for; never more than `most`
    in any second then.
    """

    def __init__(
        self, clock: Clock, rate: float, *, late: int = 0, most: int | None = None
    ) -> None:
        self.rate = rate
        self._late = late
        self._clock = clock
        self._free_at = float("-inf")
        self._last = deque([float("-inf")] * (most or 0), maxlen=most or 0)

    async def turn(self) -> None:
        now = self._clock.elapsed()
        at = max(now - self._late / self.rate, self._free_at)
        if self._last and self._last[0] + 1.0 > now:
            at = max(at, self._last[0] + 1.0)
        self._free_at = at + 1 / self.rate
        self._last.append(max(at, now))
        if at > now:
            await self._clock.sleep(at - now)
