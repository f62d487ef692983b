"""What Nomad's agents, members, tokens and namespaces say of themselves."""

from collections.abc import Iterator

import msgspec

from nomad_console.clients.wire import Moment, Name, duration, go_name, moment
from nomad_console.domain.agent import Agent, Server, Token
from nomad_console.domain.rights import ANONYMOUS, OFF, Policy


class VersionWire(msgspec.Struct, rename=go_name, gc=False):
    """A version in parts."""

    version: str | None = None
    version_prerelease: str | None = None
    version_metadata: str | None = None


class ServerConfigWire(msgspec.Struct, rename=go_name, gc=False):
    """Of an agent's server block."""

    enabled: bool | None = None


class ClientConfigWire(msgspec.Struct, rename=go_name, gc=False):
    """Of an agent's client block; the longest kill time-out is in words."""

    enabled: bool | None = None
    max_kill_timeout: str | None = None


class AdvertiseWire(msgspec.Struct, gc=False):
    """Where the agent says it is."""

    http: str | None = msgspec.field(default=None, name="HTTP")


class ConfigWire(msgspec.Struct, rename=go_name):
    """The part of an agent's configuration that is read."""

    node_name: str | None = None
    region: str | None = None
    datacenter: str | None = None
    version: VersionWire | None = None
    server: ServerConfigWire | None = None
    client: ClientConfigWire | None = None
    advertise_addrs: AdvertiseWire | None = None


class AgentWire(msgspec.Struct):
    """/v1/agent/self."""

    config: ConfigWire


class MemberWire(msgspec.Struct, rename=go_name):
    """A server in the gossip pool; its version is the tag `build`."""

    name: str | None = None
    addr: str | None = None
    status: str | None = None
    tags: dict[str, str | None] | None = None


class MembersWire(msgspec.Struct, rename=go_name):
    """/v1/agent/members."""

    members: list[MemberWire]


class TokenWire(msgspec.Struct, rename=go_name):
    """/v1/acl/token/self; the secret in it is never read."""

    accessor_id: Name
    name: str | None = None
    type: str | None = None
    policies: list[str] | None = None
    roles: list[object] | None = None
    expiration_time: Moment | None = None


class LevelWire(msgspec.Struct, rename=go_name, gc=False):
    """Of a policy: its rule for nodes, or for agents."""

    policy: str | None = None


class NamespaceRulesWire(msgspec.Struct, rename=go_name):
    """Of a policy: its rules for the namespaces of one name or pattern, spelled out."""

    name: str | None = None
    capabilities: list[str] | None = None


class RulesWire(msgspec.Struct, rename=go_name):
    """A policy's rules as the server parsed them."""

    node: LevelWire | None = None
    agent: LevelWire | None = None
    namespaces: list[NamespaceRulesWire] | None = None


class PolicyWire(msgspec.Struct, rename=go_name):
    """/v1/acl/policy/NAME."""

    name: str
    rules: RulesWire | None = msgspec.field(default=None, name="RulesJSON")


class NamespaceWire(msgspec.Struct, rename=go_name, gc=False):
    """A row of /v1/namespaces."""

    name: Name


NOBODY = Token(ANONYMOUS, "", "client", (), None)
NO_ACLS = Token(OFF, "", "client", (), None)


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
    for member in wire.members:
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
        roles=bool(wire.roles),
    )


def policy(wire: PolicyWire) -> Policy | None:
    """None where the server does not spell the rules out."""
    if wire.rules is None:
        return None
    rules = wire.rules
    return Policy(
        name=wire.name,
        node=_level(rules.node),
        agent=_level(rules.agent),
        namespaces={
            one.name or "": frozenset(one.capabilities or ()) for one in rules.namespaces or ()
        },
    )


def _level(wire: LevelWire | None) -> str:
    """A word that is none of Nomad's allows nothing that we know of."""
    said = (wire.policy if wire else None) or ""
    return said if said in {"read", "write", "deny"} else ""


def _version(wire: VersionWire) -> str:
    text = wire.version or ""
    if wire.version_prerelease:
        text += f"-{wire.version_prerelease}"
    return f"{text}+{wire.version_metadata}" if wire.version_metadata else text
