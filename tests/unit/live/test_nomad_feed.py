"""Nomad's feed against a scripted cluster, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from nomad_console.clients.errors import of_answer
from nomad_console.clients.nomad_stream import NodeRemoved
from nomad_console.domain.allocation import Task, TaskEvent
from nomad_console.domain.backend import Lack
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.live.interest import Interest
from nomad_console.live.nomad_feed import LIST_GAP_S, SWEEP_S, NomadFeed
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.records import (
    a_deployment,
    a_detail,
    a_job,
    a_node,
    a_stub,
    an_allocation,
    an_evaluation,
)
from tests.support.scripted import ScriptedNomad, refusal, running, unreachable


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.nomad = ScriptedNomad(page=2)
        self.store = ClusterStore(self.clock)
        meter = SourceMeter(SourceName.NOMAD, self.store, self.clock)
        self.feed = NomadFeed(self.nomad, self.store, meter, self.clock)
        for number in range(1, 6):
            self.nomad.node_rows[f"n{number}"] = a_node(f"n{number}")
            self.nomad.allocation_rows[f"a{number}"] = an_allocation(f"a{number}", f"n{number}")

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        async with running(self.feed.run()):
            await self.clock.advance(0)
            yield

    def source(self) -> Source:
        return self.store.publish().source("nomad")


@pytest.fixture
def world() -> World:
    return World()


async def test_it_subscribes_first_then_pages_through_the_lists(world: World) -> None:
    world.nomad.deployment_rows = [a_deployment()]
    world.nomad.evaluation_rows = [an_evaluation()]
    world.nomad.stubs = [a_stub()]
    async with world.following():
        snapshot = world.store.publish()
        assert sorted(snapshot.nodes) == ["n1", "n2", "n3", "n4", "n5"]
        assert sorted(snapshot.allocations) == ["a1", "a2", "a3", "a4", "a5"]
        assert list(snapshot.deployments) == ["d1"]
        assert list(snapshot.blocked) == ["e1"]
        assert list(snapshot.job_stubs) == [("default", "web")]
        assert world.source().state is SourceState.LIVE
        assert snapshot.nomad_index == 100
        assert snapshot.changes.everything
    calls = [call[0] for call in world.nomad.asked if call[0] != "leader"]
    assert calls[0] == "events"
    assert world.nomad.count("nodes") == 3
    assert len(set(world.nomad.stream.topics)) == len(world.nomad.stream.topics)


async def test_a_frame_that_comes_between_pages_is_not_undone_by_an_older_row(world: World) -> None:
    world.nomad.between_pages.clear()
    async with world.following():
        world.nomad.stream.send(120, an_allocation("a4", "n4", client="failed", modify_index=120))
        world.nomad.stream.send(121, an_allocation("new", "n1", modify_index=121))
        await world.clock.advance(0)
        assert world.store.publish().nomad_index == 0  # the lists are not whole yet
        world.nomad.between_pages.set()
        await world.clock.advance(0)
        snapshot = world.store.publish()
        assert snapshot.allocations["a4"].client == "failed"
        assert "new" in snapshot.allocations
        assert snapshot.nomad_index == 121


async def test_every_kind_of_event_reaches_its_map(world: World) -> None:
    async with world.following():
        world.nomad.stream.send(
            130,
            (a_node("n1", status="down", modify_index=130), a_detail("n1", modify_index=130)),
            a_stub(modify_index=130),
            a_job(modify_index=130),
            a_deployment(),
            an_evaluation(),
        )
        await world.clock.advance(0)
        snapshot = world.store.publish()
        assert snapshot.nodes["n1"].status == "down"
        assert "n1" in snapshot.details
        assert ("default", "web") in snapshot.jobs
        assert snapshot.deployments["d1"].status == "running"
        assert "e1" in snapshot.blocked
        world.nomad.stream.send(131, an_evaluation(status="complete", modify_index=131))
        world.nomad.stream.send(132, NodeRemoved("n1"))
        await world.clock.advance(0)
        snapshot = world.store.publish()
        assert not snapshot.blocked
        assert "n1" not in snapshot.nodes
        assert snapshot.nomad_index == 132


async def test_a_record_nobody_knows_is_a_bug_and_ends_the_feed(world: World) -> None:
    async def follow() -> None:
        async with world.following():
            world.nomad.stream.send(130, "surprise")
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as caught:
        await follow()
    assert caught.group_contains(TypeError)


async def test_reconnecting_at_the_very_frame_lists_nothing_again(world: World) -> None:
    async with world.following():
        world.nomad.stream.send(120, an_allocation("a1", modify_index=120))
        await world.clock.advance(0)
        world.nomad.stream.end()
        await world.clock.advance(1)
        assert world.nomad.stream.index == 120
        assert len(world.nomad.subscriptions) == 2
        world.nomad.stream.send(120, an_allocation("a1", modify_index=120))
        world.nomad.stream.send(125, an_allocation("a1", client="failed", modify_index=125))
        await world.clock.advance(60)
        world.nomad.stream.heartbeat()
        await world.clock.advance(0)
        assert world.nomad.count("nodes") == 3
        assert world.source().state is SourceState.LIVE
        assert world.store.latest.nomad_index == 125


async def test_reconnecting_at_a_later_frame_lists_again_not_before_30_s(world: World) -> None:
    async with world.following():
        world.nomad.stream.send(120, an_allocation("a1", modify_index=120))
        await world.clock.advance(0)
        world.nomad.stream.end()
        await world.clock.advance(1)
        world.nomad.index = 140
        del world.nomad.allocation_rows["a2"]
        world.nomad.stream.send(140, an_allocation("a3", modify_index=140))
        await world.clock.advance(1)
        assert world.source().state is SourceState.STALE
        assert "missed" in world.source().reason
        assert world.store.latest.nomad_index == 120
        assert world.nomad.count("nodes") == 3
        await world.clock.advance(28)
        assert world.nomad.count("nodes") == 6
        assert world.source().state is SourceState.LIVE
        assert world.store.latest.nomad_index == 140
        assert "a2" not in world.store.latest.allocations


async def test_a_server_without_the_frame_asked_for_means_listing_again(world: World) -> None:
    async with world.following():
        world.nomad.stream.send(120, an_allocation("a1", modify_index=120))
        await world.clock.advance(31)
        world.nomad.stream.end()
        await world.clock.advance(5)
        assert world.nomad.count("nodes") == 6


async def test_silence_makes_it_stale_and_a_heartbeat_live_again(world: World) -> None:
    async with world.following():
        await world.clock.advance(38)
        assert world.source().state is SourceState.LIVE
        await world.clock.advance(5)
        assert world.source().state is SourceState.STALE
        assert "no heartbeat" in world.source().reason
        aged = world.source().true_at
        assert aged is not None
        assert (world.clock.now() - aged).total_seconds() > 40
        world.nomad.stream.heartbeat()
        await world.clock.advance(0)
        assert world.source().state is SourceState.LIVE
        assert world.source().true_at == world.clock.now()


async def test_heartbeats_without_a_leader_do_not_make_it_live(world: World) -> None:
    async with world.following():
        world.nomad.failing["leader"] = unreachable("No cluster leader")
        await world.clock.advance(11)
        world.nomad.stream.heartbeat()
        await world.clock.advance(0)
        assert world.source().state is SourceState.STALE
        assert "No cluster leader" in world.source().reason
        del world.nomad.failing["leader"]
        await world.clock.advance(2)
        assert world.source().state is SourceState.LIVE
        world.nomad.leader_address = ""
        await world.clock.advance(11)
        assert "no leader" in world.source().reason


async def test_nomad_stopped_keeps_every_row_and_recovers_alone(world: World) -> None:
    async with world.following():
        world.nomad.failing["events"] = unreachable()
        world.nomad.failing["leader"] = unreachable()
        world.nomad.stream.end()
        await world.clock.advance(20)
        assert world.source().state is SourceState.STALE
        assert "connection refused" in world.source().reason
        assert "NOMAD_ADDR" in world.source().hint
        assert len(world.store.latest.nodes) == 5
        world.nomad.failing.clear()
        await world.clock.advance(40)
        assert world.source().state is SourceState.LIVE


async def test_nomad_absent_from_the_start_is_connecting_and_says_why(world: World) -> None:
    for method in ("events", "leader", "nodes"):
        world.nomad.failing[method] = unreachable()
    async with world.following():
        assert world.source().state is SourceState.CONNECTING
        assert "connection refused" in world.source().reason
        world.nomad.failing.clear()
        await world.clock.advance(20)
        assert world.source().state is SourceState.LIVE


async def test_a_listing_that_breaks_off_is_tried_again(world: World) -> None:
    world.nomad.failing["allocations"] = unreachable()
    async with world.following():
        assert world.source().state is SourceState.CONNECTING
        del world.nomad.failing["allocations"]
        await world.clock.advance(1)
        assert world.source().state is SourceState.LIVE


async def test_a_refused_stream_becomes_one_a_namespace(world: World) -> None:
    world.nomad.refused_namespaces = {"*"}
    world.nomad.namespace_names = ("default", "prod")
    async with world.following():
        first, second = world.nomad.subscriptions
        assert (first.namespace, second.namespace) == ("default", "prod")
        assert "Node" in first.topics
        assert "Node" not in second.topics
        assert world.source().state is SourceState.LIVE
        assert "default, prod" in world.source().reason
        assert "namespace:read-job" in world.source().hint
        second.send(150, an_allocation("p1", modify_index=150))
        await world.clock.advance(0)
        assert "p1" in world.store.publish().allocations
        assert world.store.latest.nomad_index == 100  # the other stream may lag behind
        world.nomad.refused_namespaces.clear()
        await world.clock.advance(31)
        assert world.source().reason == ""
        assert world.nomad.stream.namespace == "*"
        assert [each.open for each in world.nomad.subscriptions[:2]] == [False, False]


async def test_no_stream_at_all_becomes_blocking_queries(world: World) -> None:
    world.nomad.failing["events"] = refusal()
    async with world.following():
        assert world.source().state is SourceState.LIVE
        assert "again and again" in world.source().reason
        assert "node:read" in world.source().hint
        del world.nomad.allocation_rows["a1"]
        world.nomad.node_rows["n2"] = a_node("n2", status="down", modify_index=140)
        world.nomad.index = 140
        await world.clock.advance(3)
        assert world.nomad.count("nodes blocking") > 0
        assert world.store.publish().nodes["n2"].status == "down"
        assert "a1" not in world.store.latest.allocations
        assert world.store.latest.nomad_index == 140


async def test_a_refused_list_is_named_and_the_others_are_read(world: World) -> None:
    world.nomad.failing["nodes"] = refusal("node:read", "GET /v1/nodes")
    async with world.following():
        assert world.source().state is SourceState.REFUSED
        assert "/v1/nodes" in world.source().reason
        assert "node:read" in world.source().hint
        assert len(world.store.latest.allocations) == 5
        del world.nomad.failing["nodes"]
        await world.clock.advance(31)
        assert world.source().state is SourceState.LIVE


async def test_the_sweep_finds_what_garbage_collection_took(world: World) -> None:
    async with world.following():
        del world.nomad.allocation_rows["a2"]
        for _ in range(12):
            await world.clock.advance(26)
            world.nomad.stream.heartbeat()
        assert "a2" not in world.store.publish().allocations
        assert world.source().state is SourceState.LIVE


async def test_a_server_without_a_stream_is_read_by_lists(world: World) -> None:
    world.nomad.failing["events"] = of_answer("nomad", "GET /v1/event/stream", 405, "")
    async with world.following():
        snapshot = world.store.publish()
        assert world.source().state is SourceState.LIVE
        assert world.source().reason.endswith("lists are read every 2 to 12 s")
        assert snapshot.backend("nomad").lacks == {Lack.EVENT_STREAM}
        assert snapshot.every_namespace is None  # the token's record has not come yet
        assert snapshot.nomad_index == 100
        world.nomad.node_rows["n2"] = a_node("n2", status="down", modify_index=140)
        world.nomad.index = 140
        await world.clock.advance(3)
        assert world.store.publish().nodes["n2"].status == "down"
        del world.nomad.failing["events"]
        await world.clock.advance(31)
        snapshot = world.store.publish()
        assert snapshot.backend("nomad").lacks == frozenset()
        assert snapshot.every_namespace is True


async def test_where_a_wildcard_is_a_name_lists_are_read_often(world: World) -> None:
    async with world.following():
        world.store.put_lack(SourceName.NOMAD, Lack.WILDCARD)
        await world.clock.advance(SWEEP_S + 1)
        listed = world.nomad.count("deployments")
        await world.clock.advance(2 * LIST_GAP_S + 2)
        assert world.nomad.count("deployments") == listed + 2


async def test_the_history_of_tasks_is_kept_where_somebody_looks(world: World) -> None:
    events = (TaskEvent("Started", 1, "", 0, 0, 0.0, oom_killed=False),)
    task = Task(
        "app", "running", failed=False, restarts=3, started_at=None, finished_at=None, events=events
    )
    async with world.following():
        world.feed.look_at(Interest(visible=frozenset({"n1"})))
        for number in (1, 2):
            row = an_allocation(f"a{number}", f"n{number}", modify_index=200, tasks=(task,))
            world.nomad.stream.send(200 + number, row)
        await world.clock.advance(0)
        rows = world.store.publish().allocations
    assert rows["a1"].tasks == (task,)
    assert rows["a2"].tasks == (msgspec.structs.replace(task, events=()),)
