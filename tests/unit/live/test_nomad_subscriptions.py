"""The widest subscription that the token allows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nomad_console.clients.errors import ApiError, Misread, of_answer, refused
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.live.apis import Frame
from nomad_console.live.nomad_subscriptions import STREAMS_AT_MOST, Subscriptions
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.scripted import ScriptedNomad, refusal, running


class World:
    def __init__(self, namespace: str = "*") -> None:
        self.clock = ManualClock()
        self.nomad = ScriptedNomad()
        self.store = ClusterStore(self.clock)
        meter = SourceMeter(SourceName.NOMAD, self.store, self.clock)
        meter.proved()
        self.polls = 0
        self.everywhere: list[bool | None] = []
        self.streamless: list[bool] = []
        self.heard: list[int] = []
        self.subscriptions = Subscriptions(
            self.nomad,
            meter,
            self.clock,
            namespace,
            heard=self._hear,
            missed=lambda: None,
            poll=self._poll,
            everywhere=self.everywhere.append,
            streamless=self.streamless.append,
            pace="every 5 s",
        )

    def _hear(self, frame: Frame) -> None:
        self.heard.append(frame.index)

    async def _poll(self) -> None:
        self.polls += 1
        await self.clock.sleep(5)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        async with running(self.subscriptions.run()), running(self.subscriptions.watch()):
            await self.clock.advance(0)
            yield

    def source(self) -> Source:
        return self.store.publish().source("nomad")

    def open_namespaces(self) -> list[str]:
        return [each.namespace for each in self.nomad.subscriptions if each.open]


@pytest.fixture
def world() -> World:
    return World()


async def test_one_stream_for_all_where_that_is_allowed(world: World) -> None:
    async with world.following():
        world.nomad.stream.send(9)
        await world.clock.advance(0)
        assert world.open_namespaces() == ["*"]
        assert world.subscriptions.index == 9
        assert world.heard == [0, 9]
        assert set(world.everywhere) == {True}
    assert world.open_namespaces() == []


async def test_the_end_of_a_stream_is_no_trouble_but_not_coming_back_is(world: World) -> None:
    async with world.following():
        world.nomad.stream.end()
        await world.clock.advance(0.1)
        assert world.source().state is SourceState.LIVE
        await world.clock.advance(1)
        assert world.open_namespaces() == ["*"]


async def test_rights_taken_away_narrow_it_and_given_back_widen_it(world: World) -> None:
    world.nomad.namespace_names = ("a", "b")
    async with world.following():
        world.nomad.refused_namespaces = {"*"}
        world.nomad.stream.end()
        await world.clock.advance(1)
        assert world.open_namespaces() == ["a", "b"]
        assert "a, b" in world.source().reason
        assert world.everywhere[-1] is False
        first, second = world.nomad.subscriptions[-2:]
        first.send(7)
        await world.clock.advance(0)
        assert world.subscriptions.index == 0
        second.send(8)
        await world.clock.advance(0)
        assert world.subscriptions.index == 7
        world.nomad.refused_namespaces = {"*", "b"}
        second.end()
        await world.clock.advance(2)
        assert world.open_namespaces() == []
        assert world.polls > 0
        world.nomad.refused_namespaces = set()
        await world.clock.advance(31)
        assert world.open_namespaces() == ["*"]
        assert world.source().reason == ""
        assert world.everywhere[-1] is True
        polls = world.polls
        await world.clock.advance(30)
        assert world.polls == polls


@pytest.mark.parametrize("names", [(), tuple(f"ns{n}" for n in range(STREAMS_AT_MOST + 1))])
async def test_no_or_too_many_namespaces_are_polled(names: tuple[str, ...]) -> None:
    world = World()
    world.nomad.refused_namespaces = {"*"}
    world.nomad.namespace_names = names
    async with world.following():
        assert world.polls == 1
        assert world.subscriptions.silent_s() == 0
        assert world.subscriptions.index == 0


async def test_one_namespace_of_the_settings_has_nothing_narrower() -> None:
    world = World("prod")
    world.nomad.refused_namespaces = {"prod"}
    async with world.following():
        assert world.polls == 1
        assert world.nomad.count("namespaces") == 0


async def test_namespaces_that_cannot_be_read_are_polled(world: World) -> None:
    world.nomad.refused_namespaces = {"*"}
    world.nomad.failing["namespaces"] = refusal()
    async with world.following():
        assert world.polls == 1


async def test_a_silent_stream_is_told_with_its_name(world: World) -> None:
    async with world.following():
        await world.clock.advance(45)
        assert "no heartbeat in the events of *" in world.source().reason


def answer(status: int) -> ApiError:
    return of_answer("nomad", "GET /v1/event/stream", status, "")


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_without_a_stream_lists_are_read_until_there_is_one(
    world: World, status: int
) -> None:
    world.nomad.failing["events"] = answer(status)
    async with world.following():
        await world.clock.advance(20)
        assert world.polls == 5
        assert world.open_namespaces() == []
        assert world.nomad.count("namespaces") == 0
        source = world.source()
        assert source.state is SourceState.LIVE
        assert source.told == "this Nomad has no event stream: lists are read every 5 s"
        assert (world.everywhere, world.streamless) == ([None], [True])
        assert (world.subscriptions.index, world.subscriptions.silent_s()) == (0, 0)
        del world.nomad.failing["events"]
        await world.clock.advance(11)
        assert world.open_namespaces() == ["*"]
        assert world.source().told == ""
        assert world.streamless[-1] is False
        assert world.everywhere[-1] is True
        polls = world.polls
        await world.clock.advance(30)
        assert world.polls == polls


async def test_a_page_of_a_proxy_is_no_stream_either(world: World) -> None:
    world.nomad.failing["events"] = Misread("nomad", "GET /v1/event/stream", 200, "HTML")
    async with world.following():
        await world.clock.advance(1)
        assert world.polls == 1
        assert "what comes as event stream is none: HTML" in world.source().reason


async def test_a_stream_that_is_lost_for_good_ends_in_lists(world: World) -> None:
    async with world.following():
        world.nomad.stream.send(9)
        await world.clock.advance(0)
        world.nomad.failing["events"] = answer(404)
        world.nomad.stream.end()
        await world.clock.advance(1)
        assert world.polls == 1
        assert world.streamless == [True]


async def test_a_server_that_is_down_is_no_server_without_a_stream(world: World) -> None:
    world.nomad.failing["events"] = answer(502)
    async with world.following():
        await world.clock.advance(20)
        assert (world.polls, world.streamless) == (0, [])
        assert world.source().state is SourceState.STALE


async def test_one_namespace_without_a_stream_is_not_all_of_them() -> None:
    world = World("prod")
    world.nomad.failing["events"] = answer(404)
    async with world.following():
        assert (world.polls, world.everywhere) == (1, [False])


@pytest.mark.parametrize(("status", "said"), [(200, True), (403, False)])
async def test_silence_may_be_a_proxys(world: World, status: int, *, said: bool) -> None:
    silent = refused("nomad", "GET /v1/event/stream", status, "no word", right="node:read")
    world.nomad.failing["events"] = silent
    async with world.following():
        hint = world.source().hint
        assert hint.startswith("give the token node:read")
        assert ("a proxy between" in hint) is said
