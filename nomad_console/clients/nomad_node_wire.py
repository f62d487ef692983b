"""Nomad's nodes as they come over the wire: list stubs, singles, event payloads."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, TypeVar

import msgspec

from nomad_console.clients.wire import Index, Moment, Name, Whole, go_name, moment, seconds, shared
from nomad_console.domain.node import DrainStrategy, LastDrain, Node, NodeDetail, NodeEvent

T = TypeVar("T")

Texts = dict[str, str | None]
UnixTime = Annotated[int, msgspec.Meta(ge=0, lt=253_000_000_000)]  # seconds, of four-digit years

_KEPT = (  # attributes that rules and screens read; a node has some sixty
    "consul.version",
    "cpu.",
    "driver.",
    "kernel.",
    "memory.",
    "nomad.version",
    "os.name",
    "os.version",
    "platform.aws.",
    "unique.hostname",
    "unique.platform.aws.",
)


class LastDrainWire(msgspec.Struct, rename=go_name, gc=False):
    """The newest drain; stubs have it too."""

    status: str | None = None
    started_at: Moment | None = None
    updated_at: Moment | None = None
    accessor_id: str | None = None
    meta: Texts | None = None


class DrainStrategyWire(msgspec.Struct, rename=go_name, gc=False):
    """A drain under way, deadline in nanoseconds; null without one."""

    ignore_system_jobs: bool | None = None
    deadline: Whole | None = None
    started_at: Moment | None = None
    force_deadline: Moment | None = None


class NodeEventWire(msgspec.Struct, rename=go_name, gc=False):
    """One of the newest ten; details are of any type."""

    subsystem: str | None = None
    message: str | None = None
    timestamp: Moment | None = None
    details: dict[str, object] | None = None


class DriverWire(msgspec.Struct, rename=go_name, gc=False):
    """Undetected drivers are listed as well."""

    detected: bool | None = None
    healthy: bool | None = None


class CpuWire(msgspec.Struct, rename=go_name, gc=False):
    """MHz, called shares."""

    cpu_shares: Whole | None = None


class MemoryWire(msgspec.Struct, rename=go_name, gc=False):
    """MiB."""

    memory_mb: Whole | None = None


class NodeResourcesWire(msgspec.Struct, rename=go_name, gc=False):
    """What the node has in all, reserved included."""

    cpu: CpuWire | None = None
    memory: MemoryWire | None = None


class ReservedPortsWire(msgspec.Struct, rename=go_name, gc=False):
    """Ports and ranges, as configured."""

    reserved_host_ports: str | None = None


class ReservedWire(msgspec.Struct, rename=go_name, gc=False):
    """What the agent keeps from allocations."""

    cpu: CpuWire | None = None
    memory: MemoryWire | None = None
    networks: ReservedPortsWire | None = None


class NodeStubWire(msgspec.Struct, rename=go_name, gc=False):
    """A row of /v1/nodes: the only place with `Version`."""

    id: Name
    name: str | None = None
    address: str | None = None
    http_addr: str | None = None
    datacenter: str | None = None
    node_pool: str | None = None
    node_class: str | None = None
    version: str | None = None
    status: str | None = None
    scheduling_eligibility: str | None = None
    drain: bool | None = None
    last_drain: LastDrainWire | None = None
    create_index: Index | None = None
    modify_index: Index | None = None


class NodeWire(NodeStubWire, rename=go_name, gc=False):
    """/v1/node/:id and the payload of Node events."""

    drain_strategy: DrainStrategyWire | None = None
    status_updated_at: UnixTime | None = None
    events: list[NodeEventWire] | None = None
    drivers: dict[str, DriverWire | None] | None = None
    meta: Texts | None = None
    attributes: Texts | None = None
    node_resources: NodeResourcesWire | None = None
    reserved_resources: ReservedWire | None = None


def node(wire: NodeStubWire | NodeWire) -> Node:
    strategy = wire.drain_strategy if isinstance(wire, NodeWire) else None
    attributes = (wire.attributes or {}) if isinstance(wire, NodeWire) else {}
    return Node(
        id=shared(wire.id),
        name=shared(wire.name),
        address=shared(wire.address or (wire.http_addr or "").rpartition(":")[0].strip("[]")),
        datacenter=shared(wire.datacenter),
        pool=shared(wire.node_pool),
        node_class=shared(wire.node_class),
        version=shared(wire.version or attributes.get("nomad.version")),
        status=shared(wire.status),
        eligibility=shared(wire.scheduling_eligibility),
        draining=bool(wire.drain) or strategy is not None,
        last_drain=_last_drain(wire.last_drain),
        create_index=wire.create_index or 0,
        modify_index=wire.modify_index or 0,
    )


def node_detail(wire: NodeWire) -> NodeDetail:
    attributes, meta = wire.attributes or {}, _texts(wire.meta)
    resources = wire.node_resources or NodeResourcesWire()
    kept = wire.reserved_resources or ReservedWire()
    updated = wire.status_updated_at
    return NodeDetail(
        id=shared(wire.id),
        http_address=wire.http_addr or "",
        status_updated_at=datetime.fromtimestamp(updated, UTC) if updated else None,
        drain=_drain(wire.drain_strategy),
        events=tuple(_node_event(event) for event in wire.events or ()),
        drivers=_alike(
            (shared(name), bool(driver.healthy))
            for name, driver in sorted((wire.drivers or {}).items())
            if driver is not None and driver.detected
        ),
        meta=meta,
        instance_id=shared(attributes.get("unique.platform.aws.instance-id"))
        or meta.get("instance_id", ""),
        zone=shared(attributes.get("platform.aws.placement.availability-zone"))
        or meta.get("zone", ""),
        ip_address=shared(attributes.get("unique.network.ip-address")),
        consul_name=shared(attributes.get("unique.consul.name")),
        cpu_mhz=(resources.cpu.cpu_shares if resources.cpu else None) or 0,
        memory_mb=(resources.memory.memory_mb if resources.memory else None) or 0,
        modify_index=wire.modify_index or 0,
        attributes=_alike(
            (shared(name), shared(text))
            for name, text in attributes.items()
            if name.startswith(_KEPT)
        ),
        reserved_cpu_mhz=(kept.cpu.cpu_shares if kept.cpu else None) or 0,
        reserved_memory_mb=(kept.memory.memory_mb if kept.memory else None) or 0,
        reserved_ports=(kept.networks.reserved_host_ports if kept.networks else None) or "",
    )


def _last_drain(wire: LastDrainWire | None) -> LastDrain | None:
    if wire is None:
        return None
    return LastDrain(
        shared(wire.status),
        moment(wire.started_at),
        moment(wire.updated_at),
        wire.accessor_id or "",
        _texts(wire.meta),
    )


def _drain(wire: DrainStrategyWire | None) -> DrainStrategy | None:
    if wire is None:
        return None
    return DrainStrategy(
        bool(wire.ignore_system_jobs),
        seconds(wire.deadline),
        moment(wire.started_at),
        moment(wire.force_deadline),
    )


def _node_event(wire: NodeEventWire) -> NodeEvent:
    details = _alike((name, str(value)) for name, value in (wire.details or {}).items())
    return NodeEvent(shared(wire.subsystem), shared(wire.message), moment(wire.timestamp), details)


def _texts(found: Texts | None) -> dict[str, str]:
    return {shared(name): shared(text) for name, text in (found or {}).items()}


def _alike(items: Iterable[tuple[str, T]]) -> Mapping[str, T]:
    return _one_for_all(tuple(items))


@lru_cache(maxsize=512)
def _one_for_all(items: tuple[tuple[str, T], ...]) -> Mapping[str, T]:
    """Thousands of nodes say the same of themselves."""
    return dict(items)
