"""How long a node will take, and which requests will fail on the way.

The drainer's arithmetic is Nomad's own (nomad/drainer/watch_jobs.go): once a second it moves
`min(drainable, healthy - (count - max_parallel))` allocations of a group, where healthy means
that there is a verdict, good or bad.
"""

from math import ceil
from typing import NamedTuple

from nomad_console.domain.job import Group, Job, Migrate
from nomad_console.domain.plan import (
    ExpectedFailure,
    Forecast,
    NodePlan,
    Plan,
    PlanOptions,
    Step,
    StepForecast,
    SystemJobs,
)
from nomad_console.domain.snapshot import ClusterSnapshot

TICK_S = 1.0  # the drainer looks once a second
STOP_S = 2.0  # a stop that is handled; at most the kill timeout
START_S = 3.0  # an image that is there; its first check comes after
RESTART_S = 10.0  # of an agent, by hand or by command
LOOK_S = 2.0  # one more reading
DEFAULT_MIGRATE = Migrate(1, 10.0, 300.0)  # nomad/structs: DefaultMigrateStrategy
MIN_DEADLINE_S = 600.0


class Wave(NamedTuple):
    """How a group leaves the node. `allowed` is what the drainer moves at once; 0: nothing."""

    job: Job
    group: Group
    here: int
    allowed: int
    seconds: float
    margin_s: float

    @property
    def together(self) -> bool:
        """Every copy may be away at once: a replacement starts when the old one has ended."""
        return self.group.count <= (self.group.migrate or DEFAULT_MIGRATE).max_parallel

    @property
    def waves(self) -> int:
        return ceil(self.here / self.allowed) if self.allowed else 0


def notice_s(group: Group) -> float:
    """How long an allocation of the group serves on after it has left the catalog."""
    return group.shutdown_delay_s + max((one.shutdown_delay_s for one in group.tasks), default=0.0)


def default_deadline_s(drain_s: float) -> float:
    return max(MIN_DEADLINE_S, 2 * drain_s)


def waves(snapshot: ClusterSnapshot, found: NodePlan) -> tuple[Wave, ...]:
    """The service groups on the node whose jobs are read, with their waves."""
    result = []
    keys = {
        (one.namespace, one.job_id, one.group)
        for one in found.allocations
        if one.job_type == "service"
    }
    for namespace, job_id, name in sorted(keys):
        job = snapshot.jobs.get((namespace, job_id))
        group = job.group(name) if job else None
        if job is None or group is None:
            continue
        here = sum(
            (one.namespace, one.job_id, one.group) == (namespace, job_id, name)
            for one in found.allocations
        )
        result.append(_wave(snapshot, job, group, here))
    return tuple(result)


def _wave(snapshot: ClusterSnapshot, job: Job, group: Group, here: int) -> Wave:
    migrate = group.migrate or DEFAULT_MIGRATE
    verdicts = sum(
        one.group == group.name and not one.terminal and one.healthy is not None and not one.migrate
        for one in snapshot.allocations_of_job(job.namespace, job.id)
    )
    allowed = max(0, min(here, verdicts - (group.count - migrate.max_parallel)))
    interval = max(
        (one.interval_s for service in group.services for one in service.checks), default=0
    )
    stop = min(STOP_S, group.kill_timeout_s)
    seconds = TICK_S + notice_s(group) + stop + START_S + interval + migrate.min_healthy_s
    return Wave(job, group, here, allowed, seconds, group.kill_timeout_s - stop + START_S)


def forecast(
    snapshot: ClusterSnapshot, found: NodePlan, plan: Plan, options: PlanOptions
) -> Forecast:
    """Expected seconds of each step, and why."""
    groups = waves(snapshot, found)
    slowest = max(groups, key=lambda one: one.waves * one.seconds, default=None)
    steps = [StepForecast(Step.CORDON, TICK_S, "one write")]
    if found.targets:
        steps.append(
            StepForecast(Step.DETACH, plan.floor_s(found.node_id) + LOOK_S, "the balancer's delay")
        )
    steps.append(_drain(slowest))
    settle = plan.policy.settle_s
    steps.append(StepForecast(Step.UPGRADE, RESTART_S + settle, "restart and second registration"))
    steps.append(_rejoin(found, plan.system))
    if found.targets:
        steps.append(_attach(snapshot, found))
    steps.append(StepForecast(Step.BAKE, plan.bake_of(found.node_id), "watched before the next"))
    margin = slowest.waves * slowest.margin_s if slowest else 0.0
    return Forecast(tuple(steps), margin + RESTART_S, _failing(groups, options))


def _drain(slowest: Wave | None) -> StepForecast:
    if slowest is None:
        return StepForecast(Step.DRAIN, 2 * TICK_S, "no service to move")
    seconds = slowest.waves * slowest.seconds + LOOK_S
    times = f"{slowest.waves} times {slowest.seconds:.0f} s"
    return StepForecast(Step.DRAIN, seconds, f"{slowest.job.id}: {times}")


def _rejoin(found: NodePlan, system: SystemJobs) -> StepForecast:
    if system == SystemJobs.KEEP or not found.system:
        return StepForecast(Step.REJOIN, LOOK_S, "eligible again")
    seconds = TICK_S + START_S + DEFAULT_MIGRATE.min_healthy_s
    return StepForecast(
        Step.REJOIN, seconds, f"{len(found.system)} system jobs start and get healthy"
    )


def _attach(snapshot: ClusterSnapshot, found: NodePlan) -> StepForecast:
    """A new target is healthy after registration, some 10 s, and its first passed check."""
    groups = [
        snapshot.groups[one.key.group] for one in found.targets if one.key.group in snapshot.groups
    ]
    check = max((one.health_interval_s for one in groups), default=0.0)
    slow = max((one.slow_start_s for one in found.targets), default=0.0)
    why = "registration and first check" + (", slow start" if slow else "")
    return StepForecast(Step.ATTACH, 10.0 + check + slow, why)


def _failing(groups: tuple[Wave, ...], options: PlanOptions) -> tuple[ExpectedFailure, ...]:
    found = []
    for one in groups:
        if not one.group.services:
            continue
        if one.together:
            gap = one.group.stop_s + START_S
            why = f"count {one.group.count}: its copies are away together, up to {gap:.0f} s"
            found.append(ExpectedFailure(one.job.id, why))
        delay = notice_s(one.group)
        needed = options.edge_notice_s + 1.0
        if delay < needed:
            why = f"shutdown_delay {delay:g} s: the edge needs {needed:g} s to notice"
            found.append(ExpectedFailure(one.job.id, why))
    return tuple(found)
