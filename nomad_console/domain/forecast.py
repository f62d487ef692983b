"""How long a node will take, and which requests will fail on the way.

The drainer's arithmetic is Nomad's own (nomad/drainer/watch_jobs.go): once a second it moves
`min(drainable, healthy - (count - max_parallel))` allocations of a group, where healthy means
that there is a verdict, good or bad.
"""

from math import ceil
from typing import NamedTuple

from nomad_console.domain.job import Group, Job, Migrate
from nomad_console.domain.plan import (
    BatchChoice,
    ExpectedFailure,
    Forecast,
    NodePlan,
    Plan,
    PlanOptions,
    Step,
    StepForecast,
    SystemJobs,
)
from nomad_console.domain.policy import Policy
from nomad_console.domain.snapshot import ClusterSnapshot

DEFAULT_MIGRATE = Migrate(1, 10.0, 300.0)  # nomad/structs: DefaultMigrateStrategy


class Wave(NamedTuple):
    """How a group leaves the node. `allowed` is what the drainer moves at once; 0: nothing."""

    job: Job
    group: Group
    here: int
    allowed: int

    @property
    def together(self) -> bool:
        """Every copy may be away at once: a replacement starts when the old one has ended."""
        return self.group.count <= (self.group.migrate or DEFAULT_MIGRATE).max_parallel

    @property
    def waves(self) -> int:
        return ceil(self.here / self.allowed) if self.allowed else 0

    def seconds(self, policy: Policy) -> float:
        """From the drainer's look to the verdict on the replacements of one wave."""
        group = self.group
        checks = [one.interval_s for service in group.services for one in service.checks]
        healthy = group.migrate.min_healthy_s if group.migrate else policy.expect_healthy_s
        stop = min(policy.expect_stop_s, group.kill_timeout_s)
        start = policy.expect_start_s + max(checks, default=0.0)
        return policy.expect_tick_s + notice_s(group) + stop + start + healthy

    def margin_s(self, policy: Policy) -> float:
        """How much longer a wave may take: a stop up to its time-out, a start twice as slow."""
        stop = min(policy.expect_stop_s, self.group.kill_timeout_s)
        return self.group.kill_timeout_s - stop + policy.expect_start_s


def notice_s(group: Group) -> float:
    """How long an allocation of the group serves on after it has left the catalog."""
    return group.shutdown_delay_s + max((one.shutdown_delay_s for one in group.tasks), default=0.0)


def default_deadline_s(drain_s: float, policy: Policy) -> float:
    return max(policy.deadline_least_s, 2 * drain_s)


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
    return Wave(job, group, here, allowed)


def forecast(
    snapshot: ClusterSnapshot, found: NodePlan, plan: Plan, options: PlanOptions
) -> Forecast:
    """Expected seconds of each step, and why."""
    groups = waves(snapshot, found)
    policy = plan.policy
    slowest = max(groups, key=lambda one: one.waves * one.seconds(policy), default=None)
    steps = [StepForecast(Step.CORDON, policy.expect_tick_s, "one write")]
    if found.targets:
        detach = plan.floor_s(found.node_id) + policy.expect_look_s
        steps.append(StepForecast(Step.DETACH, detach, "the balancer's delay"))
    waits = bool(found.batch) and plan.batch == BatchChoice.WAIT
    steps.append(_drain(slowest, policy, waits=waits))
    upgrade = policy.expect_restart_s + policy.settle_s
    steps.append(StepForecast(Step.UPGRADE, upgrade, "restart and second registration"))
    steps.append(_rejoin(found, plan))
    if found.targets:
        steps.append(_attach(snapshot, found, policy))
    steps.append(StepForecast(Step.BAKE, plan.bake_of(found.node_id), "watched before the next"))
    margin = slowest.waves * slowest.margin_s(policy) if slowest else 0.0
    failing = _failing(groups, options.edge_notice_s, policy)
    return Forecast(tuple(steps), margin + policy.expect_restart_s, failing)


def _drain(slowest: Wave | None, policy: Policy, *, waits: bool) -> StepForecast:
    """The end of batch work that is waited for is nothing that can be foretold."""
    besides = "; batch work is waited for besides, its time is not in this" if waits else ""
    if slowest is None:
        return StepForecast(Step.DRAIN, 2 * policy.expect_tick_s, f"no service to move{besides}")
    each = slowest.seconds(policy)
    seconds = slowest.waves * each + policy.expect_look_s
    times = f"{slowest.waves} times {each:.0f} s"
    return StepForecast(Step.DRAIN, seconds, f"{slowest.job.id}: {times}{besides}")


def _rejoin(found: NodePlan, plan: Plan) -> StepForecast:
    policy = plan.policy
    if plan.system == SystemJobs.KEEP or not found.system:
        return StepForecast(Step.REJOIN, policy.expect_look_s, "eligible again")
    seconds = policy.expect_tick_s + policy.expect_start_s + policy.expect_healthy_s
    return StepForecast(
        Step.REJOIN, seconds, f"{len(found.system)} system jobs start and get healthy"
    )


def _attach(snapshot: ClusterSnapshot, found: NodePlan, policy: Policy) -> StepForecast:
    """A new target is healthy after registration and its first passed check."""
    groups = [
        snapshot.groups[one.key.group] for one in found.targets if one.key.group in snapshot.groups
    ]
    check = max((one.health_interval_s for one in groups), default=0.0)
    slow = max((one.slow_start_s for one in found.targets), default=0.0)
    why = "registration and first check" + (", slow start" if slow else "")
    return StepForecast(Step.ATTACH, policy.expect_register_s + check + slow, why)


def _failing(
    groups: tuple[Wave, ...], edge_notice_s: float, policy: Policy
) -> tuple[ExpectedFailure, ...]:
    found = []
    for one in groups:
        if not one.group.services:
            continue
        if one.together:
            gap = one.group.stop_s + policy.expect_start_s
            why = f"count {one.group.count}: its copies are away together, up to {gap:.0f} s"
            found.append(ExpectedFailure(one.job.id, why))
        delay = notice_s(one.group)
        needed = edge_notice_s + policy.edge_margin_s
        if delay < needed:
            why = f"shutdown_delay {delay:g} s: the edge needs {needed:g} s to notice"
            found.append(ExpectedFailure(one.job.id, why))
    return tuple(found)
