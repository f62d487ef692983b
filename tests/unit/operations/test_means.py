from nomad_console.live.store import ClusterStore
from nomad_console.operations.means import Means
from nomad_console.operations.writer import Writer
from tests.support.manual_clock import ManualClock
from tests.support.small_cluster import SmallCluster


def test_the_store_is_where_a_run_sees_the_cluster() -> None:
    clock = ManualClock()
    cluster = SmallCluster(clock)
    store = ClusterStore(clock)
    nudged: list[frozenset[str]] = []
    means = Means(store, Writer(cluster, cluster), nudged.append, clock)
    seen: list[int] = []
    means.snapshots.subscribe(lambda snapshot: seen.append(snapshot.number))
    store.publish()
    assert seen == [means.snapshots.latest.number]
