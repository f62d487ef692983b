"""What our tokens may do, found out by asking and by reading; nothing is written to find out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nomad_console.clients.errors import ApiError, NotFound, Refused
from nomad_console.domain.agent import Token
from nomad_console.domain.rights import (
    AGENT_READ,
    ANONYMOUS,
    LIFECYCLE,
    LOCK_WRITE,
    NODE_READ,
    NODE_WRITE,
    OFF,
    SERVICE_READ,
    TARGETS_WRITE,
    Credential,
    Policy,
    Right,
    Verdict,
    capable,
    expired,
    level,
)
from nomad_console.domain.snapshot import SourceName

ITSELF = "consul"  # Consul's servers are a service of their own catalog
_NOMAD = (NODE_READ, AGENT_READ, NODE_WRITE, LIFECYCLE)
_CONSUL = (SERVICE_READ, LOCK_WRITE)


class NomadRights(Protocol):
    """What tells about Nomad's token."""

    async def token(self) -> Token: ...
    async def policy(self, name: str) -> Policy | None: ...
    async def may_read(self, path: str) -> bool: ...


class ConsulRights(Protocol):
    """What tells about Consul's token."""

    async def token(self) -> Token: ...
    async def entry(self, path: str) -> object: ...


BALANCER = Credential(
    who="AWS credentials",
    rights=(
        Right(TARGETS_WRITE, Verdict.UNPROVEN, "AWS has no dry run of them: the first call tells"),
    ),
)


async def nomad_credential(nomad: NomadRights, before: Credential, now: datetime) -> Credential:
    """Raises ApiError where Nomad gives no answer; `before` is what was known of the token."""
    try:
        token = await nomad.token()
    except Refused as refusal:
        return spent("Nomad", "NOMAD_TOKEN", _NOMAD, before, now, refusal)
    if token.management:
        return _everything(token, "Nomad", _NOMAD)
    policies, unread = await _policies(nomad, token)
    reads = {
        NODE_READ: await nomad.may_read("/v1/nodes"),
        AGENT_READ: await nomad.may_read("/v1/agent/self"),
    }
    rights = [_tried(name, allowed=allowed) for name, allowed in reads.items()]
    given = f"policy {', '.join(token.policies)}" if token.policies else "no policy"
    if not reads[NODE_READ]:
        rights.append(Right(NODE_WRITE, Verdict.NO, "it may not even read nodes"))
    elif unread:
        rights.append(Right(NODE_WRITE, Verdict.UNPROVEN, unread))
    else:
        allowed = level(policies, "node")
        verdict = Verdict.YES if allowed == "write" else Verdict.NO
        rights.append(Right(NODE_WRITE, verdict, f"{given}: node {allowed or 'nothing'}"))
    verdict = capable(policies, "alloc-lifecycle")
    some = "in some namespaces only" if verdict is Verdict.UNPROVEN else given
    rights.append(
        Right(LIFECYCLE, Verdict.UNPROVEN, unread) if unread else Right(LIFECYCLE, verdict, some)
    )
    return Credential(
        _who(token, "Nomad"),
        tuple(rights),
        token.expires_at,
        everywhere=Verdict.UNPROVEN if unread else capable(policies, "read-job"),
    )


async def consul_credential(
    consul: ConsulRights, key: str, services: Sequence[str], before: Credential, now: datetime
) -> Credential:
    """The same for Consul: `key` is the lock's, `services` those its catalog showed."""
    try:
        token = await consul.token()
    except Refused as refusal:
        return spent("Consul", "CONSUL_HTTP_TOKEN", _CONSUL, before, now, refusal)
    if token.management:
        return _everything(token, "Consul", _CONSUL)
    shows = ITSELF in services
    seen = "its catalog shows Consul itself" if shows else "its catalog hides even Consul itself"
    rights = [Right(SERVICE_READ, Verdict.YES if shows else Verdict.NO, seen)]
    try:
        await consul.entry(key)
    except Refused:
        rights.append(Right(LOCK_WRITE, Verdict.NO, f"it may not even read {key}"))
    else:
        why = "Consul shows no policy to its token: the lock tells"
        rights.append(Right(LOCK_WRITE, Verdict.UNPROVEN, why))
    return Credential(_who(token, "Consul"), tuple(rights), token.expires_at)


def unproven(name: SourceName, why: str) -> Credential:
    """What a backend that says nothing of its tokens leaves: only trying would tell."""
    names = _NOMAD if name is SourceName.NOMAD else _CONSUL
    rights = tuple(Right(one, Verdict.UNPROVEN, why) for one in names)
    return Credential(f"{name.capitalize()} token", rights)


async def _policies(nomad: NomadRights, token: Token) -> tuple[list[Policy], str]:
    """Those of the token, and why that is not all of it."""
    found: list[Policy] = []
    for name in token.policies:
        try:
            policy = await nomad.policy(name)
        except NotFound:  # a policy that does not exist gives nothing
            continue
        except Refused as refusal:
            return found, f"policy {name} cannot be read: {refusal.text}"
        if policy is None:
            return found, f"policy {name}: the server does not spell its rules out"
        found.append(policy)
    return found, "the token has roles, whose policies are not read" if token.roles else ""


def _tried(name: str, *, allowed: bool) -> Right:
    return Right(name, Verdict.YES if allowed else Verdict.NO, "read" if allowed else "refused")


def _everything(token: Token, backend: str, names: Sequence[str]) -> Credential:
    why = "access control is off" if token.accessor == OFF else "a management token"
    rights = tuple(Right(name, Verdict.YES, why) for name in names)
    return Credential(_who(token, backend), rights, token.expires_at, everywhere=Verdict.YES)


def spent(
    backend: str,
    variable: str,
    names: Sequence[str],
    before: Credential,
    now: datetime,
    refusal: ApiError,
) -> Credential:
    """A token that its own record is refused to: expired where we know so, else unknown."""
    trouble = expired(backend, before.expires_at, now)
    if not trouble and "expired" in refusal.text.lower():
        trouble = f"the {backend} token has expired"
    trouble = trouble or f"the {backend} token is unknown, revoked or expired"
    cure = f"start a console with a new one in {variable}"
    rights = tuple(Right(name, Verdict.NO, trouble) for name in names)
    return Credential(before.who, rights, before.expires_at, trouble, cure)


def _who(token: Token, backend: str) -> str:
    if token.accessor == OFF:
        return f"{backend} without access control"
    if token.accessor == ANONYMOUS:
        return f"console without a {backend} token"
    kind = "management token" if token.management else "token"
    return f"{backend} {kind} {token.name or token.accessor[:8]}"
