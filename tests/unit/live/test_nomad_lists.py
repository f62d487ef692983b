"""One reading of every list."""

import pytest

from nomad_console.clients.errors import Unreachable
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.live.nomad_lists import Listed, NomadLists
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.records import a_node, a_stub, an_allocation, an_evaluation
from tests.support.scripted import ScriptedNomad, refusal, running, unreachable


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.nomad = ScriptedNomad(page=2)
        self.store = ClusterStore(self.clock)
        self.meter = SourceMeter(SourceName.NOMAD, self.store, self.clock)
        self.meter.proved()
        self.lists = NomadLists(self.nomad, self.store, self.meter, self.clock)
        self.results: list[Listed] = []

    async def read(self, pause_s: float = 0.0) -> None:
        self.results.append(await self.lists.read(pause_s=pause_s))


@pytest.fixture
def world() -> World:
    return World()


async def test_rows_are_shown_page_by_page_with_pauses_between(world: World) -> None:
    for number in range(1, 6):
        world.nomad.node_rows[f"n{number}"] = a_node(f"n{number}")
    async with running(world.read(pause_s=1.0)):
        await world.clock.advance(0)
        assert len(world.store.publish().nodes) == 2
        await world.clock.advance(1)
        assert len(world.store.publish().nodes) == 4
        await world.clock.advance(1)
        assert len(world.store.publish().nodes) == 5
    assert world.results == [Listed(100, all_allowed=True)]


async def test_what_is_listed_no_longer_is_forgotten(world: World) -> None:
    world.store.put_nodes([a_node("n1"), a_node("n2", modify_index=101)])
    world.store.put_allocations([an_allocation("a1"), an_allocation("a2", modify_index=101)])
    world.store.put_job_stubs([a_stub()])
    world.store.put_evaluations([an_evaluation()])
    async with running(world.read()):
        await world.clock.advance(0)
    snapshot = world.store.publish()
    assert list(snapshot.nodes) == ["n2"]
    assert list(snapshot.allocations) == ["a2"]
    assert not snapshot.job_stubs
    assert not snapshot.blocked


async def test_a_refused_list_is_told_and_the_rest_read(world: World) -> None:
    world.nomad.failing["allocations"] = refusal("namespace:read-job", "GET /v1/allocations")
    world.nomad.stubs = [a_stub()]
    async with running(world.read()):
        await world.clock.advance(0)
    assert world.results == [Listed(100, all_allowed=False)]
    assert world.store.publish().job_stubs
    assert world.store.latest.source("nomad").state is SourceState.REFUSED
    assert not world.store.latest.node_sums  # nobody knows what runs


async def test_an_unreachable_backend_ends_the_reading(world: World) -> None:
    world.nomad.failing["allocations"] = unreachable()
    with pytest.raises(Unreachable):
        await world.lists.read()
    assert world.nomad.count("job_stubs") == 0
