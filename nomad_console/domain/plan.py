"""What a run will do, and what it found before it touched anything."""

from datetime import datetime
from enum import StrEnum

import msgspec

from nomad_console.domain.facts import Facts
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.policy import Policy
from nomad_console.domain.target import TargetKey


class Step(StrEnum):
    """The chain, in its order."""

    CORDON = "cordon"
    DETACH = "detach"
    DRAIN = "drain"
    UPGRADE = "upgrade"
    REJOIN = "rejoin"
    ATTACH = "attach"
    BAKE = "bake"


class SystemJobs(StrEnum):
    """KEEP for a restart of the agent in place, STOP for a reboot or a replacement."""

    KEEP = "keep"
    STOP = "stop"


class BatchChoice(StrEnum):
    """What a drain does with batch work: WAIT without a deadline, STOP it, or SKIP the node."""

    WAIT = "wait"
    STOP = "stop"
    SKIP = "skip"


class RecordedTarget(msgspec.Struct, frozen=True):
    """A target as found: exactly this is registered again. Seconds, from the group's settings.

    One that `is_address` cannot come back before its delay is over (target type `ip`).
    """

    key: TargetKey
    group_name: str
    zone: str
    quic_server_id: str
    network: bool
    delay_s: float
    slow_start_s: float
    is_address: bool = False

    def __str__(self) -> str:
        return f"{self.group_name} {self.key.id}:{self.key.port}"


class FoundAllocation(msgspec.Struct, frozen=True):
    """An allocation on the node when the plan was made. `restarts` None: not read."""

    id: str
    namespace: str
    name: str
    job_id: str
    group: str
    job_type: str
    restarts: int | None


class GroupBefore(msgspec.Struct, frozen=True):
    """A service group and how many of its copies ran without an unhealthy verdict, anywhere."""

    namespace: str
    job_id: str
    group: str
    running: int


class ServiceBefore(msgspec.Struct, frozen=True):
    name: str
    passing: int


class StepForecast(msgspec.Struct, frozen=True):
    step: Step
    seconds: float
    why: str


class ExpectedFailure(msgspec.Struct, frozen=True):
    """Requests that will fail although everything goes to plan: whose, and why."""

    subject: str
    why: str


class Forecast(msgspec.Struct, frozen=True):
    """One node's time, without the operator's own, give or take `margin_s`."""

    steps: tuple[StepForecast, ...] = ()
    margin_s: float = 0.0
    failing: tuple[ExpectedFailure, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    def of(self, step: Step) -> float:
        return sum(one.seconds for one in self.steps if one.step == step)


class NodePlan(msgspec.Struct, frozen=True):
    """One node as found. `drivers` are those that were healthy; `host_argv` () is by hand."""

    node_id: str
    name: str
    address: str
    instance_id: str
    version: str
    eligible: bool
    consul_name: str
    drivers: tuple[str, ...]
    targets: tuple[RecordedTarget, ...]
    allocations: tuple[FoundAllocation, ...]
    services: tuple[ServiceBefore, ...]
    host_argv: tuple[str, ...] = ()
    forecast: Forecast = Forecast()

    @property
    def system(self) -> tuple[FoundAllocation, ...]:
        return tuple(one for one in self.allocations if one.job_type == "system")

    @property
    def batch(self) -> tuple[FoundAllocation, ...]:
        """Work that a drain leaves alone until its deadline."""
        return tuple(one for one in self.allocations if one.job_type in {"batch", "sysbatch"})


class PlanOptions(msgspec.Struct, frozen=True):
    """What the operator and the settings ask for.

    `target_version` "" is the oldest of the servers'; `deadline_s` and `bake_s` None the defaults;
    `host_command` () is by hand; `edge_notice_s` is how long the edge needs to notice that an
    instance is gone; `edge_job` is JOB or NAMESPACE/JOB, "" where nobody named it.
    """

    run_id: str
    target_version: str = ""
    system: SystemJobs = SystemJobs.KEEP
    deadline_s: float | None = None
    bake_s: float | None = None
    host_command: tuple[str, ...] = ()
    policy: Policy = Policy()
    edge_notice_s: float = 4.0
    edge_job: str = ""
    longest_request_s: float = 60.0
    facts: Facts = Facts()
    cordon_selection: bool = True
    batch: BatchChoice = BatchChoice.WAIT


class Plan(msgspec.Struct, frozen=True):
    """Everything the engine goes by. `nomad_index`: how new the cluster was that it was made from.

    `consul` says whether Consul is configured, so that its word can be asked for; `host_command` is
    the template, () by hand. `deadline_asked`: the operator named the deadline.
    """

    run_id: str
    made_at: datetime
    nomad_index: int
    nodes: tuple[NodePlan, ...]
    target_version: str
    system: SystemJobs
    deadline_s: float
    bake_s: float
    host_command: tuple[str, ...]
    policy: Policy
    groups: tuple[GroupBefore, ...]
    consul: bool
    cordon_selection: bool
    findings: tuple[Finding, ...] = ()
    batch: BatchChoice = BatchChoice.WAIT
    deadline_asked: bool = False

    @property
    def blocked(self) -> bool:
        return any(finding.level == Level.BLOCK for finding in self.findings)

    @property
    def seconds(self) -> float:
        """The forecast of the whole run."""
        return sum(node.forecast.seconds for node in self.nodes)

    def node(self, node_id: str) -> NodePlan:
        return next(node for node in self.nodes if node.node_id == node_id)

    @property
    def to_accept(self) -> tuple[str, ...]:
        """The ids of the findings that need a word of the operator."""
        return tuple(one.id for one in self.findings if one.level == Level.ACK)

    def deadline_of(self, node_id: str, choice: BatchChoice) -> float:
        """The drain's deadline, as planned."""
        return self.deadline_with(choice, batch=bool(self.node(node_id).batch))

    def deadline_with(self, choice: BatchChoice, *, batch: bool) -> float:
        """The deadline of a drain that meets with batch work or none; 0 is none.

        Batch work that is waited for is never cut off.
        """
        waits = choice == BatchChoice.WAIT and batch
        return 0.0 if waits and not self.deadline_asked else self.deadline_s

    def bake_of(self, node_id: str) -> float:
        """The first node is watched twice as long."""
        return self.bake_s * (2 if self.nodes[0].node_id == node_id else 1)

    def floor_s(self, node_id: str) -> float:
        """How long a balancer may still send after a deregistration, whatever it shows."""
        policy = self.policy
        return max(
            (
                max(
                    one.delay_s, policy.detach_floor_nlb_s if one.network else policy.detach_floor_s
                )
                for one in self.node(node_id).targets
            ),
            default=0.0,
        )
