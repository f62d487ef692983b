"""Whether a stream missed anything."""

import pytest

from nomad_console.clients.errors import Unreachable
from nomad_console.live.apis import Frame
from nomad_console.live.nomad_stream import ALL_TOPICS, FIRST_FRAME_S, EventStream
from tests.support.manual_clock import ManualClock
from tests.support.scripted import ScriptedNomad, running


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.nomad = ScriptedNomad()
        self.heard: list[int] = []
        self.misses = 0
        self.stream = EventStream(
            self.nomad, self.clock, ALL_TOPICS, "*", heard=self._hear, missed=self._miss
        )

    def _hear(self, frame: Frame) -> None:
        self.heard.append(frame.index)

    def _miss(self) -> None:
        self.misses += 1

    async def connect(self, *indexes: int) -> None:
        """One connection that brings these frames and ends."""
        with pytest.raises(Unreachable):
            await self._connection(indexes)

    async def _connection(self, indexes: tuple[int, ...]) -> None:
        stream = self.stream.follow()
        try:
            async with running(stream):
                await self.clock.advance(0)
                for index in indexes:
                    self.nomad.stream.send(index)
                await self.clock.advance(0.1)
                self.nomad.stream.end()
                await self.clock.advance(0)
        except* Unreachable as errors:
            raise errors.exceptions[0] from None


@pytest.fixture
def world() -> World:
    return World()


async def test_the_first_connection_always_misses_what_came_before(world: World) -> None:
    await world.connect(5, 6)
    assert world.misses == 1
    assert world.heard == [0, 5, 6]
    assert world.stream.index == 6


@pytest.mark.parametrize(("first", "misses"), [(6, 1), (7, 2), (3, 2)])
async def test_only_the_very_frame_proves_that_nothing_is_missing(
    world: World, first: int, misses: int
) -> None:
    await world.connect(5, 6)
    await world.connect(first, 20)
    assert world.nomad.stream.index == 6
    assert world.misses == misses
    assert world.stream.index == 20


async def test_no_frame_in_time_is_a_miss_too(world: World) -> None:
    await world.connect(5)
    async with running(world.stream.follow()):
        await world.clock.advance(FIRST_FRAME_S - 0.1)
        world.stream.check()
        assert world.misses == 1
        await world.clock.advance(0.2)
        world.stream.check()
        world.stream.check()
        assert world.misses == 2
        assert world.stream.accepted
    assert not world.stream.accepted
    assert not world.nomad.stream.open


async def test_silence_is_counted_from_the_last_line(world: World) -> None:
    assert world.stream.silent_s() == 0
    async with running(world.stream.follow()):
        await world.clock.advance(7)
        assert world.stream.silent_s() == 7
        world.nomad.stream.heartbeat()
        await world.clock.advance(0)
        assert world.stream.silent_s() == 0
