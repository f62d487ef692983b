"""Consul's feed against a scripted agent, in virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nomad_console.clients.errors import Unreachable
from nomad_console.domain.service import NodeHealth, ServiceSummary
from nomad_console.domain.snapshot import ConsulSums, Source, SourceName, SourceState
from nomad_console.live.consul_feed import ConsulFeed
from nomad_console.live.interest import Interest
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.records import a_check, a_detail, a_node, a_service, an_instance
from tests.support.scripted import ScriptedConsul, refusal, running


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.consul = ScriptedConsul()
        self.store = ClusterStore(self.clock)
        meter = SourceMeter(SourceName.CONSUL, self.store, self.clock)
        self.feed = ConsulFeed(self.consul, self.store, meter, self.clock)
        self.consul.service_rows = [a_service("web", ("c1", "c2")), a_service("consul", ("s1",))]

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        async with running(self.feed.run()):
            await self.clock.advance(0)
            yield

    def source(self) -> Source:
        return self.store.publish().source("consul")


@pytest.fixture
def world() -> World:
    return World()


async def test_a_change_is_shown_as_soon_as_the_query_answers(world: World) -> None:
    async with world.following():
        assert world.source().state is SourceState.LIVE
        assert world.store.latest.service_sums["web"] == ConsulSums(2, 0, 0)
        await world.clock.advance(5)
        world.consul.check_rows["critical"] = [a_check("critical", "c1")]
        world.consul.change()
        await world.clock.advance(0)
        assert world.store.publish().service_sums["web"] == ConsulSums(1, 0, 1)
        assert world.store.latest.consul_sums["c1"] == ConsulSums(0, 0, 1)


async def test_overview_and_checks_are_asked_for_at_most_once_a_second(world: World) -> None:
    async with world.following():
        world.consul.asked.clear()
        for _ in range(40):
            world.consul.change()
            await world.clock.advance(0.1)
        for query in ("services", "critical", "warning"):
            assert 1 <= world.consul.count(query) <= 5


async def test_an_index_that_goes_back_begins_again(world: World) -> None:
    async with world.following():
        await world.clock.advance(2)
        world.consul.index = 3
        world.consul.wake()
        await world.clock.advance(2)
        assert ("services", "0") in world.consul.asked[3:]


async def test_consul_stopped_keeps_its_rows_ages_and_recovers(world: World) -> None:
    async with world.following():
        await world.clock.advance(3)
        for query in ("services", "critical", "warning"):
            world.consul.failing[query] = Unreachable("consul", "GET /v1/x", None, "refused")
        world.consul.wake()
        await world.clock.advance(30)
        source = world.source()
        assert source.state is SourceState.STALE
        assert "CONSUL_HTTP_ADDR" in source.hint
        assert source.true_at is not None
        assert (world.clock.now() - source.true_at).total_seconds() >= 30
        assert "web" in world.store.latest.services
        world.consul.failing.clear()
        await world.clock.advance(16)
        assert world.source().state is SourceState.LIVE


async def test_a_refused_token_is_named(world: World) -> None:
    world.consul.failing["services"] = refusal("service:read", "GET /v1/internal/ui/services")
    async with world.following():
        assert world.source().state is SourceState.REFUSED
        assert "service:read" in world.source().hint


@pytest.mark.parametrize(
    ("rows", "hidden"), [([], "everything"), ([a_service()], "services")], ids=["none", "some"]
)
async def test_services_may_be_hidden_where_consul_hides_itself(
    world: World, rows: list[ServiceSummary], hidden: str
) -> None:
    world.consul.service_rows = rows
    async with world.following():
        assert f"ACLs may hide {hidden}" in world.source().reason
        assert world.source().state is SourceState.LIVE
        world.consul.service_rows = [a_service(), a_service("consul", ("s1",))]
        world.consul.change()
        await world.clock.advance(2)
        assert world.source().reason == ""


async def test_machines_in_a_run_are_read_most_often_and_all_under_the_cap(world: World) -> None:
    nodes = [a_node(f"n{number}") for number in range(40)]
    world.store.put_nodes(nodes)
    world.store.put_details([a_detail("n1", consul_name="box-1")])
    world.consul.machines["box-1"] = NodeHealth("box-1", (an_instance(node="box-1"),), ())
    world.feed.look_at(
        Interest(visible=frozenset(node.id for node in nodes), running=frozenset({"n1"}))
    )
    async with world.following():
        await world.clock.advance(20)
        assert world.consul.count("node_health") <= 20 * 5 + 1
        asked = [name for method, name in world.consul.asked if method == "node_health"]
        assert 8 <= asked.count("box-1") <= 11
        assert set(asked) == {"box-1"} | {f"c{number}" for number in range(40) if number != 1}
        assert world.store.publish().node_health["box-1"].instances
        assert world.store.latest.health_read["box-1"].begun_at <= world.clock.now()


async def test_a_machine_that_cannot_be_read_is_said_and_tried_again(world: World) -> None:
    world.store.put_nodes([a_node("n1")])
    world.feed.look_at(Interest(marked=frozenset({"n1"})))
    world.consul.failing["node_health"] = Unreachable("consul", "GET /v1/x", None, "time-out")
    async with world.following():
        assert world.source().state is SourceState.LIVE
        assert "time-out" in world.source().reason
        world.consul.failing.clear()
        await world.clock.advance(2)
        assert world.source().reason == ""
        assert "c1" in world.store.latest.node_health


async def test_a_run_under_way_needs_an_answer_every_few_seconds(world: World) -> None:
    async with world.following():
        assert set(world.consul.waits) == {10.0}
        world.feed.look_at(Interest(running=frozenset({"c1"})))
        world.consul.waits.clear()
        world.consul.change()
        await world.clock.advance(1)
        assert set(world.consul.waits) == {2.0}
