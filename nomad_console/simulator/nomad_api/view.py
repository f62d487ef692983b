"""What every API of one simulated cluster shares: orders, counts, sleepers, streams, rights."""

from collections.abc import Callable, Iterable

from nomad_console.simulator.nomad.cluster import NomadCluster
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.acl import Acl, denied
from nomad_console.simulator.nomad_api.blocking import Wakes
from nomad_console.simulator.nomad_api.calls import Call
from nomad_console.simulator.nomad_api.filters import Filter, compile_filter
from nomad_console.simulator.nomad_api.lists import CreationOrder
from nomad_console.simulator.nomad_api.stream import EventStreams
from nomad_console.simulator.nomad_api.summaries import Summaries
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.timeline import Timeline

ALL = "*"


class View:
    """Built once for a cluster; every agent's API reads through it."""

    def __init__(
        self, cluster: NomadCluster, timeline: Timeline, pace: Pace, acl: Acl | None = None
    ) -> None:
        self.cluster = cluster
        self.state = cluster.state
        self.timeline = timeline
        self.pace = pace
        self.acl = acl or Acl()
        self.slowness = 0.0  # seconds every answer is held back: a fault
        self._leader_seen = timeline.elapsed()
        state = cluster.state
        self.allocations = CreationOrder(state, state.allocations, "allocation")
        self.evaluations = CreationOrder(state, state.evaluations, "evaluation")
        self.deployments = CreationOrder(state, state.deployments, "deployment")
        self.summaries = Summaries(state)
        self.wakes = Wakes(state, timeline)
        self.streams = EventStreams(state, timeline)
        self.acl.watch(self.streams.check)

    def leaderless_ms(self) -> int:
        """Since a leader was last seen by a call; 0 while there is one."""
        if self.cluster.leader() is not None:
            self._leader_seen = self.timeline.elapsed()
        return int((self.timeline.elapsed() - self._leader_seen) * 1000)

    def index_of(self, *tables: str) -> Callable[[], int]:
        """The index of the last write to any of these tables."""
        indexes = self.state.table_index
        return lambda: max(indexes[table] for table in tables)

    def readable(self, call: Call, capability: str) -> frozenset[str] | None:
        """The namespaces a list may show; None: all of them. Refuses where it is none."""
        wanted = call.query.namespace
        if wanted != ALL:
            call.need_in(wanted, capability)
            return frozenset({wanted})
        if call.rights.management:
            return None
        allowed = frozenset(
            name for name in self.state.namespaces if call.rights.may(name, capability)
        )
        if not allowed:
            raise denied()
        return None if len(allowed) == len(self.state.namespaces) else allowed

    def filter(self, call: Call, struct: str) -> Filter | None:
        return compile_filter(call.query.filter, struct) if call.query.filter else None


def keeper(
    namespaces: frozenset[str] | None, chosen: Filter | None, *tests: Callable[[Row], bool]
) -> Callable[[Row], bool]:
    """Whether a row is in the list: rights first, then the filter, then the rest."""
    checks: list[Callable[[Row], bool]] = []
    if namespaces is not None:
        checks.append(lambda row: row["Namespace"] in namespaces)
    if chosen is not None:
        checks.append(chosen.keeps)
    checks.extend(tests)
    if not checks:
        return lambda _: True
    if len(checks) == 1:
        return checks[0]
    return lambda row: all(check(row) for check in checks)


def prefixed(prefix: str) -> Iterable[Callable[[Row], bool]]:
    """The test of a `prefix` option on the id, if there is one."""
    return [lambda row: row["ID"].startswith(prefix)] if prefix else []


def modified(row: Row) -> int:
    """The index of the row's last write."""
    index: int = row["ModifyIndex"]
    return index
