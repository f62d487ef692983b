"""Consul's services and checks as they come over the wire."""

from typing import NamedTuple

import msgspec

from nomad_console.clients.wire import Moment, Name, Whole, go_name, moment, shared
from nomad_console.domain.agent import Agent, Token
from nomad_console.domain.rights import ANONYMOUS, OFF
from nomad_console.domain.service import HealthCheck, NodeHealth, ServiceInstance, ServiceSummary


class Entry(NamedTuple):
    """A key's value, and the session that holds it; "": nobody does."""

    value: bytes
    session: str


class SummaryWire(msgspec.Struct, rename=go_name, gc=False):
    """A row of /v1/internal/ui/services."""

    name: Name
    instance_count: Whole | None = None
    nodes: list[str] | None = None
    tags: list[str] | None = None


class CheckWire(msgspec.Struct, rename=go_name, gc=False):
    """A row of /v1/health/state and /v1/health/node."""

    node: Name
    check_id: Name
    name: str | None = None
    status: str | None = None
    output: str | None = None
    service_id: str | None = None
    service_name: str | None = None


class InstanceWire(msgspec.Struct, rename=go_name, gc=False):
    """A service instance in the catalog."""

    id: Name
    service: Name
    address: str | None = None
    port: Whole | None = None


class MachineWire(msgspec.Struct, rename=go_name, gc=False):
    """The machine that the catalog's answer is about."""

    node: Name
    address: str | None = None


class CatalogNodeWire(msgspec.Struct, rename=go_name, gc=False):
    """/v1/catalog/node/:name; null for a name unknown."""

    node: MachineWire
    services: dict[str, InstanceWire] | None = None


CATALOG_NODE: type[CatalogNodeWire | None] = CatalogNodeWire | None  # type: ignore[assignment]  # made at run time


class EntryWire(msgspec.Struct, rename=go_name, gc=False):
    """A key's entry as py-consul gives it: the value is bytes by then."""

    key: Name
    value: bytes | None = None
    session: str | None = None


class SessionWire(msgspec.Struct, rename=go_name, gc=False):
    """What a renewal answers."""

    id: Name


class AgentConfigWire(msgspec.Struct, rename=go_name, gc=False):
    """Whom we speak to."""

    node_name: str | None = None
    datacenter: str | None = None
    version: str | None = None
    server: bool | None = None


class AgentMemberWire(msgspec.Struct, rename=go_name, gc=False):
    """And where it is."""

    addr: str | None = None


class AgentWire(msgspec.Struct, rename=go_name, gc=False):
    """/v1/agent/self."""

    config: AgentConfigWire
    member: AgentMemberWire | None = None


class PolicyLinkWire(msgspec.Struct, rename=go_name, gc=False):
    """A policy as a token names it."""

    id: str | None = None
    name: str | None = None


class TokenWire(msgspec.Struct, rename=go_name):
    """/v1/acl/token/self; the secret in it is never read."""

    accessor_id: str
    description: str | None = None
    policies: list[PolicyLinkWire] | None = None
    roles: list[object] | None = None
    expiration_time: Moment | None = None


MANAGEMENT = "00000000-0000-0000-0000-000000000001"  # agent/structs/acl.go
NOBODY = Token(ANONYMOUS, "", "client", (), None)
NO_ACLS = Token(OFF, "", "client", (), None)


def token(wire: TokenWire) -> Token:
    policies = wire.policies or []
    return Token(
        accessor=wire.accessor_id,
        name=wire.description or "",
        type="management" if any(one.id == MANAGEMENT for one in policies) else "client",
        policies=tuple(one.name or one.id or "" for one in policies),
        expires_at=moment(wire.expiration_time),
        roles=bool(wire.roles),
    )


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
        id=wire.check_id,
        name=shared(wire.name),
        status=shared(wire.status),
        output=wire.output or "",
        service_id=wire.service_id or "",
        service_name=shared(wire.service_name),
    )


def node_health(name: str, catalog: CatalogNodeWire | None, checks: list[CheckWire]) -> NodeHealth:
    home = (catalog.node.address if catalog else None) or ""
    return NodeHealth(
        name,
        tuple(
            ServiceInstance(
                wire.id, shared(wire.service), name, wire.address or home, wire.port or 0
            )
            for _, wire in sorted(((catalog.services if catalog else None) or {}).items())
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
