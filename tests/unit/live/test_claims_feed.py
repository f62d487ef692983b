from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from nomad_console.domain.allocation import Claim
from nomad_console.domain.backend import Lack
from nomad_console.domain.snapshot import NodeClaims, SourceName
from nomad_console.live.claims_feed import AGAIN_S, ClaimsFeed
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.records import a_node, an_allocation
from tests.support.scripted import ScriptedNomad, running, unreachable

CLAIM = Claim(100, 128)


class World:
    """Two nodes with an allocation each, whose rows say nothing of what they claim."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = ClusterStore(self.clock)
        self.nomad = ScriptedNomad()
        self.feed = ClaimsFeed(self.nomad, self.store, self.clock)
        for number in (1, 2):
            row = msgspec.structs.replace(an_allocation(f"a{number}", f"n{number}"), claim=None)
            self.store.put_nodes((a_node(f"n{number}"),))
            self.store.put_allocations((row,))
            self.nomad.allocation_rows[row.id] = msgspec.structs.replace(row, claim=CLAIM)
        self.store.nomad.keep_allocations({"a1", "a2"}, 0)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        async with running(self.store.run()), running(self.feed.run()):
            await self.clock.advance(1)
            yield

    def claims(self, node_id: str) -> NodeClaims:
        return self.store.publish().node_claims[node_id]


async def test_nothing_is_read_where_the_list_says_it() -> None:
    world = World()
    async with world.following():
        await world.clock.advance(10)
        assert world.nomad.count("node_allocations") == 0


async def test_each_node_is_read_once_until_something_new_is_there() -> None:
    world = World()
    world.store.put_lack(SourceName.NOMAD, Lack.CLAIMS)
    async with world.following():
        await world.clock.advance(3)
        assert world.claims("n1") == world.claims("n2") == NodeClaims(100, 128)
        assert world.nomad.count("node_allocations") == 2
        newer = msgspec.structs.replace(an_allocation("a3", "n1"), claim=None)
        world.nomad.allocation_rows["a3"] = msgspec.structs.replace(newer, claim=CLAIM)
        world.store.put_allocations((newer,))
        await world.clock.advance(3)
        assert world.claims("n1") == NodeClaims(200, 256)
        assert world.nomad.count("node_allocations") == 3


async def test_a_node_that_does_not_say_it_either_is_left_for_a_while() -> None:
    world = World()
    world.store.put_lack(SourceName.NOMAD, Lack.CLAIMS)
    world.nomad.allocation_rows["a1"] = msgspec.structs.replace(
        world.nomad.allocation_rows["a1"], claim=None
    )
    async with world.following():
        await world.clock.advance(20)
        assert world.nomad.asked.count(("node_allocations", "n1")) == 1
        await world.clock.advance(AGAIN_S)
        assert world.nomad.asked.count(("node_allocations", "n1")) == 2


async def test_a_reading_that_fails_is_made_again_later() -> None:
    world = World()
    world.store.put_lack(SourceName.NOMAD, Lack.CLAIMS)
    world.nomad.failing["node_allocations"] = unreachable()
    async with world.following():
        await world.clock.advance(10)
        assert world.nomad.count("node_allocations") == 2
        world.nomad.failing.clear()
        await world.clock.advance(AGAIN_S)
        assert world.claims("n1").untold == 0
