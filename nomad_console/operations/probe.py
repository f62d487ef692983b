"""Requests at a steady rate during a run: what a visitor would have seen of it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from nomad_console.clock import Clock

_KEPT = 1000  # latencies of a URL that its percentiles rest on
_RECENT = 240


class Failure(msgspec.Struct, frozen=True):
    at: datetime
    url: str
    detail: str


class Answer(NamedTuple):
    """One request, for a sparkline: when it began, seconds it took, whether it failed."""

    at: datetime
    seconds: float
    failed: bool


class UrlState(msgspec.Struct, frozen=True):
    """`sent` counts answered requests, failed ones too. Latencies in seconds; None: none yet."""

    url: str
    sent: int = 0
    failed: int = 0
    p50_s: float | None = None
    p95_s: float | None = None
    first_failure: Failure | None = None


class ProbeState(msgspec.Struct, frozen=True):
    """`recent` are the newest answers of all URLs, the oldest first; `rate` a second for all."""

    urls: tuple[UrlState, ...] = ()
    rate: float = 0.0
    budget: int = 0
    recent: tuple[Answer, ...] = ()

    @property
    def sent(self) -> int:
        return sum(one.sent for one in self.urls)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.urls)

    @property
    def first_failure(self) -> Failure | None:
        found = [one.first_failure for one in self.urls if one.first_failure is not None]
        return min(found, key=lambda one: one.at, default=None)


class Probe:
    """Asks each URL in turn, `rate` requests a second in all, however long an answer takes.

    `send` gives what went wrong, "" for nothing. `exceeded` hears of each failure beyond `budget`.
    """

    def __init__(
        self,
        urls: Sequence[str],
        rate: float,
        send: Callable[[str], Awaitable[str]],
        clock: Clock,
        *,
        budget: int = 0,
    ) -> None:
        self._tallies = [_Tally(url) for url in dict.fromkeys(urls)]
        self._rate = rate
        self._send = send
        self._clock = clock
        self._budget = budget
        self._recent: deque[Answer] = deque(maxlen=_RECENT)

    @property
    def state(self) -> ProbeState:
        states = tuple(tally.state() for tally in self._tallies)
        return ProbeState(states, self._rate, self._budget, tuple(self._recent))

    async def run(self, exceeded: Callable[[Failure], None]) -> None:
        """Until cancelled; at once over where there is nothing to ask."""
        if not self._tallies or self._rate <= 0:
            return
        begun, number = self._clock.elapsed(), 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                tally = self._tallies[number % len(self._tallies)]
                tasks.create_task(self._ask(tally, exceeded))
                number += 1
                behind = self._clock.elapsed() - begun
                number = max(number, int(behind * self._rate))  # asleep: nothing is made up for
                await self._clock.sleep(begun + number / self._rate - self._clock.elapsed())

    async def _ask(self, tally: "_Tally", exceeded: Callable[[Failure], None]) -> None:
        at, before = self._clock.now(), self._clock.elapsed()
        wrong = await self._send(tally.url)
        took = self._clock.elapsed() - before
        self._recent.append(Answer(at, took, bool(wrong)))
        failure = tally.take(at, took, wrong)
        if failure and sum(one.failed for one in self._tallies) > self._budget:
            exceeded(failure)


class _Tally:
    """One URL's counts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.failed = 0
        self._sent = 0
        self._latencies: deque[float] = deque(maxlen=_KEPT)
        self._first: Failure | None = None

    def take(self, at: datetime, took: float, wrong: str) -> Failure | None:
        self._sent += 1
        if not wrong:
            self._latencies.append(took)
            return None
        self.failed += 1
        failure = Failure(at, self.url, wrong)
        self._first = self._first or failure
        return failure

    def state(self) -> UrlState:
        ordered = sorted(self._latencies)
        return UrlState(
            self.url,
            self._sent,
            self.failed,
            _percentile(ordered, 0.50),
            _percentile(ordered, 0.95),
            self._first,
        )


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest rank."""
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)] if ordered else None
