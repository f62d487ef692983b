"""Nomad's jobs as they come over the wire: list stubs, singles, event payloads."""

from collections.abc import Iterator

import msgspec

from nomad_console.clients.wire import Index, Name, Whole, go_name, seconds, shared
from nomad_console.domain.job import (
    Check,
    Constraint,
    Group,
    Job,
    JobService,
    JobStub,
    JobTask,
    Migrate,
)


class ConstraintWire(msgspec.Struct, rename=go_name, gc=False):
    """As written in the job, not interpolated."""

    l_target: str | None = None
    operand: str | None = None
    r_target: str | None = None


class CheckWire(msgspec.Struct, rename=go_name, gc=False):
    """Interval in nanoseconds."""

    name: str | None = None
    type: str | None = None
    path: str | None = None
    interval: Whole | None = None


class ServiceWire(msgspec.Struct, rename=go_name, gc=False):
    """Of a group or of one of its tasks."""

    name: str | None = None
    provider: str | None = None
    port_label: str | None = None
    tags: list[str] | None = None
    checks: list[CheckWire] | None = None


class PortWire(msgspec.Struct, rename=go_name, gc=False):
    """A static port."""

    value: Whole | None = None


class NetworkWire(msgspec.Struct, rename=go_name, gc=False):
    """Only its static ports count: they keep two copies off one node."""

    reserved_ports: list[PortWire] | None = None


class ResourcesWire(msgspec.Struct, rename=go_name, gc=False):
    """What a task asks for: MHz, MiB, whole cores."""

    cpu: Whole | None = msgspec.field(default=None, name="CPU")
    memory_mb: Whole | None = None
    cores: Whole | None = None
    devices: list[msgspec.Raw] | None = None
    networks: list[NetworkWire] | None = None


class LifecycleWire(msgspec.Struct, rename=go_name, gc=False):
    """Null for a main task."""

    hook: str | None = None
    sidecar: bool | None = None


class TaskWire(msgspec.Struct, rename=go_name, gc=False):
    """Durations in nanoseconds."""

    name: str | None = None
    driver: str | None = None
    kill_timeout: Whole | None = None
    kill_signal: str | None = None
    shutdown_delay: Whole | None = None
    resources: ResourcesWire | None = None
    lifecycle: LifecycleWire | None = None
    services: list[ServiceWire] | None = None
    constraints: list[ConstraintWire] | None = None


class MigrateWire(msgspec.Struct, rename=go_name, gc=False):
    """Null for batch and system jobs."""

    max_parallel: Whole | None = None
    min_healthy_time: Whole | None = None
    healthy_deadline: Whole | None = None


class GroupWire(msgspec.Struct, rename=go_name, gc=False):
    """A task group; `Update` is no concern of a drain."""

    name: str | None = None
    count: Whole | None = None
    migrate: MigrateWire | None = None
    shutdown_delay: Whole | None = None
    services: list[ServiceWire] | None = None
    tasks: list[TaskWire] | None = None
    networks: list[NetworkWire] | None = None
    constraints: list[ConstraintWire] | None = None
    volumes: dict[str, msgspec.Raw] | None = None
    meta: dict[str, str | None] | None = None


class JobWire(msgspec.Struct, rename=go_name, gc=False):
    """/v1/job/:id and the payload of Job events; rows of /v1/jobs fill its first fields."""

    id: Name
    namespace: str | None = None
    type: str | None = None
    status: str | None = None
    stop: bool | None = None
    version: Whole | None = None
    modify_index: Index | None = None
    datacenters: list[str] | None = None
    node_pool: str | None = None
    constraints: list[ConstraintWire] | None = None
    task_groups: list[GroupWire] | None = None


def job_stub(wire: JobWire) -> JobStub:
    return JobStub(
        namespace=shared(wire.namespace),
        id=shared(wire.id),
        type=shared(wire.type),
        status=shared(wire.status),
        stopped=bool(wire.stop),
        version=wire.version,
        modify_index=wire.modify_index or 0,
    )


def job(wire: JobWire) -> Job:
    return Job(
        namespace=shared(wire.namespace),
        id=shared(wire.id),
        type=shared(wire.type),
        version=wire.version or 0,
        status=shared(wire.status),
        stopped=bool(wire.stop),
        datacenters=tuple(wire.datacenters or ()),
        pool=shared(wire.node_pool),
        constraints=tuple(_constraints(wire.constraints)),
        groups=tuple(_group(group) for group in wire.task_groups or ()),
        modify_index=wire.modify_index or 0,
    )


def _group(wire: GroupWire) -> Group:
    tasks = wire.tasks or []
    migrate = wire.migrate
    services = [*(wire.services or ()), *(one for task in tasks for one in task.services or ())]
    constraints = [
        *(wire.constraints or ()),
        *(c for task in tasks for c in task.constraints or ()),
    ]
    return Group(
        name=wire.name or "",
        count=wire.count or 0,
        migrate=None
        if migrate is None
        else Migrate(
            migrate.max_parallel or 0,
            seconds(migrate.min_healthy_time),
            seconds(migrate.healthy_deadline),
        ),
        shutdown_delay_s=seconds(wire.shutdown_delay),
        services=tuple(_service(service) for service in services),
        tasks=tuple(_task(task) for task in tasks),
        static_ports=tuple(sorted(set(_static_ports(wire)))),
        constraints=tuple(_constraints(constraints)),
        meta={name: text or "" for name, text in (wire.meta or {}).items()},
        wants=tuple(_wants(wire)),
    )


def _wants(wire: GroupWire) -> Iterator[str]:
    asked = [task.resources for task in wire.tasks or () if task.resources]
    if any(one.cores for one in asked):
        yield "cores"
    if any(one.devices for one in asked):
        yield "devices"
    if wire.volumes:
        yield "volumes"


def _task(wire: TaskWire) -> JobTask:
    resources = wire.resources or ResourcesWire()
    lifecycle = wire.lifecycle or LifecycleWire()
    return JobTask(
        name=wire.name or "",
        driver=wire.driver or "",
        kill_timeout_s=seconds(wire.kill_timeout),
        kill_signal=wire.kill_signal or "",
        shutdown_delay_s=seconds(wire.shutdown_delay),
        cpu_mhz=resources.cpu or 0,
        memory_mb=resources.memory_mb or 0,
        hook=lifecycle.hook or "",
        sidecar=bool(lifecycle.sidecar),
    )


def _service(wire: ServiceWire) -> JobService:
    return JobService(
        name=wire.name or "",
        provider=wire.provider or "consul",
        port_label=wire.port_label or "",
        tags=tuple(wire.tags or ()),
        checks=tuple(
            Check(
                check.name or "",
                check.type or "",
                check.path or "",
                seconds(check.interval),
            )
            for check in wire.checks or ()
        ),
    )


def _constraints(wires: list[ConstraintWire] | None) -> Iterator[Constraint]:
    for wire in wires or ():
        yield Constraint(wire.l_target or "", wire.operand or "", wire.r_target or "")


def _static_ports(wire: GroupWire) -> Iterator[int]:
    networks = [*(wire.networks or ())]
    for task in wire.tasks or ():
        networks += (task.resources.networks if task.resources else None) or ()
    for network in networks:
        yield from (port.value for port in network.reserved_ports or () if port.value)
