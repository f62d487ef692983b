import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nomad_console.operations.probe import Failure, Probe
from tests.support.manual_clock import EPOCH, ManualClock

A, B = "http://a/", "http://b/"


class Site:
    """Answers after `takes` seconds, with what is `wrong`."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.asked: list[tuple[float, str]] = []
        self.takes = 0.0
        self.wrong = ""
        self.heard: list[Failure] = []

    async def send(self, url: str) -> str:
        self.asked.append((round(self.clock.elapsed(), 3), url))
        wrong = self.wrong
        await self.clock.sleep(self.takes)
        return wrong

    @asynccontextmanager
    async def probed(self, probe: Probe) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            probing = tasks.create_task(probe.run(self.heard.append))
            await self.clock.advance(0)
            yield
            probing.cancel()


async def test_the_rate_is_steady_and_the_urls_take_turns() -> None:
    site = Site()
    site.takes = 7.0  # slower than they are asked
    async with site.probed(Probe((A, B, A), 2.0, site.send, site.clock)):
        await site.clock.advance(2.1)
    assert site.asked == [(0.0, A), (0.5, B), (1.0, A), (1.5, B), (2.0, A)]


async def test_latencies_are_told_and_failures_left_out_of_them() -> None:
    site = Site()
    probe = Probe((A,), 1.0, site.send, site.clock, budget=99)
    async with site.probed(probe):
        for number in range(20):
            site.takes = 0.5 if number == 19 else 0.1 if number < 10 else 0.2
            await site.clock.advance(1)
        site.takes, site.wrong = 0.0, "502 Bad Gateway"
        await site.clock.advance(1)
    (state,) = probe.state.urls
    assert (state.sent, state.failed) == (22, 1)
    assert state.p50_s == pytest.approx(0.1)
    assert state.p95_s == pytest.approx(0.2)
    assert [answer.failed for answer in probe.state.recent] == [False] * 21 + [True]


async def test_the_first_failure_is_kept_with_its_time_and_told_beyond_the_budget() -> None:
    site = Site()
    probe = Probe((A, B), 1.0, site.send, site.clock, budget=1)
    async with site.probed(probe):
        await site.clock.advance(1.5)
        site.wrong = "503 Service Unavailable"
        await site.clock.advance(1)
        assert site.heard == []
        await site.clock.advance(2)
    state = probe.state
    assert (state.sent, state.failed) == (5, 3)
    assert [failure.url for failure in site.heard] == [B, A]
    first = state.first_failure
    assert first is not None
    assert ((first.at - EPOCH).total_seconds(), first.url) == (2.0, A)
    assert first.detail == "503 Service Unavailable"


async def test_a_sleep_of_the_machine_is_not_made_up_for() -> None:
    site = Site()
    async with site.probed(Probe((A,), 5.0, site.send, site.clock)):
        site.clock.jump(3600)
        await site.clock.advance(1)
    assert len(site.asked) < 10


async def test_nothing_to_ask_is_nothing_to_do() -> None:
    site = Site()
    probe = Probe((), 5.0, site.send, site.clock)
    await probe.run(site.heard.append)
    assert probe.state.urls == ()
    assert probe.state.first_failure is None
