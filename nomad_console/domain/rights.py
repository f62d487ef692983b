"""What our credentials may do, as far as reading tells: nothing is written to find out."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

NODE_READ = "node:read"
NODE_WRITE = "node:write"
AGENT_READ = "agent:read"
READ_JOBS = 'namespace "*" read-job'
LIFECYCLE = 'namespace "*" alloc-lifecycle'
SERVICE_READ = "service:read and node:read"
LOCK_WRITE = "session:write, key:write on nomad-console/"
DESCRIBE = "elasticloadbalancing:Describe*"
TARGETS_WRITE = "elasticloadbalancing:RegisterTargets, DeregisterTargets"

ANONYMOUS = "anonymous"
OFF = "acls-disabled"
_LEVELS = ("", "read", "write", "deny")  # the last one wins (nomad/acl/acl.go maxPrivilege)


class Verdict(StrEnum):
    """UNPROVEN: only trying would tell."""

    YES = "yes"
    NO = "no"
    UNPROVEN = "unproven"


class Right(msgspec.Struct, frozen=True):
    """`name` as the backend's policies call it; `because`: how it is known, or why it is not."""

    name: str
    verdict: Verdict
    because: str


class Credential(msgspec.Struct, frozen=True):
    """What we are to one backend. `trouble`: why it is good for nothing, "" while it is.

    `everywhere`: whether it reads jobs in every namespace, by its own record. `pending`: nobody has
    answered yet.
    """

    who: str = ""
    rights: tuple[Right, ...] = ()
    expires_at: datetime | None = None
    trouble: str = ""
    cure: str = ""
    pending: bool = False
    everywhere: Verdict = Verdict.UNPROVEN

    def right(self, name: str) -> Right | None:
        return next((one for one in self.rights if one.name == name), None)

    def may(self, name: str) -> Verdict:
        """What was never asked is no reason to doubt."""
        found = self.right(name)
        return Verdict.YES if found is None else found.verdict


class Policy(msgspec.Struct, frozen=True):
    """The rules of one of Nomad's policies that matter here; levels are "", read, write, deny."""

    name: str
    node: str = ""
    agent: str = ""
    namespaces: Mapping[str, frozenset[str]] = {}  # by name or pattern: capabilities


def expired(backend: str, at: datetime | None, now: datetime) -> str:
    """A sentence; "" where the token has not ended, or its end is not known."""
    return f"the {backend} token expired at {at:%H:%M:%S} UTC" if at and at <= now else ""


def level(policies: Iterable[Policy], area: str) -> str:
    """What several policies allow together in `node` or `agent`."""
    return max((getattr(one, area) for one in policies), key=_LEVELS.index, default="")


def capable(policies: Iterable[Policy], capability: str) -> Verdict:
    """In every namespace, in none, or in some: then a run shows which."""
    rules: dict[str, frozenset[str]] = {}
    for policy in policies:
        for name, can in policy.namespaces.items():
            rules[name] = rules.get(name, frozenset()) | can
    allowed = {name for name, can in rules.items() if capability in can and "deny" not in can}
    if not allowed:
        return Verdict.NO
    return Verdict.YES if "*" in allowed and len(allowed) == len(rules) else Verdict.UNPROVEN
