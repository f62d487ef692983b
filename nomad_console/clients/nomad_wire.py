"""Nomad's allocations, evaluations and deployments as they come over the wire.

Lists have null where the single has no key; both are "not said" here.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from sys import intern

import msgspec

from nomad_console.clients.nomad_job_wire import LifecycleWire
from nomad_console.clients.wire import Index, Moment, Name, Whole, go_name, moment, seconds, shared
from nomad_console.domain.allocation import (
    Allocation,
    Claim,
    Deployment,
    Evaluation,
    Task,
    TaskEvent,
    claim_of,
)


class TaskEventWire(msgspec.Struct, rename=go_name, gc=False):
    """Of an event's two dozen fields those that tell how a task ended."""

    type: str | None = None
    time: Whole | None = None
    display_message: str | None = None
    exit_code: Whole | None = None
    signal: Whole | None = None
    kill_timeout: Whole | None = None
    details: dict[str, object] | None = None


class TaskStateWire(msgspec.Struct, rename=go_name, gc=False):
    """One task's state with its newest ten events."""

    state: str | None = None
    failed: bool | None = None
    restarts: Whole | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None
    events: list[TaskEventWire] | None = None


class DesiredTransitionWire(msgspec.Struct, rename=go_name, gc=False):
    """Null means false."""

    migrate: bool | None = None


class AllocDeploymentWire(msgspec.Struct, rename=go_name, gc=False):
    """The health verdict; drains set it too, not only deployments."""

    healthy: bool | None = None
    canary: bool | None = None


class AllocJobWire(msgspec.Struct, rename=go_name, gc=False):
    """Of the job inside a single allocation what the list's own columns say."""

    type: str | None = None
    version: Whole | None = None


class CpuClaimWire(msgspec.Struct, rename=go_name, gc=False):
    """MHz, called shares."""

    cpu_shares: Whole | None = None


class MemoryClaimWire(msgspec.Struct, rename=go_name, gc=False):
    """MiB."""

    memory_mb: Whole | None = None


class PortClaimWire(msgspec.Struct, rename=go_name, gc=False):
    """A port of the host, static or dynamic."""

    value: Whole | None = None


class TaskClaimWire(msgspec.Struct, rename=go_name, gc=False):
    """One task's share of what the scheduler gave."""

    cpu: CpuClaimWire | None = None
    memory: MemoryClaimWire | None = None


class SharedClaimWire(msgspec.Struct, rename=go_name, gc=False):
    """What belongs to the allocation as a whole."""

    ports: list[PortClaimWire] | None = None


class ResourcesWire(msgspec.Struct, rename=go_name, gc=False):
    """In events and singles always, in lists where asked for."""

    tasks: dict[str, TaskClaimWire | None] | None = None
    task_lifecycles: dict[str, LifecycleWire | None] | None = None
    shared: SharedClaimWire | None = None


class AllocationWire(msgspec.Struct, rename=go_name, gc=False):
    """List stub, single, and event payload: the union of their fields."""

    id: Name
    namespace: str | None = None
    name: str | None = None
    job_id: str | None = None
    task_group: str | None = None
    node_id: str | None = None
    node_name: str | None = None
    desired_status: str | None = None
    desired_description: str | None = None
    client_status: str | None = None
    client_description: str | None = None
    desired_transition: DesiredTransitionWire | None = None
    deployment_status: AllocDeploymentWire | None = None
    next_allocation: str | None = None
    previous_allocation: str | None = None
    job_type: str | None = None
    job_version: Whole | None = None
    job: AllocJobWire | None = None
    task_states: dict[str, TaskStateWire | None] | None = None
    allocated_resources: ResourcesWire | None = None
    create_index: Index | None = None
    modify_index: Index | None = None
    create_time: Whole | None = None
    modify_time: Whole | None = None


class MetricWire(msgspec.Struct, rename=go_name, gc=False):
    """Why the scheduler found no place for a group."""

    dimension_exhausted: dict[str, Whole | None] | None = None
    constraint_filtered: dict[str, Whole | None] | None = None
    quota_exhausted: list[str] | None = None
    nodes_evaluated: Whole | None = None


class EvaluationWire(msgspec.Struct, rename=go_name, gc=False):
    """Lists, singles and event payloads alike."""

    id: Name
    namespace: str | None = None
    job_id: str | None = None
    type: str | None = None
    status: str | None = None
    triggered_by: str | None = None
    status_description: str | None = None
    node_id: str | None = None
    failed_tg_allocs: dict[str, MetricWire | None] | None = msgspec.field(
        default=None, name="FailedTGAllocs"
    )
    create_index: Index | None = None
    modify_index: Index | None = None


