"""The cluster at one moment: what views, rules and the engine read, and nothing else."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from nomad_console.domain.allocation import Allocation, Deployment, Evaluation
from nomad_console.domain.backend import Backend
from nomad_console.domain.job import Job, JobStub
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.rights import SERVICE_READ, Credential, Verdict
from nomad_console.domain.service import HealthCheck, NodeHealth, ServiceSummary
from nomad_console.domain.target import Target, TargetGroup, TargetKey, Ties

JobKey = tuple[str, str]  # namespace, id


class SourceName(StrEnum):
    NOMAD = "nomad"
    CONSUL = "consul"
    ALB = "alb"


class SourceState(StrEnum):
    """STALE has data that ages; REFUSED and OFF say why in `reason`, what would help in `hint`."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    REFUSED = "refused"
    OFF = "off"


_SILENT = {SourceState.CONNECTING, SourceState.REFUSED, SourceState.OFF}


class Source(msgspec.Struct, frozen=True):
    """`true_at`: when what is shown was last known to be so; None: never yet."""

    name: str
    state: SourceState = SourceState.CONNECTING
    true_at: datetime | None = None
    reason: str = ""
    hint: str = ""

    @property
    def word(self) -> str:
        """The state for people: what was tried in vain and never reached does not connect."""
        never = self.state is SourceState.CONNECTING and self.reason
        return "unreachable" if never else self.state

    @property
    def told(self) -> str:
        """The reason, then what would help."""
        return "; ".join(part for part in (self.reason, self.hint) if part)


class NodeSums(NamedTuple):
    """Allocations of a node: running ones, and all that should run or have not ended."""

    running: int = 0
    total: int = 0


class NodeClaims(NamedTuple):
    """What the allocations of a node that have not ended claim of it; `untold` do not say."""

    cpu_mhz: int = 0
    memory_mb: int = 0
    untold: int = 0


class ConsulSums(NamedTuple):
    """Service instances by the worst of their checks, their machine's included."""

    passing: int = 0
    warning: int = 0
    critical: int = 0


class Reading(msgspec.Struct, frozen=True):
    """When a reading was begun: it proves nothing about what was written later."""

    begun_at: datetime
    index: int = 0


class Changes(msgspec.Struct, frozen=True):
    """Ids that differ from the snapshot published before; `everything` after a full listing."""

    nodes: frozenset[str] = frozenset()
    allocations: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    targets: frozenset[TargetKey] = frozenset()
    jobs: frozenset[JobKey] = frozenset()
    sources: bool = False
    everything: bool = False

    def joined(self, later: "Changes") -> "Changes":
        """What changed over both, for a reader that skipped a snapshot."""
        return Changes(
            self.nodes | later.nodes,
            self.allocations | later.allocations,
            self.services | later.services,
            self.targets | later.targets,
            self.jobs | later.jobs,
            self.sources or later.sources,
            self.everything or later.everything,
        )


class ClusterSnapshot(msgspec.Struct, frozen=True):
    """Frozen: a map in here is never changed again, the next snapshot brings another.

    `nomad_index` is the newest raft index whose rows are all applied. Target groups are keyed by
    ARN, Consul's maps by Consul's node name, `instances` of services by service name.
    """

    at: datetime = datetime.min.replace(tzinfo=UTC)
    number: int = 0
    nomad_index: int = 0
    sources: Mapping[str, Source] = {}
    nodes: Mapping[str, Node] = {}
    details: Mapping[str, NodeDetail] = {}
    allocations: Mapping[str, Allocation] = {}
    by_node: Mapping[str, frozenset[str]] = {}  # node id -> allocation ids
    by_job: Mapping[JobKey, frozenset[str]] = {}  # likewise
    node_sums: Mapping[str, NodeSums] = {}
    node_claims: Mapping[str, NodeClaims] = {}
    job_stubs: Mapping[JobKey, JobStub] = {}
    jobs: Mapping[JobKey, Job] = {}  # those read whole
    deployments: Mapping[str, Deployment] = {}
    blocked: Mapping[str, Evaluation] = {}
    namespaces: tuple[str, ...] = ()
    every_namespace: bool | None = None  # proven that the token may read all of them; None: not yet
    services: Mapping[str, ServiceSummary] = {}
    service_sums: Mapping[str, ConsulSums] = {}
    consul_sums: Mapping[str, ConsulSums] = {}
    problems: Mapping[str, tuple[HealthCheck, ...]] = {}  # Consul node -> its failing checks
    node_health: Mapping[str, NodeHealth] = {}
    health_read: Mapping[str, Reading] = {}
    groups: Mapping[str, TargetGroup] = {}
    targets: Mapping[TargetKey, Target] = {}
    target_since: Mapping[TargetKey, datetime] = {}  # last change seen; absent: none seen yet
    group_read: Mapping[str, Reading] = {}
    groups_complete: bool = False  # every group that could matter is known and was read
    ties: Ties = Ties()
    watched_since: datetime | None = None
    server_versions: tuple[str, ...] = ()
    surveyed: bool = False  # the servers were asked for, be it in vain
    rights: Mapping[str, Credential] = {}  # by source; absent where nothing is asked
    backends: Mapping[str, Backend] = {}  # likewise
    changes: Changes = Changes()

    def source(self, name: str) -> Source:
        return self.sources.get(name) or Source(name)

    def credential(self, name: str) -> Credential:
        return self.rights.get(name) or Credential()

    def backend(self, name: str) -> Backend:
        return self.backends.get(name) or Backend()

    def consul_name(self, node: Node) -> str:
        """The name under which Consul knows a node's machine."""
        detail = self.details.get(node.id)
        return (detail.consul_name if detail else "") or node.name

    @property
    def hides_work(self) -> bool:
        """The token may not read every namespace: what is counted is at least so much."""
        everywhere = self.credential(SourceName.NOMAD).everywhere is Verdict.YES
        return self.every_namespace is False and not everywhere

    def work_of(self, node_id: str) -> NodeSums | None:
        """None where its allocations were not read, or may not be seen: then it may be full."""
        nomad = self.source(SourceName.NOMAD)
        refused = nomad.state is SourceState.REFUSED and not self.allocations
        if refused or nomad.true_at is None or not self.nomad_index:
            return None
        found = self.node_sums.get(node_id, NodeSums())
        return None if self.hides_work and not found.total else found

    def instances_of(self, node: Node) -> ConsulSums | None:
        """None where Consul's catalog was not read, or is hidden from the token."""
        consul = self.source(SourceName.CONSUL)
        if consul.true_at is None or (consul.state in _SILENT and not self.services):
            return None
        found = self.consul_sums.get(self.consul_name(node))
        if found is not None:
            return found
        held = self.credential(SourceName.CONSUL)
        return None if held.may(SERVICE_READ) is Verdict.NO else ConsulSums()

    def allocations_of(self, node_id: str) -> list[Allocation]:
        return [self.allocations[key] for key in self.by_node.get(node_id, ())]

    def allocations_of_job(self, namespace: str, job_id: str) -> list[Allocation]:
        return [self.allocations[key] for key in self.by_job.get((namespace, job_id), ())]

    def targets_of(self, node_id: str) -> list[Target]:
        return [
            self.targets[key]
            for key in self.ties.targets_of.get(node_id, ())
            if key in self.targets
        ]

    def group_name(self, arn: str) -> str:
        """As its ARN has it where the target group was not read."""
        group = self.groups.get(arn)
        return group.name if group else arn.split("/")[1] if "/" in arn else arn
