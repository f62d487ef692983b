"""One reading of every list."""

import pytest

from nomad_console.clients.errors import Misread, Unreachable
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.live.doubts import CONFIRM_S
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
    world.nomad.node_rows["n3"] = a_node("n3")
    world.nomad.allocation_rows["a3"] = an_allocation("a3")
    world.store.put_nodes([a_node("n1"), a_node("n2", modify_index=101)])
    world.store.put_allocations([an_allocation("a1"), an_allocation("a2", modify_index=101)])
    world.store.put_job_stubs([a_stub()])
    world.store.put_evaluations([an_evaluation()])
    async with running(world.read()):
        await world.clock.advance(0)
    snapshot = world.store.publish()
    assert sorted(snapshot.nodes) == ["n2", "n3"]
    assert sorted(snapshot.allocations) == ["a2", "a3"]
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


def with_rows(world: World) -> None:
    world.nomad.page = 1000
    world.nomad.index = 100
    for number in range(1, 4):
        world.nomad.node_rows[f"n{number}"] = a_node(f"n{number}", modify_index=number)
        row = an_allocation(f"a{number}", f"n{number}", modify_index=number)
        world.nomad.allocation_rows[row.id] = row


def emptied(world: World, index: int) -> None:
    world.nomad.index = index
    world.nomad.node_rows.clear()
    world.nomad.allocation_rows.clear()


@pytest.mark.parametrize(
    ("index", "said"), [(9, "its index went back from 100 to 9"), (120, "empty now")]
)
async def test_a_list_that_is_empty_all_at_once_takes_nothing_away(
    world: World, index: int, said: str
) -> None:
    with_rows(world)
    await world.lists.read()
    emptied(world, index)
    with pytest.raises(Misread, match=said):
        await world.lists.read()
    snapshot = world.store.publish()
    assert len(snapshot.nodes) == len(snapshot.allocations) == 3
    assert [snapshot.node_sums[f"n{number}"].total for number in (1, 2, 3)] == [1, 1, 1]


async def test_a_list_of_an_older_index_changes_nothing_be_it_repeated_at_once(
    world: World,
) -> None:
    with_rows(world)
    await world.lists.read()
    world.nomad.index = 9
    del world.nomad.node_rows["n1"]
    world.nomad.node_rows["n2"] = a_node("n2", status="down", modify_index=8)
    world.nomad.node_rows["n9"] = a_node("n9", modify_index=8)
    for _ in range(3):
        with pytest.raises(Misread):
            await world.lists.read()
    assert sorted(world.store.publish().nodes) == ["n1", "n2", "n3"]
    assert world.store.latest.nodes["n2"].status == "ready"


async def test_a_restored_cluster_is_believed_when_it_says_so_again_later(world: World) -> None:
    with_rows(world)
    world.nomad.node_rows["n2"] = a_node("n2", modify_index=90)
    await world.lists.read()
    world.nomad.index = 9
    del world.nomad.node_rows["n1"]
    world.nomad.node_rows["n2"] = a_node("n2", status="down", modify_index=8)
    world.nomad.allocation_rows.clear()
    with pytest.raises(Misread):
        await world.lists.read()
    await world.clock.advance(CONFIRM_S)
    await world.lists.read()
    snapshot = world.store.publish()
    assert sorted(snapshot.nodes) == ["n2", "n3"]
    assert snapshot.nodes["n2"].status == "down"
    assert not snapshot.allocations


async def test_nothing_is_confirmed_where_nobody_of_nomad_answers(world: World) -> None:
    with_rows(world)
    await world.lists.read()
    emptied(world, 9)
    world.nomad.failing["leader"] = Misread("nomad", "GET /v1/status/leader", None, "null")
    for _ in range(3):
        with pytest.raises(Misread, match="null"):
            await world.lists.read()
        await world.clock.advance(CONFIRM_S * 2)
    assert len(world.store.publish().nodes) == 3


async def test_a_doubt_ends_with_a_listing_that_goes_on_from_the_old_one(world: World) -> None:
    with_rows(world)
    await world.lists.read()
    rows = dict(world.nomad.node_rows)
    emptied(world, 9)
    with pytest.raises(Misread):
        await world.lists.read()
    world.nomad.index = 101
    world.nomad.node_rows.update(rows)
    world.nomad.allocation_rows["a1"] = an_allocation("a1", "n1")
    await world.lists.read()
    assert sorted(world.store.publish().allocations) == ["a1"]
    emptied(world, 9)
    await world.clock.advance(CONFIRM_S)
    with pytest.raises(Misread):  # the doubt of then is no confirmation
        await world.lists.read()