class DeploymentWire(msgspec.Struct, rename=go_name, gc=False):
    """Lists, singles and event payloads alike."""

    id: Name
    namespace: str | None = None
    job_id: str | None = None
    job_version: Whole | None = None
    status: str | None = None
    status_description: str | None = None
    create_index: Index | None = None
    modify_index: Index | None = None


def allocation(wire: AllocationWire, *, whole: bool = False) -> Allocation:
    """`whole`: from a single or an event, where what is absent is empty; a list just omits."""
    health = wire.deployment_status or AllocDeploymentWire()
    job = wire.job or AllocJobWire()
    states = {} if whole and wire.task_states is None else wire.task_states
    return Allocation(
        id=wire.id,
        namespace=intern(wire.namespace or ""),
        name=wire.name or "",
        job_id=intern(wire.job_id or ""),
        group=intern(wire.task_group or ""),
        node_id=intern(wire.node_id or ""),
        node_name=intern(wire.node_name or ""),
        desired=intern(wire.desired_status or ""),
        client=intern(wire.client_status or ""),
        description=intern(wire.desired_description or wire.client_description or ""),
        migrate=bool(wire.desired_transition and wire.desired_transition.migrate),
        healthy=health.healthy,
        canary=bool(health.canary),
        next_id=wire.next_allocation or "",
        create_index=wire.create_index or 0,
        modify_index=wire.modify_index or 0,
        create_time_ns=wire.create_time or 0,
        modify_time_ns=wire.modify_time or 0,
        job_type=shared(wire.job_type or job.type) or None,
        job_version=wire.job_version if wire.job_version is not None else job.version,
        previous_id=wire.previous_allocation or ("" if whole else None),
        tasks=None if states is None else tuple(_tasks(states)),
        claim=_claim(wire.allocated_resources),
    )


def evaluation(wire: EvaluationWire) -> Evaluation:
    return Evaluation(
        id=wire.id,
        namespace=shared(wire.namespace),
        job_id=shared(wire.job_id),
        type=shared(wire.type),
        status=shared(wire.status),
        triggered_by=shared(wire.triggered_by),
        description=wire.status_description or "",
        node_id=wire.node_id or "",
        failed={
            group: _no_place(metric or MetricWire())
            for group, metric in sorted((wire.failed_tg_allocs or {}).items())
        },
        create_index=wire.create_index or 0,
        modify_index=wire.modify_index or 0,
    )


def deployment(wire: DeploymentWire) -> Deployment:
    return Deployment(
        id=wire.id,
        namespace=shared(wire.namespace),
        job_id=shared(wire.job_id),
        job_version=wire.job_version or 0,
        status=shared(wire.status),
        description=wire.status_description or "",
        create_index=wire.create_index or 0,
        modify_index=wire.modify_index or 0,
    )


def _claim(wire: ResourcesWire | None) -> Claim | None:
    if wire is None:
        return None
    ports = (wire.shared.ports if wire.shared else None) or ()
    hooks = wire.task_lifecycles or {}
    parts = [
        (
            hook.hook or "" if (hook := hooks.get(name)) else "",
            bool(hook and hook.sidecar),
            _same((task.cpu.cpu_shares if task.cpu else None) or 0),
            _same((task.memory.memory_mb if task.memory else None) or 0),
        )
        for name, task in (wire.tasks or {}).items()
        if task is not None
    ]
    return claim_of(parts, tuple([port.value for port in ports if port.value]))


@lru_cache(maxsize=256)
def _same(number: int) -> int:
    """One object for the sizes that thousands of tasks ask for."""
    return number


def _tasks(states: Mapping[str, TaskStateWire | None]) -> Iterator[Task]:
    for name, wire in sorted(states.items()):
        state = wire or TaskStateWire()
        yield Task(
            shared(name),
            shared(state.state),
            bool(state.failed),
            state.restarts or 0,
            moment(state.started_at),
            moment(state.finished_at),
            tuple(_task_event(event) for event in state.events or ()),
        )


def _task_event(wire: TaskEventWire) -> TaskEvent:
    return TaskEvent(
        shared(wire.type),
        wire.time or 0,
        shared(wire.display_message),
        wire.exit_code or 0,
        wire.signal or 0,
        seconds(wire.kill_timeout),
        str((wire.details or {}).get("oom_killed", "")).lower() == "true",
    )


def _no_place(metric: MetricWire) -> str:
    reasons = [f"{name} exhausted" for name in sorted(metric.dimension_exhausted or ())]
    reasons += sorted(metric.constraint_filtered or ())
    reasons += [f"quota {name}" for name in metric.quota_exhausted or ()]
    return ", ".join(reasons) or (
        "no node fits" if metric.nodes_evaluated else "no node to look at"
    )
