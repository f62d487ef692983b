"""The balancers' feed against a scripted account, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nomad_console.clients.errors import NotFound, Throttled, Unreachable
from nomad_console.domain.policy import Policy
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.domain.target import TargetKey
from nomad_console.live.alb_feed import AlbFeed
from nomad_console.live.interest import Interest
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.records import a_target, a_target_group
from tests.support.scripted import ScriptedAlb, refusal, running


class World:
    def __init__(self, groups: int = 2) -> None:
        self.clock = ManualClock()
        self.alb = ScriptedAlb()
        self.store = ClusterStore(self.clock)
        meter = SourceMeter(SourceName.ALB, self.store, self.clock)
        self.feed = AlbFeed(self.alb, self.store, meter, self.clock, Policy())
        for number in range(1, groups + 1):
            arn = f"g{number}"
            self.alb.groups.append(a_target_group(arn))
            self.alb.target_rows[arn] = [a_target("i-n1", arn)]
            self.alb.attribute_rows[arn] = {"deregistration_delay.timeout_seconds": "60"}

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        async with running(self.feed.run()):
            await self.clock.advance(0)
            yield

    def source(self) -> Source:
        return self.store.publish().source("alb")


@pytest.fixture
def world() -> World:
    return World()


async def test_groups_then_targets_then_attributes(world: World) -> None:
    async with world.following():
        assert not world.store.publish().groups_complete
        await world.clock.advance(3)
        snapshot = world.store.publish()
        assert snapshot.groups_complete
        assert snapshot.groups["g1"].deregistration_delay_s == 60
        assert TargetKey("g2", "i-n1", 80) in snapshot.targets
        assert not snapshot.target_since
        assert world.source().state is SourceState.LIVE
        assert [method for method, _ in world.alb.asked][:3] == [
            "target_groups",
            "targets",
            "targets",
        ]
        await world.clock.advance(60)
        assert world.alb.count("attributes") == 2


async def test_two_describes_a_second_are_never_passed() -> None:
    world = World(groups=300)
    async with world.following():
        await world.clock.advance(100)
        assert 195 <= len(world.alb.asked) <= 202  # the first two at once
        assert world.alb.count("targets") > 190  # attributes wait for the first round


async def test_groups_nobody_writes_to_are_read_every_ten_seconds(world: World) -> None:
    async with world.following():
        await world.clock.advance(3)
        world.alb.asked.clear()
        await world.clock.advance(60)
        assert 5 <= world.alb.count("targets", "g1") <= 7


async def test_a_write_brings_close_reading_for_15_s_and_near_the_end(world: World) -> None:
    world.feed.look_at(Interest(groups_in_play=frozenset({"g1"})))
    async with world.following():
        await world.clock.advance(5)
        world.alb.asked.clear()
        world.feed.nudge(["g1"])
        await world.clock.advance(0.5)
        assert world.alb.count("targets", "g1") == 1
        await world.clock.advance(14)
        assert 7 <= world.alb.count("targets", "g1") <= 9
        world.alb.asked.clear()
        await world.clock.advance(40)
        assert 3 <= world.alb.count("targets", "g1") <= 5
        world.alb.asked.clear()
        await world.clock.advance(20)  # the delay of 60 s ends in here
        assert world.alb.count("targets", "g1") >= 8


async def test_a_forced_reading_begins_after_the_call(world: World) -> None:
    async with world.following():
        await world.clock.advance(5)
        asked_at = world.clock.now()
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(world.feed.force_read("g2"))
            await world.clock.advance(0.6)
            assert waiting.done()
        assert world.store.publish().group_read["g2"].begun_at >= asked_at


async def test_the_time_of_a_change_is_when_it_was_seen(world: World) -> None:
    async with world.following():
        await world.clock.advance(5)
        world.alb.target_rows["g1"] = [a_target("i-n1", "g1", state="draining")]
        await world.clock.advance(11)
        since = world.store.publish().target_since
        assert set(since) == {TargetKey("g1", "i-n1", 80)}
        assert 0 <= (world.clock.now() - since["g1", "i-n1", 80]).total_seconds() <= 11  # type: ignore[index]  # a key is a tuple


async def test_throttling_halves_the_rate_says_so_and_is_forgotten(world: World) -> None:
    async with world.following():
        await world.clock.advance(5)
        world.alb.failing["targets"] = Throttled(
            "alb", "DescribeTargetHealth", 400, "Rate exceeded"
        )
        await world.clock.advance(8)
        assert world.source().state is SourceState.STALE
        assert "Rate exceeded" in world.source().reason
        assert world.store.latest.targets
        world.alb.failing.clear()
        world.alb.asked.clear()
        await world.clock.advance(20)
        assert world.source().state is SourceState.LIVE
        assert "throttled by AWS: " in world.source().reason
        await world.clock.advance(300)
        assert world.source().reason == ""


async def test_a_group_that_is_gone_takes_its_targets_with_it(world: World) -> None:
    async with world.following():
        await world.clock.advance(5)
        world.alb.groups.pop()
        world.alb.failing["targets"] = NotFound("alb", "DescribeTargetHealth", 400, "no such group")
        await world.clock.advance(12)
        world.alb.failing.clear()
        await world.clock.advance(30)
        snapshot = world.store.publish()
        assert list(snapshot.groups) == ["g1"]
        assert {key.group for key in snapshot.targets} == {"g1"}
        assert world.source().state is SourceState.LIVE


async def test_refused_and_unreachable_are_told_apart(world: World) -> None:
    world.alb.failing["target_groups"] = refusal("elasticloadbalancing:DescribeTargetGroups")
    async with world.following():
        assert world.source().state is SourceState.REFUSED
        assert "DescribeTargetGroups" in world.source().hint
        world.alb.failing["target_groups"] = Unreachable("alb", "x", None, "no route")
        await world.clock.advance(16)
        assert world.source().state is SourceState.CONNECTING
        world.alb.failing.clear()
        await world.clock.advance(30)
        assert world.source().state is SourceState.LIVE
