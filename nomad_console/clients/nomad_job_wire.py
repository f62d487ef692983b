"""Nomad's jobs, and what agents, members and tokens say of themselves."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from nomad_console.clients.wire import duration, go_name, moment, seconds, shared
from nomad_console.domain.agent import Agent, Server, Token
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
    l_target: str | None = None
    operand: str | None = None
    r_target: str | None = None


class CheckWire(msgspec.Struct, rename=go_name, gc=False):
    name: str | None = None
    type: str | None = None
    path: str | None = None
    interval: int | None = None
    timeout: int | None = None


class ServiceWire(msgspec.Struct, rename=go_name):
    name: str | None = None
    provider: str | None = None
    port_label: str | None = None
    tags: list[str] | None = None
    checks: list[CheckWire] | None = None


class PortWire(msgspec.Struct, rename=go_name, gc=False):
    value: int | None = None


class NetworkWire(msgspec.Struct, rename=go_name):
    reserved_ports: list[PortWire] | None = None


class ResourcesWire(msgspec.Struct, rename=go_name):
    cpu: int | None = msgspec.field(default=None, name="CPU")
    memory_mb: int | None = None
    networks: list[NetworkWire] | None = None


class TaskWire(msgspec.Struct, rename=go_name):
    name: str | None = None
    driver: str | None = None
    kill_timeout: int | None = None
    kill_signal: str | None = None
    shutdown_delay: int | None = None
    resources: ResourcesWire | None = None
    services: list[ServiceWire] | None = None
    constraints: list[ConstraintWire] | None = None


class MigrateWire(msgspec.Struct, rename=go_name, gc=False):
    max_parallel: int | None = None
    min_healthy_time: int | None = None
    healthy_deadline: int | None = None


class GroupWire(msgspec.Struct, rename=go_name):
    name: str | None = None
    count: int | None = None
    migrate: MigrateWire | None = None
    shutdown_delay: int | None = None
    services: list[ServiceWire] | None = None
    tasks: list[TaskWire] | None = None
    networks: list[NetworkWire] | None = None
    constraints: list[ConstraintWire] | None = None
    meta: dict[str, str | None] | None = None


class JobWire(msgspec.Struct, rename=go_name):
    """/v1/job/:id and the payload of Job events; rows of /v1/jobs fill its first fields."""

    id: str
    namespace: str | None = None
    type: str | None = None
    status: str | None = None
    stop: bool | None = None
    version: int | None = None
    modify_index: int | None = None
    datacenters: list[str] | None = None
    node_pool: str | None = None
    constraints: list[ConstraintWire] | None = None
    task_groups: list[GroupWire] | None = None


class VersionWire(msgspec.Struct, rename=go_name, gc=False):
    version: str | None = None
    version_prerelease: str | None = None
    version_metadata: str | None = None


class ServerConfigWire(msgspec.Struct, rename=go_name, gc=False):
    enabled: bool | None = None


class ClientConfigWire(msgspec.Struct, rename=go_name, gc=False):
    enabled: bool | None = None
    max_kill_timeout: str | None = None


class AdvertiseWire(msgspec.Struct, gc=False):
    http: str | None = msgspec.field(default=None, name="HTTP")


class ConfigWire(msgspec.Struct, rename=go_name):
    node_name: str | None = None
    region: str | None = None
    datacenter: str | None = None
    version: VersionWire | None = None
    server: ServerConfigWire | None = None
    client: ClientConfigWire | None = None
    advertise_addrs: AdvertiseWire | None = None


class AgentWire(msgspec.Struct):
    config: ConfigWire


class MemberWire(msgspec.Struct, rename=go_name):
    name: str | None = None
    addr: str | None = None
    status: str | None = None
    tags: dict[str, str | None] | None = None


class MembersWire(msgspec.Struct, rename=go_name):
    members: list[MemberWire] | None = None


class TokenWire(msgspec.Struct, rename=go_name):
    accessor_id: str
    name: str | None = None
    type: str | None = None
    policies: list[str] | None = None
    expiration_time: datetime | None = None


class NamespaceWire(msgspec.Struct, rename=go_name, gc=False):
    name: str


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


def agent(wire: AgentWire) -> Agent:
    config = wire.config
    client = config.client or ClientConfigWire()
    limit = duration(client.max_kill_timeout or "") if client.enabled else 0.0
    return Agent(
        name=config.node_name or "",
        version=_version(config.version or VersionWire()),
        region=config.region or "",
        datacenter=config.datacenter or "",
        server=bool(config.server and config.server.enabled),
        client=bool(client.enabled),
        address=(config.advertise_addrs.http if config.advertise_addrs else None) or "",
        max_kill_timeout_s=limit or None,
    )


def servers(wire: MembersWire) -> Iterator[Server]:
    for member in wire.members or ():
        tags = member.tags or {}
        yield Server(
            name=member.name or "",
            address=member.addr or "",
            version=tags.get("build") or "",
            status=member.status or "",
            region=tags.get("region") or "",
            datacenter=tags.get("dc") or "",
        )


def token(wire: TokenWire) -> Token:
    return Token(
        accessor=wire.accessor_id,
        name=wire.name or "",
        type=wire.type or "",
        policies=tuple(wire.policies or ()),
        expires_at=moment(wire.expiration_time),
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
    )


def _task(wire: TaskWire) -> JobTask:
    resources = wire.resources or ResourcesWire()
    return JobTask(
        name=wire.name or "",
        driver=wire.driver or "",
        kill_timeout_s=seconds(wire.kill_timeout),
        kill_signal=wire.kill_signal or "",
        shutdown_delay_s=seconds(wire.shutdown_delay),
        cpu_mhz=resources.cpu or 0,
        memory_mb=resources.memory_mb or 0,
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
                seconds(check.timeout),
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


def _version(wire: VersionWire) -> str:
    text = wire.version or ""
    if wire.version_prerelease:
        text += f"-{wire.version_prerelease}"
    return f"{text}+{wire.version_metadata}" if wire.version_metadata else text
