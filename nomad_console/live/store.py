"""The one writer of cluster state: records in, frozen snapshots out."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from nomad_console.clock import Clock
from nomad_console.domain.snapshot import Changes, ClusterSnapshot, Source
from nomad_console.live.alb_records import AlbRecords
from nomad_console.live.consul_records import ConsulRecords
from nomad_console.live.machines import MachineIndex
from nomad_console.live.nomad_records import NomadRecords
from nomad_console.live.standing import Standing
from nomad_console.live.table import Table

PUBLISH_GAP_S = 0.1
LONGEST_GAP_S = 0.5
REST = 10.0  # a gap is so many times as long as the publication before it took

Reader = Callable[[ClusterSnapshot], None]


class ClusterStore:
    """Feeds put records; readers see `latest` and are called with every snapshot.

    `run` publishes at once after a quiet moment and at most ten times a second, less often where
    that would cost more than a tenth of the time: its copies grow with the cluster. `Changes.nodes`
    are all nodes of which any of the four systems says something else than before.
    """

    def __init__(self, clock: Clock) -> None:
        self.latest = ClusterSnapshot(at=clock.now())
        self._clock = clock
        self._machines = MachineIndex()
        self._sources = Table[str, Source]()
        self._readers: dict[int, Reader] = {}
        self._tickets = 0
        self._news = asyncio.Event()
        self._published_at = float("-inf")
        self._everything = False
        self._index = 0
        self._namespaces: tuple[str, ...] = ()
        self._server_versions: tuple[str, ...] = ()
        self._watched_since: datetime | None = None
        self._surveyed = False
        self.nomad = nomad = NomadRecords(self._machines, self._news.set)
        self.consul = consul = ConsulRecords(self._news.set)
        self.alb = alb = AlbRecords(self._machines, self._news.set)
        self.standing = standing = Standing(self._news.set)
        self.put_nodes = nomad.put_nodes
        self.remove_node = nomad.remove_node
        self.put_details = nomad.put_details
        self.put_allocations = nomad.put_allocations
        self.put_job_stubs = nomad.put_job_stubs
        self.put_jobs = nomad.put_jobs
        self.put_deployments = nomad.put_deployments
        self.put_evaluations = nomad.put_evaluations
        self.put_services = consul.put_services
        self.keep_services = consul.keep_services
        self.put_checks = consul.put_checks
        self.put_node_health = consul.put_node_health
        self.put_groups = alb.put_groups
        self.put_attributes = alb.put_attributes
        self.put_targets = alb.put_targets
        self.put_every_namespace = standing.put_every_namespace
        self.put_rights = standing.put_rights
        self.await_backend = standing.await_backend
        self.put_version = standing.put_version
        self.put_lack = standing.put_lack

    def put_source(self, source: Source) -> None:
        if self._sources.put(source.name, source):
            self._news.set()

    def put_namespaces(self, names: Iterable[str]) -> None:
        self._namespaces = tuple(sorted(names))
        self._news.set()

    def put_server_versions(self, versions: Iterable[str] | None) -> None:
        """None: they were asked for in vain; those known before stay."""
        self._surveyed = True
        if versions is not None:
            self._server_versions = tuple(sorted(set(versions)))
        self._news.set()

    def reached(self, index: int) -> None:
        """Every row up to this raft index is applied."""
        self._index = max(self._index, index)
        self._news.set()

    def listed(self) -> None:
        """A whole listing is applied: readers look at everything again."""
        self._everything = True
        if self._watched_since is None:
            self._watched_since = self._clock.now()
        self._news.set()

    def subscribe(self, reader: Reader) -> Callable[[], None]:
        """Have `reader` called with every new snapshot, until the answer is called."""
        self._tickets += 1
        ticket = self._tickets
        self._readers[ticket] = reader

        def leave() -> None:
            self._readers.pop(ticket, None)

        return leave

    async def run(self) -> None:
        """Publish for ever."""
        gap = PUBLISH_GAP_S
        while True:
            await self._clock.wait(self._news, None)
            left = self._published_at + gap - self._clock.elapsed()
            if left > 0:
                await self._clock.sleep(left)
            self.publish()
            took = self._clock.elapsed() - self._published_at
            gap = max(PUBLISH_GAP_S, min(took * REST, LONGEST_GAP_S))

    def publish(self) -> ClusterSnapshot:
        """Freeze what changed and hand it to every reader."""
        self._news.clear()
        self._published_at = self._clock.elapsed()
        self.latest = snapshot = self._snapshot(self._freeze())
        for reader in tuple(self._readers.values()):
            reader(snapshot)
        return snapshot

    def _freeze(self) -> Changes:
        nodes, allocations, jobs = self.nomad.freeze()
        services, consul_nodes = self.consul.freeze()
        targets = self.alb.freeze()
        old_owner = self.latest.ties.node_of
        self._ties, tied = self._machines.freeze()
        concerned = set(nodes | tied)
        for name in consul_nodes:
            concerned |= self._machines.nodes_of_consul(name)
        for key in targets:
            concerned |= {self._ties.node_of.get(key, ""), old_owner.get(key, "")}
        everything, self._everything = self._everything, False
        return Changes(
            nodes=frozenset(concerned - {""}),
            allocations=allocations,
            services=services,
            targets=targets,
            jobs=jobs,
            sources=bool(self._sources.freeze()),
            everything=everything,
        )

    def _snapshot(self, changes: Changes) -> ClusterSnapshot:
        nomad, consul, alb = self.nomad, self.consul, self.alb
        return ClusterSnapshot(
            at=self._clock.now(),
            number=self.latest.number + 1,
            nomad_index=self._index,
            sources=self._sources.frozen,
            nodes=nomad.nodes.frozen,
            details=nomad.details.frozen,
            allocations=nomad.allocations.frozen,
            by_node=nomad.index.by_node.frozen,
            by_job=nomad.index.by_job.frozen,
            node_sums=nomad.index.sums.frozen,
            node_claims=nomad.index.claims.frozen,
            job_stubs=nomad.job_stubs.frozen,
            jobs=nomad.jobs.frozen,
            deployments=nomad.deployments.frozen,
            blocked=nomad.blocked.frozen,
            namespaces=self._namespaces,
            every_namespace=self.standing.every_namespace,
            services=consul.services.frozen,
            service_sums=consul.service_sums.frozen,
            consul_sums=consul.consul_sums.frozen,
            problems=consul.problems.frozen,
            node_health=consul.node_health.frozen,
            health_read=consul.health_read.frozen,
            groups=alb.groups.frozen,
            targets=alb.targets.frozen,
            target_since=alb.target_since.frozen,
            group_read=alb.group_read.frozen,
            groups_complete=alb.complete,
            ties=self._ties,
            watched_since=self._watched_since,
            server_versions=self._server_versions,
            surveyed=self._surveyed,
            rights=self.standing.rights,
            backends=self.standing.backends,
            changes=changes,
        )
