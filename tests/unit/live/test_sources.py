"""What a source says of itself."""

import asyncio
from datetime import timedelta

import pytest

from nomad_console.clients.errors import ApiError, Misread, Refused, Throttled, Unreachable
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.live.sources import SourceMeter, Trouble, keep, trouble
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.scripted import refusal, unreachable


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = ClusterStore(self.clock)
        self.meter = SourceMeter(SourceName.NOMAD, self.store, self.clock)

    def source(self) -> Source:
        return self.store.publish().source("nomad")


@pytest.fixture
def world() -> World:
    return World()


def test_live_needs_every_first_aspect_and_a_proof(world: World) -> None:
    world.meter.await_first("lists", "leader")
    assert world.source() == Source("nomad", SourceState.CONNECTING)
    world.meter.proved()
    world.meter.recovered("lists")
    assert world.source().state is SourceState.CONNECTING
    world.meter.recovered("leader")
    assert world.source() == Source("nomad", SourceState.LIVE, world.clock.now())


def test_trouble_makes_data_stale_and_the_oldest_trouble_is_told(world: World) -> None:
    world.meter.proved()
    world.meter.failed("events", unreachable("first"))
    world.meter.failed("leader", unreachable("second"))
    assert world.source().state is SourceState.STALE
    assert "first" in world.source().reason
    world.meter.recovered("events")
    assert "second" in world.source().reason
    world.meter.recovered("leader")
    assert world.source().state is SourceState.LIVE


def test_a_refusal_is_told_before_anything_else(world: World) -> None:
    world.meter.proved()
    world.meter.failed("leader", unreachable())
    world.meter.failed("nodes", refusal("node:read"))
    assert world.source().state is SourceState.REFUSED
    assert "node:read" in world.source().hint


def test_a_note_leaves_it_live(world: World) -> None:
    world.meter.proved()
    world.meter.note("events", "one by one", "give more")
    assert world.source().state is SourceState.LIVE
    assert (world.source().reason, world.source().hint) == ("one by one", "give more")
    world.meter.ail("gap", Trouble("missed", "wait"))
    assert world.source().reason == "missed; one by one"
    assert world.source().hint == "wait; give more"
    world.meter.recovered("gap")
    world.meter.forget_note("events")
    assert world.source().reason == ""


def test_the_address_stands_with_the_failure_and_the_same_advice_comes_once() -> None:
    clock = ManualClock()
    store = ClusterStore(clock)
    meter = SourceMeter(SourceName.NOMAD, store, clock, "http://10.0.0.1:4646")
    assert store.publish().source("nomad").reason == ""
    meter.failed("lists", ApiError("nomad", "GET /v1/nodes", None, "no TLS", hint="set http://"))
    meter.note("servers", "servers are not known: no TLS", "set http://")
    source = store.publish().source("nomad")
    assert source.reason == "nomad: GET /v1/nodes: no TLS (asked http://10.0.0.1:4646)"
    assert source.hint == "set http://"
    meter.note("events", "one by one", "give more")
    assert store.publish().source("nomad").hint == "set http://; give more"


def test_a_note_waits_for_the_data_that_it_is_about(world: World) -> None:
    world.meter.await_first("lists")
    world.meter.note("events", "no event stream", "")
    assert (world.source().reason, world.source().word) == ("", "connecting")
    world.meter.proved()
    world.meter.recovered("lists")
    assert world.source().told == "no event stream"


def test_truth_never_goes_back(world: World) -> None:
    world.meter.proved()
    first = world.clock.now()
    world.meter.proved(first - timedelta(seconds=5))
    assert world.source().true_at == first


@pytest.mark.parametrize(
    ("name", "error", "hint"),
    [
        (SourceName.NOMAD, Unreachable("nomad", "GET /v1/nodes", None, "x"), "NOMAD_ADDR"),
        (SourceName.CONSUL, Unreachable("consul", "GET /v1/x", None, "x"), "CONSUL_HTTP_ADDR"),
        (SourceName.ALB, Unreachable("alb", "X", None, "x"), "AWS_REGION"),
        (SourceName.NOMAD, Throttled("nomad", "GET /v1/nodes", 429, "x"), "too many connections"),
        (SourceName.ALB, Throttled("alb", "X", 400, "x"), "less often"),
        (SourceName.CONSUL, Misread("consul", "GET /v1/x", 200, "x"), "something else answers"),
        (SourceName.ALB, Refused("alb", "X", 403, "x"), "AWS credentials"),
        (SourceName.NOMAD, ApiError("nomad", "X", 400, "x", hint="do this"), "do this"),
    ],
)
def test_hints_name_what_to_look_at(name: SourceName, error: ApiError, hint: str) -> None:
    told = trouble(name, error)
    assert hint in told.hint
    assert told.reason == str(error)
    assert told.refused == isinstance(error, Refused)


async def test_keep_repeats_gives_time_and_recovers(world: World) -> None:
    times: list[float] = []

    async def attempt() -> None:
        times.append(world.clock.elapsed())
        if len(times) <= 3:
            raise unreachable()
        world.meter.proved()

    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(keep("x", attempt, world.meter, world.clock, every_s=10))
        await world.clock.advance(1)
        assert world.source().state is SourceState.CONNECTING
        await world.clock.advance(14)
        assert world.source().state is SourceState.LIVE
        keeping.cancel()
    assert times == [0.0, 0.5, 1.5, 3.5, 13.5]


async def test_keep_lets_a_bug_through(world: World) -> None:
    async def attempt() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await keep("x", attempt, world.meter, world.clock)
