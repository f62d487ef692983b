"""The live feed over a server, or a proxy, that turns to nonsense: it ages, and recovers."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from nomad_console.clients.nomad import Nomad
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.live.nomad_feed import NomadFeed
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore
from tests.support.backends import nomad_at
from tests.support.hostile import (
    JSON,
    STREAM,
    TOKEN,
    TRANSPORT,
    HostileServer,
    answer,
    as_json,
    chunked,
    hostile_server,
)
from tests.support.manual_clock import ManualClock
from tests.support.recorded import recorded_body
from tests.support.scripted import running

BENT = {
    name: (TRANSPORT | JSON)[name](b"[]")
    for name in (
        "html-200",
        "html-502",
        "portal",
        "closed",
        "no-http",
        "gzip-that-is-none",
        "length-too-long",
        "nothing-200",
        "rude-500",
        "token-200",
        "nested-objects",
        "lone-surrogate",
        "long-number",
        "list-of-nobody",
    )
}
LISTS = {
    "/v1/nodes": "nodes",
    "/v1/allocations": "allocations",
    "/v1/jobs": "jobs",
    "/v1/deployments": "deployments",
    "/v1/evaluations": "evaluations-blocked",
    "/v1/namespaces": "namespaces",
    "/v1/agent/self": "agent-self",
    "/v1/agent/members": "agent-members",
    "/v1/status/leader": "status-leader",
}


class World:
    def __init__(self, nomad: Nomad, server: HostileServer, address: str) -> None:
        self.clock = ManualClock()
        self.store = ClusterStore(self.clock)
        self.server = server
        meter = SourceMeter(SourceName.NOMAD, self.store, self.clock, address)
        self.feed = NomadFeed(nomad, self.store, meter, self.clock)
        server.good = {
            path: answer(as_json(recorded_body(f"nomad/{name}.json")), "200 OK", "X-Nomad-Index: 9")
            for path, name in LISTS.items()
        } | {STREAM: chunked(b"{}\n", end=b"")}
        self._address = address

    def source(self) -> Source:
        return self.store.publish().source("nomad")

    async def until(self, holds: Callable[[], bool]) -> None:
        """Time passes only as fast as the server answers us."""
        async with httpx.AsyncClient(trust_env=False) as ours, asyncio.timeout(20):
            while not holds():
                await self.clock.advance(0.25)
                try:
                    await ours.get(f"{self._address}/v1/status/leader")
                except httpx.HTTPError:
                    continue


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with hostile_server() as (address, server), nomad_at(address, token=TOKEN) as nomad:
        yield World(nomad, server, address)


async def test_a_feed_ages_over_nonsense_and_lives_again_after_it(world: World) -> None:
    nodes = {row["ID"] for row in recorded_body("nomad/nodes.json")}
    async with running(world.feed.run()):
        await world.until(lambda: world.source().state is SourceState.LIVE)
        true_at = world.source().true_at
        assert true_at is not None
        for name, bent in BENT.items():
            world.server.bend(bent or b"\r\n")
            await world.until(lambda: world.source().state is not SourceState.LIVE)
            await world.clock.advance(5)
            seen = world.source()
            assert seen.state in {SourceState.STALE, SourceState.REFUSED}, name
            assert "/v1/" in seen.reason, name
            assert world.server.raw
            assert f"(asked {world._address})" in seen.reason, name
            assert f"{seen.reason} {seen.hint}".isprintable(), name
            assert TOKEN not in f"{seen.reason} {seen.hint}", name
            assert set(world.store.publish().nodes) == nodes, name
            world.server.bend(b"")
            await world.until(lambda: world.source().state is SourceState.LIVE)
            later = world.source().true_at
            assert later is not None
            assert later > true_at, name
            true_at = later
        assert set(world.store.publish().nodes) == nodes
