"""The store publishes frozen snapshots that say exactly what changed."""

from datetime import timedelta
from itertools import pairwise

import pytest

from nomad_console.domain.snapshot import ClusterSnapshot, Reading, Source, SourceState
from nomad_console.domain.target import TargetKey
from nomad_console.live.store import ClusterStore
from tests.support.manual_clock import ManualClock
from tests.support.records import (
    a_check,
    a_detail,
    a_job,
    a_node,
    a_service,
    a_target,
    a_target_group,
    an_allocation,
)
from tests.support.scripted import running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> ClusterStore:
    made = ClusterStore(clock)
    made.put_nodes([a_node("n1"), a_node("n2")])
    made.put_details([a_detail("n1"), a_detail("n2")])
    made.put_allocations([an_allocation("a1", "n1")])
    made.put_services([a_service("web", ("c1", "c2"))])
    made.put_groups([a_target_group("g1")])
    made.put_targets("g1", [a_target("i-n1"), a_target("i-n2")], Reading(clock.now()))
    made.publish()
    return made


def test_a_snapshot_holds_everything(store: ClusterStore) -> None:
    seen = store.latest
    assert set(seen.nodes) == {"n1", "n2"}
    assert seen.ties.node_of == {
        TargetKey("g1", "i-n1", 80): "n1",
        TargetKey("g1", "i-n2", 80): "n2",
    }
    assert seen.changes.nodes == {"n1", "n2"}
    assert seen.changes.allocations == {"a1"}
    assert seen.changes.services == {"web"}
    assert len(seen.changes.targets) == 2


def test_only_maps_that_changed_are_copied(store: ClusterStore) -> None:
    before = store.latest
    store.put_nodes([a_node("n1", status="down", modify_index=11)])
    after = store.publish()
    assert before.nodes["n1"].status == "ready"
    assert after.nodes["n1"].status == "down"
    for name in ("allocations", "services", "targets", "by_node", "ties", "details"):
        assert getattr(after, name) is getattr(before, name)
    assert after.number == before.number + 1


def test_the_same_again_is_no_change(store: ClusterStore) -> None:
    store.put_nodes([a_node("n1")])
    store.put_services([a_service("web", ("c1", "c2"))])
    changes = store.publish().changes
    assert not changes.nodes
    assert not changes.services
    assert not changes.sources


def test_there_and_back_between_two_snapshots_is_no_change(store: ClusterStore) -> None:
    store.put_nodes([a_node("n1", status="down", modify_index=11)])
    store.put_nodes([a_node("n1", modify_index=12)])
    store.put_nodes([a_node("n1", status="down", modify_index=13)])
    assert store.publish().changes.nodes == {"n1"}
    store.put_checks("critical", [a_check("critical", "c2")])
    store.put_checks("critical", [])
    assert store.publish().changes.nodes == frozenset()


def test_a_node_changes_with_each_of_the_four_systems(
    store: ClusterStore, clock: ManualClock
) -> None:
    store.put_checks("critical", [a_check("critical", "c1")])
    changes = store.publish().changes
    assert changes.nodes == {"n1"}
    assert changes.services == {"web"}
    clock.jump(1)
    rows = [a_target("i-n1"), a_target("i-n2", state="draining")]
    store.put_targets("g1", rows, Reading(clock.now()))
    changes = store.publish().changes
    assert changes.nodes == {"n2"}
    assert changes.targets == {TargetKey("g1", "i-n2", 80)}
    store.put_allocations([an_allocation("a1", "n1", client="failed", modify_index=11)])
    assert store.publish().changes.nodes == {"n1"}
    clock.jump(1)
    store.put_targets("g1", [a_target("i-n1")], Reading(clock.now()))
    assert store.publish().changes.nodes == {"n2"}  # it lost its target
    store.put_jobs([a_job()])
    assert store.publish().changes.jobs == {("default", "web")}


def test_sources_index_and_listings(store: ClusterStore, clock: ManualClock) -> None:
    assert store.latest.watched_since is None
    store.put_source(Source("nomad", SourceState.LIVE))
    store.reached(50)
    store.reached(40)
    store.listed()
    store.put_namespaces(["prod", "default"])
    store.put_server_versions(["2.0.5", "2.0.4", "2.0.5"])
    seen = store.publish()
    assert seen.source("nomad").state is SourceState.LIVE
    assert seen.changes.sources
    assert seen.changes.everything
    assert seen.nomad_index == 50
    assert seen.watched_since == clock.now()
    assert seen.namespaces == ("default", "prod")
    assert seen.server_versions == ("2.0.4", "2.0.5")
    clock.jump(10)
    store.listed()
    assert store.publish().watched_since == clock.now() - timedelta(seconds=10)


async def test_at_once_after_a_quiet_moment_else_ten_times_a_second(
    store: ClusterStore, clock: ManualClock
) -> None:
    seen: list[tuple[float, ClusterSnapshot]] = []
    store.subscribe(lambda snapshot: seen.append((clock.elapsed(), snapshot)))
    async with running(store.run()):
        await clock.advance(5)
        seen.clear()
        for number in range(100):
            store.put_nodes([a_node("n1", version=str(number), modify_index=20 + number)])
            await clock.advance(0.01)
        assert seen[0][0] == 5
        assert 10 <= len(seen) <= 11
        gaps = [later[0] - earlier[0] for earlier, later in pairwise(seen)]
        assert min(gaps) >= 0.1 - 1e-9
        await clock.advance(1)
        assert seen[-1][1].nodes["n1"].version == "99"
        count = len(seen)
        await clock.advance(10)
        assert len(seen) == count


async def test_publications_that_take_long_are_rarer(
    store: ClusterStore, clock: ManualClock
) -> None:
    begun: list[float] = []

    def slow(_: ClusterSnapshot) -> None:
        begun.append(clock.elapsed())
        clock.jump(0.03 if clock.elapsed() < 3 else 0.2)

    store.subscribe(slow)
    async with running(store.run()):
        for number in range(600):
            store.put_nodes([a_node("n1", version=str(number), modify_index=20 + number)])
            await clock.advance(0.01)
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert all(0.3 <= gap < 0.33 for gap in gaps[:5])
    assert all(0.5 <= gap < 0.53 for gap in gaps[-3:])


def test_a_reader_that_left_hears_nothing(store: ClusterStore) -> None:
    heard: list[int] = []
    leave = store.subscribe(lambda snapshot: heard.append(snapshot.number))
    number = store.publish().number
    leave()
    leave()
    store.publish()
    assert heard == [number]
