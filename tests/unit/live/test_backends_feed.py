from typing import NamedTuple

from nomad_console.clients.errors import ApiError
from nomad_console.clients.lacks import Lacks
from nomad_console.domain.backend import Backend, Lack
from nomad_console.domain.snapshot import SourceName
from nomad_console.live.backends_feed import EVERY_S, BackendsFeed
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.scripted import refusal, running, unreachable


class Agent(NamedTuple):
    version: str


class Client:
    def __init__(self, version: str) -> None:
        self.lacks = Lacks()
        self.version = version
        self.failing: ApiError | None = None
        self.asked = 0

    async def agent(self) -> Agent:
        self.asked += 1
        if self.failing:
            raise self.failing
        return Agent(self.version)


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = ClusterStore(self.clock)
        self.nomad, self.consul = Client("2.0.4"), Client("1.8.7")
        clients = {SourceName.NOMAD: self.nomad, SourceName.CONSUL: self.consul}
        self.nomad.lacks.add(Lack.PAGES)
        self.feed = BackendsFeed(clients, self.store, self.clock)

    def backend(self, name: SourceName) -> Backend:
        return self.store.publish().backend(name)


async def test_versions_are_asked_for_now_and_then() -> None:
    world = World()
    assert world.backend(SourceName.CONSUL) == Backend(pending=True)
    async with running(world.feed.run()):
        await world.clock.advance(0)
        assert world.backend(SourceName.NOMAD) == Backend("2.0.4", frozenset({Lack.PAGES}))
        assert world.backend(SourceName.CONSUL) == Backend("1.8.7")
        world.nomad.version = "2.0.5"
        await world.clock.advance(EVERY_S)
        assert world.backend(SourceName.NOMAD).version == "2.0.5"
        assert world.nomad.asked == 2


async def test_what_a_client_finds_missing_is_known_at_once() -> None:
    world = World()
    world.consul.lacks.add(Lack.OVERVIEW)
    assert world.backend(SourceName.CONSUL).lacks == {Lack.OVERVIEW}
    assert world.backend(SourceName.NOMAD).lacks == {Lack.PAGES}


async def test_who_is_silent_is_asked_again_and_awaited_no_longer() -> None:
    world = World()
    world.nomad.failing, world.consul.failing = unreachable(), refusal()
    async with running(world.feed.run()):
        await world.clock.advance(0)
        assert world.backend(SourceName.NOMAD) == Backend("", frozenset({Lack.PAGES}))
        assert world.backend(SourceName.CONSUL) == Backend()
        world.nomad.failing = None
        await world.clock.advance(1)
        assert world.backend(SourceName.NOMAD).version == "2.0.4"
        world.nomad.failing = unreachable()
        await world.clock.advance(EVERY_S)
        assert world.backend(SourceName.NOMAD).version == "2.0.4"
        assert world.consul.asked == 2
