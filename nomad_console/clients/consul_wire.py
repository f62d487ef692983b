"""Consul's services and checks as they come over the wire."""

from typing import NamedTuple

import msgspec

from nomad_console.clients.wire import go_name, shared
from nomad_console.domain.agent import Agent
from nomad_console.domain.service import HealthCheck, NodeHealth, ServiceInstance, ServiceSummary


class Entry(NamedTuple):
    """A key's value, and the session that holds it; "": nobody does."""

    value: bytes
    session: str


class SummaryWire(msgspec.Struct, rename=go_name):
    """A row of /v1/internal/ui/services."""

    name: str
    instance_count: int | None = None
    nodes: list[str] | None = None
    tags: list[str] | None = None


class CheckWire(msgspec.Struct, rename=go_name, gc=False):
    """A row of /v1/health/state and /v1/health/node."""

    node: str | None = None
    check_id: str | None = None
    name: str | None = None
    status: str | None = None
    output: str | None = None
    service_id: str | None = None
    service_name: str | None = None


class InstanceWire(msgspec.Struct, rename=go_name, gc=False):
    """A service instance in the catalog."""

    id: str | None = None
    service: str | None = None
    address: str | None = None
    port: int | None = None


class MachineWire(msgspec.Struct, rename=go_name, gc=False):
    """The machine that the catalog's answer is about."""

    node: str | None = None
    address: str | None = None


class CatalogNodeWire(msgspec.Struct, rename=go_name):
    """/v1/catalog/node/:name; null for a name unknown."""

    node: MachineWire | None = None
    services: dict[str, InstanceWire] | None = None


class EntryWire(msgspec.Struct, rename=go_name):
    """A key's entry as py-consul gives it: the value is bytes by then."""

    value: bytes | None = None
    session: str | None = None


class AgentConfigWire(msgspec.Struct, rename=go_name, gc=False):
    """Whom we speak to."""

    node_name: str | None = None
    datacenter: str | None = None
    version: str | None = None
    server: bool | None = None


class AgentMemberWire(msgspec.Struct, rename=go_name, gc=False):
    """And where it is."""

    addr: str | None = None


class AgentWire(msgspec.Struct, rename=go_name):
    """/v1/agent/self."""

    config: AgentConfigWire
    member: AgentMemberWire | None = None


def summary(wire: SummaryWire) -> ServiceSummary:
    return ServiceSummary(
        wire.name,
        wire.instance_count or 0,
        tuple(shared(node) for node in wire.nodes or ()),
        tuple(shared(tag) for tag in wire.tags or ()),
    )


def check(wire: CheckWire) -> HealthCheck:
    return HealthCheck(
        node=shared(wire.node),
        id=wire.check_id or "",
        name=shared(wire.name),
        status=shared(wire.status),
        output=wire.output or "",
        service_id=wire.service_id or "",
        service_name=shared(wire.service_name),
    )


def node_health(name: str, catalog: CatalogNodeWire, checks: list[CheckWire]) -> NodeHealth:
    home = (catalog.node.address if catalog.node else None) or ""
    return NodeHealth(
        name,
        tuple(
            ServiceInstance(
                wire.id or "", shared(wire.service), name, wire.address or home, wire.port or 0
            )
            for _, wire in sorted((catalog.services or {}).items())
        ),
        tuple(check(wire) for wire in checks),
    )


def entry(wire: EntryWire) -> Entry:
    return Entry(wire.value or b"", wire.session or "")


def agent(wire: AgentWire) -> Agent:
    config = wire.config
    return Agent(
        name=config.node_name or "",
        version=config.version or "",
        region="",
        datacenter=config.datacenter or "",
        server=bool(config.server),
        client=not config.server,
        address=(wire.member.addr if wire.member else None) or "",
    )
