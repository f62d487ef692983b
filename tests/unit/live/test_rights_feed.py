import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from nomad_console.clients.errors import ApiError, Misread, Refused, Unreachable, refused
from nomad_console.domain.agent import Token
from nomad_console.domain.rights import (
    LOCK_WRITE,
    NODE_WRITE,
    TARGETS_WRITE,
    Policy,
    Verdict,
)
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.live.rights_feed import EVERY_S, FIRST_S, RightsFeed
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import EPOCH, ManualClock


class Backend:
    """A token that may be changed under the feed; `asked` counts."""

    def __init__(self, ends: datetime | None = None) -> None:
        self.failing: ApiError | None = None
        self.ends = ends
        self.asked = 0

    async def token(self) -> Token:
        self.asked += 1
        if self.failing:
            raise self.failing
        return Token("a1", "deploy", "client", ("upgrade",), self.ends)

    async def policy(self, name: str) -> Policy:
        return Policy(name, node="write")

    async def may_read(self, path: str) -> bool:
        return bool(path)

    async def entry(self, path: str) -> None:
        assert path


def gone() -> Refused:
    return refused("nomad", "GET /v1/acl/token/self", 403, "Permission denied", right="")


class World:
    def __init__(self, ends: datetime | None = None) -> None:
        self.clock = ManualClock()
        self.store = ClusterStore(self.clock)
        self.nomad, self.consul = Backend(ends), Backend()
        self.feed = RightsFeed(self.nomad, self.consul, self.store, self.clock, balancer=True)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self.store.run()), tasks.create_task(self.feed.run())]
            await self.clock.advance(1)
            yield
            for task in running:
                task.cancel()

    def may(self, name: SourceName, right: str) -> Verdict:
        return self.store.latest.credential(name).may(right)


async def test_what_is_asked_at_the_start_and_then_every_minute() -> None:
    world = World()
    assert world.store.publish().credential(SourceName.NOMAD).pending
    async with world.following():
        assert world.may(SourceName.NOMAD, NODE_WRITE) is Verdict.YES
        assert world.may(SourceName.ALB, TARGETS_WRITE) is Verdict.UNPROVEN
        world.store.put_source(Source(SourceName.CONSUL, SourceState.LIVE))
        await world.clock.advance(FIRST_S)
        assert world.may(SourceName.CONSUL, LOCK_WRITE) is Verdict.UNPROVEN
        before = world.nomad.asked
        await world.clock.advance(EVERY_S + 1)
        assert world.nomad.asked == before + 1


async def test_a_token_that_ends_is_seen_at_its_end() -> None:
    world = World(EPOCH + timedelta(seconds=20))
    async with world.following():
        assert world.may(SourceName.NOMAD, NODE_WRITE) is Verdict.YES
        world.nomad.failing = gone()
        await world.clock.advance(20 + FIRST_S)
        held = world.store.latest.credential(SourceName.NOMAD)
        assert held.trouble.startswith("the Nomad token expired at")


async def test_a_source_that_turns_has_the_token_asked_again() -> None:
    world = World()
    async with world.following():
        world.nomad.failing = gone()
        world.store.put_source(Source(SourceName.NOMAD, SourceState.REFUSED))
        await world.clock.advance(1)
        assert "unknown, revoked or expired" in world.store.latest.credential("nomad").trouble


@pytest.mark.parametrize("kind", [Unreachable, Misread])
async def test_without_an_answer_nothing_is_proven(kind: type[ApiError]) -> None:
    world = World()
    world.nomad.failing = kind("nomad", "GET /v1/acl/token/self", None, "timed out")
    async with world.following():
        assert world.may(SourceName.NOMAD, NODE_WRITE) is Verdict.UNPROVEN
        world.nomad.failing = None
        await world.clock.advance(EVERY_S)
        assert world.may(SourceName.NOMAD, NODE_WRITE) is Verdict.YES
        world.nomad.failing = Unreachable("nomad", "", None, "timed out")
        await world.clock.advance(EVERY_S)
        assert world.may(SourceName.NOMAD, NODE_WRITE) is Verdict.YES
