"""Background reading: what is looked at first, and never too fast."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nomad_console.clients.errors import NotFound
from nomad_console.domain.snapshot import Source, SourceName
from nomad_console.live.interest import Interest
from nomad_console.live.machine_cache import MachineCache
from nomad_console.live.nomad_details import NomadDetails
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.records import a_detail, a_job, a_node, a_stub, an_allocation
from tests.support.scripted import ScriptedNomad, refusal, running, unreachable


class World:
    def __init__(
        self, cache: MachineCache | None = None, nodes: int = 3, *, listed: bool = True
    ) -> None:
        self.clock = ManualClock()
        self.nomad = ScriptedNomad()
        self.store = ClusterStore(self.clock)
        meter = SourceMeter(SourceName.NOMAD, self.store, self.clock)
        meter.proved()
        self.details = NomadDetails(self.nomad, self.store, meter, self.clock, cache)
        for number in range(nodes):
            self.nomad.node_rows[f"n{number}"] = a_node(f"n{number}")
        self.store.put_nodes(self.nomad.node_rows.values())
        if listed:
            self.details.relisted()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        async with running(self.details.run()):
            await self.clock.advance(0)
            yield

    def asked(self, method: str) -> list[str]:
        return [call[-1] for call in self.nomad.asked if call[0] == method]

    def source(self) -> Source:
        return self.store.publish().source("nomad")


@pytest.fixture
def world() -> World:
    return World()


async def test_marked_and_visible_nodes_are_read_first_and_none_twice() -> None:
    world = World(nodes=200)
    world.details.look_at(Interest(visible=frozenset({"n150"}), marked=frozenset({"n199"})))
    async with world.reading():
        await world.clock.advance(1)
        assert world.asked("node")[:2] == ["n199", "n150"]
        assert len(world.asked("node")) <= 52
        await world.clock.advance(5)
        assert sorted(world.asked("node")) == sorted(world.nomad.node_rows)
        assert not world.store.publish().ties.untied


async def test_before_the_lists_are_whole_only_what_is_looked_at_is_read() -> None:
    world = World(nodes=200, listed=False)
    world.details.look_at(Interest(visible=frozenset({"n150"})))
    async with world.reading():
        await world.clock.advance(3)
        assert world.asked("node") == ["n150"]
        assert not world.asked("node_allocations")
        world.details.relisted()
        await world.clock.advance(5)
        assert world.asked("node_allocations") == ["n150"]
        assert len(world.asked("node")) == 200


async def test_a_node_that_changed_is_read_again(world: World) -> None:
    async with world.reading():
        await world.clock.advance(1)
        newer = a_node("n1", version="2.0.5", modify_index=20)
        world.nomad.node_rows["n1"] = newer
        world.nomad.detail_rows["n1"] = a_detail("n1", zone="other", modify_index=20)
        world.store.put_nodes([newer])
        await world.clock.advance(1)
        assert world.asked("node").count("n1") == 2
        assert world.store.publish().details["n1"].zone == "other"


async def test_a_node_that_is_gone_does_not_hold_up_the_others(world: World) -> None:
    world.nomad.failing["node"] = NotFound("nomad", "GET /v1/node/x", 404, "node not found")
    async with world.reading():
        await world.clock.advance(1)
        assert sorted(world.asked("node")) == ["n0", "n1", "n2"]
        world.nomad.failing.clear()
        await world.clock.advance(61)
        assert not world.store.publish().ties.untied


async def test_trouble_is_a_note_and_passes(world: World) -> None:
    for method in ("node", "node_allocations", "job", "servers"):
        world.nomad.failing[method] = unreachable()
    world.nomad.jobs["default", "web"] = a_job()
    world.details.look_at(Interest(marked=frozenset({"n1"}), jobs=frozenset({("default", "web")})))
    async with world.reading():
        assert "connection refused" in world.source().reason
        world.nomad.failing.clear()
        await world.clock.advance(16)
        assert world.source().reason == ""
        assert world.store.latest.jobs
        assert world.store.latest.server_versions == ("2.0.5",)


async def test_servers_may_be_refused_for_good(world: World) -> None:
    world.nomad.failing["servers"] = refusal("agent:read", "GET /v1/agent/members")
    async with world.reading():
        assert "servers are not known" in world.source().reason
        assert "agent:read" in world.source().hint
        assert world.store.latest.namespaces == ("default",)


async def test_task_states_are_read_once_a_node_and_after_scrolling_has_settled(
    world: World,
) -> None:
    world.nomad.allocation_rows["a1"] = an_allocation("a1", "n1", tasks=())
    async with world.reading():
        for name in ("n0", "n2", "n1"):
            world.details.look_at(Interest(visible=frozenset({name})))
            await world.clock.advance(0.05)
        await world.clock.advance(1)
        assert world.asked("node_allocations") == ["n1"]
        assert world.store.publish().allocations["a1"].tasks == ()
        world.details.look_at(Interest(visible=frozenset({"n1", "n2"})))
        await world.clock.advance(1)
        assert world.asked("node_allocations") == ["n1", "n2"]
        world.store.put_allocations([an_allocation("a2", "n2", modify_index=30)])
        world.details.relisted()
        await world.clock.advance(1)
        assert world.asked("node_allocations") == ["n1", "n2", "n2"]


async def test_jobs_in_view_and_of_marked_nodes_are_read_once_a_version(world: World) -> None:
    for name in ("web", "api", "other"):
        world.nomad.jobs["default", name] = a_job(name)
    world.store.put_job_stubs([a_stub("web"), a_stub("api")])
    world.store.put_allocations(
        [
            an_allocation("a1", "n1", job_id="api"),
            an_allocation("a2", "n1", job_id="other", client="complete"),
        ]
    )
    world.details.look_at(Interest(marked=frozenset({"n1"}), jobs=frozenset({("default", "web")})))
    async with world.reading():
        await world.clock.advance(5)
        assert sorted(world.asked("job")) == ["api", "web"]
        world.nomad.jobs["default", "web"] = a_job("web", version=1, modify_index=20)
        world.store.put_job_stubs([a_stub("web", modify_index=20)])
        await world.clock.advance(5)
        assert sorted(world.asked("job")) == ["api", "web", "web"]
        assert world.store.publish().jobs["default", "web"].version == 1


async def test_a_job_that_is_gone_is_asked_for_once(world: World) -> None:
    world.nomad.failing["job"] = NotFound("nomad", "GET /v1/job/x", 404, "job not found")
    world.details.look_at(Interest(jobs=frozenset({("default", "gone")})))
    async with world.reading():
        await world.clock.advance(10)
        assert world.asked("job") == ["gone"]


async def test_the_disk_ties_at_once_and_is_kept_up_to_date(tmp_path: Path) -> None:
    cache = MachineCache(tmp_path / "cache")
    cache.learn({"n0": a_node("n0")}, {"n0": a_detail("n0", instance_id="i-disk")})
    world = World(cache)
    world.nomad.failing["node"] = unreachable()
    async with world.reading():
        snapshot = world.store.publish()
        assert snapshot.details["n0"].instance_id == "i-disk"
        assert snapshot.ties.untied == {"n0", "n1", "n2"}
        world.nomad.failing.clear()
        await world.clock.advance(20)
        assert world.store.publish().details["n0"].instance_id == "i-n0"
        await world.clock.advance(41)
    again = MachineCache(tmp_path / "cache").details(world.nomad.node_rows.values())
    assert {detail.instance_id for detail in again} == {"i-n0", "i-n1", "i-n2"}
