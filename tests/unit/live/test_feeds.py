"""All feeds together, over one store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nomad_console.domain.policy import Policy
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.domain.target import TargetKey
from nomad_console.live.feeds import Feeds
from nomad_console.live.interest import Interest
from nomad_console.live.store import ClusterStore
from nomad_console.settings.values import Missing
from tests.support.manual_clock import ManualClock
from tests.support.records import a_node, a_service, a_target, a_target_group, an_allocation
from tests.support.scripted import (
    ScriptedAlb,
    ScriptedConsul,
    ScriptedNomad,
    running,
    unreachable,
)


class World:
    def __init__(self, *, alone: bool = False) -> None:
        self.clock = ManualClock()
        self.nomad, self.consul, self.alb = ScriptedNomad(), ScriptedConsul(), ScriptedAlb()
        self.store = ClusterStore(self.clock)
        missing = Missing("not configured", "set its address")
        self.feeds = Feeds(
            self.store,
            self.nomad,
            missing if alone else self.consul,
            missing if alone else self.alb,
            self.clock,
            Policy(),
            asked={SourceName.CONSUL: "http://10.0.0.1:8500"},
        )
        self.nomad.node_rows["n1"] = a_node("n1")
        self.nomad.allocation_rows["a1"] = an_allocation("a1", "n1", tasks=())
        self.consul.service_rows = [a_service("web", ("c1",)), a_service("consul", ("s1",))]
        self.alb.groups = [a_target_group("g1")]
        self.alb.target_rows["g1"] = [a_target("i-n1")]

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        async with running(self.feeds.run()):
            await self.clock.advance(3)
            yield

    def states(self) -> dict[str, SourceState]:
        return {name: source.state for name, source in self.store.latest.sources.items()}


async def test_three_systems_meet_in_one_snapshot() -> None:
    world = World()
    async with world.following():
        seen = world.store.latest
        assert set(world.states().values()) == {SourceState.LIVE}
        assert seen.ties.node_of == {TargetKey("g1", "i-n1", 80): "n1"}
        assert seen.consul_sums["c1"].passing == 1
        assert seen.node_sums["n1"] == (1, 1)
        assert seen.groups_complete


async def test_a_backend_that_is_missing_says_how_to_configure_it_and_costs_nothing() -> None:
    world = World(alone=True)
    async with world.following():
        assert world.states() == {
            "nomad": SourceState.LIVE,
            "consul": SourceState.OFF,
            "alb": SourceState.OFF,
        }
        assert world.store.latest.source("alb").hint == "set its address"
        world.feeds.look_at(Interest(visible=frozenset({"n1"})))
        world.feeds.nudge(["g1"])
        await world.feeds.force_read("g1")
        await world.clock.advance(30)
        assert not world.consul.asked
        assert not world.alb.asked


async def test_one_backend_down_leaves_the_others_live() -> None:
    world = World()
    async with world.following():
        world.alb.failing["targets"] = unreachable()
        await world.clock.advance(15)
        assert world.states() == {
            "nomad": SourceState.LIVE,
            "consul": SourceState.LIVE,
            "alb": SourceState.STALE,
        }


async def test_interest_steers_every_feed() -> None:
    world = World()
    async with world.following():
        world.feeds.look_at(Interest(marked=frozenset({"n1"}), groups_in_play=frozenset({"g1"})))
        await world.clock.advance(1)
        assert world.nomad.count("node_allocations") == 1
        assert world.consul.count("node_health") == 1
        before = world.alb.count("targets", "g1")
        world.feeds.nudge(["g1"])
        await world.clock.advance(6)
        assert world.alb.count("targets", "g1") >= before + 3


async def test_a_listing_that_differs_has_task_states_read_again() -> None:
    world = World()
    async with world.following():
        world.feeds.look_at(Interest(visible=frozenset({"n1"})))
        await world.clock.advance(1)
        world.nomad.allocation_rows["a1"] = an_allocation("a1", "n1", modify_index=60)
        for _ in range(12):
            await world.clock.advance(26)
            world.nomad.stream.heartbeat()
        assert world.nomad.count("node_allocations") == 2


async def test_a_failure_names_the_address_that_was_asked() -> None:
    world = World()
    world.consul.failing["services"] = unreachable()
    async with world.following():
        reason = world.store.latest.source("consul").reason
        assert reason.endswith("(asked http://10.0.0.1:8500)")
