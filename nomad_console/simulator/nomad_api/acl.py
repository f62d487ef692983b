"""Tokens and what they may do; refusals and silent omissions as Nomad's."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NEVER = "0001-01-01T00:00:00Z"  # Go's zero time
DENIED = "Permission denied"
EXPIRED = "ACL token expired"  # of the token's own record; lists deny (nomad/structs/errors.go)
POLICY_INDEX = 15  # every policy was written then, before the world began

# Capabilities in a namespace. Nomad's own `policy = "read"` has neither files nor logs in it
# (acl/policy.go, expandNamespacePolicy); tokens here name theirs one by one.
READ = frozenset({"list-jobs", "parse-job", "read-job", "read-job-scaling", "read-fs", "read-logs"})
WRITE = READ | {"submit-job", "dispatch-job", "scale-job", "alloc-lifecycle"}


def denied() -> Refusal:
    """The same for no, an unknown and an insufficient token: nothing is told by it."""
    return Refusal(403, DENIED)


@dataclass(frozen=True)
class Rights:
    """What a token may do; `node`, `agent`, `operator` are "", "read" or "write".

    `namespaces` maps a name, or `*` for all others, to capabilities such as `read-job`.
    """

    management: bool = False
    namespaces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    node: str = ""
    agent: str = ""
    operator: str = ""
    node_pools: bool = False

    def may(self, namespace: str, capability: str) -> bool:
        if self.management:
            return True
        rules = self.namespaces.get(namespace, self.namespaces.get("*", frozenset()))
        return capability in rules

    def sees(self, namespace: str) -> bool:
        """Whether the namespace is listed at all: any capability in it will do."""
        return self.may(namespace, "list-jobs") or self.may(namespace, "read-job")

    def allows(self, area: str, level: str) -> bool:
        """`area` is node, agent or operator; `level` read or write."""
        return self.management or getattr(self, area) in {level, "write"}

    def without(self, namespaces: frozenset[str]) -> "Rights":
        """The same rights but nothing in these namespaces."""
        if not namespaces:
            return self
        kept = {"*": WRITE} if self.management else dict(self.namespaces)
        return Rights(
            namespaces=kept | dict.fromkeys(namespaces, frozenset[str]()),
            node="write" if self.management else self.node,
            agent="write" if self.management else self.agent,
            operator="write" if self.management else self.operator,
            node_pools=self.management or self.node_pools,
        )


MANAGEMENT = Rights(management=True)
READ_ONLY = Rights(
    namespaces={"*": READ}, node="read", agent="read", operator="read", node_pools=True
)
NODE_ONLY = Rights(node="read")
DRAINER = Rights(node="write", operator="write")
WATCHER = Rights(namespaces={"*": READ}, node="read", agent="read")
UPGRADER = Rights(namespaces={"*": READ | {"alloc-lifecycle"}}, node="write", agent="read")


def one_namespace(name: str) -> Rights:
    """Reads one namespace, and every node."""
    return Rights(namespaces={name: READ}, node="read")


@dataclass(frozen=True)
class Token:
    """One token; the secret is a UUID."""

    secret: str = field(repr=False)
    accessor: str
    name: str
    rights: Rights
    expires_at: datetime | None = None

    def policy(self) -> Row:
        """The one that gives it its rights, named like it."""
        return {
            "CreateIndex": POLICY_INDEX,
            "Description": self.name,
            "Hash": _hash(self.name),
            "JobACL": None,
            "ModifyIndex": POLICY_INDEX,
            "Name": self.name,
            "Rules": "",
            "RulesJSON": _rules(self.rights),
        }

    def row(self) -> Row:
        management = self.rights.management
        return {
            **_anonymous(),
            "Hash": _hash(self.name),
            "AccessorID": self.accessor,
            "SecretID": self.secret,
            "Name": self.name,
            "Type": "management" if management else "client",
            "Policies": None if management else [self.name],
            "Global": management,
            "ExpirationTime": self.expires_at and f"{self.expires_at:%Y-%m-%dT%H:%M:%S.%f}Z",
        }


def _rules(rights: Rights) -> Row:
    """A policy's rules as Nomad parses them: null for what has none."""

    def area(level: str) -> Row | None:
        return {"Policy": level} if level else None

    return {
        "Agent": area(rights.agent),
        "ExtraKeysHCL": None,
        "HostVolumes": None,
        "Namespaces": [
            {"Capabilities": sorted(can), "Name": name, "Policy": "", "Variables": None}
            for name, can in rights.namespaces.items()
        ]
        or None,
        "Node": area(rights.node),
        "NodePools": None,
        "Operator": area(rights.operator),
        "Plugin": None,
        "Quota": None,
        "Raw": "",
        "Sentinel": None,
    }


def _hash(name: str) -> str:
    """Stands for that of what a token or a policy says."""
    return b64encode(blake2b(name.encode(), digest_size=32).digest()).decode()


def _anonymous() -> Row:
    return {
        "ExpirationTTL": "",
        "AccessorID": "anonymous",
        "SecretID": "",
        "Name": "Anonymous Token",
        "Type": "client",
        "Policies": ["anonymous"],
        "Roles": None,
        "Global": False,
        "Hash": None,
        "CreateTime": _NEVER,
        "ExpirationTime": None,
        "CreateIndex": 0,
        "ModifyIndex": 0,
    }


class Acl:
    """Off until tokens are given or a namespace is forbidden.

    While off everybody may everything. A forbidden namespace takes its rights from every token,
    and from those who come without one, who otherwise keep what they had.
    """

    def __init__(
        self,
        tokens: Iterable[Token] = (),
        anonymous: Rights | None = None,
        now: Callable[[], datetime] = lambda: datetime.min.replace(tzinfo=UTC),
    ) -> None:
        self._tokens = {token.secret: token for token in tokens}
        self._now = now
        self._anonymous = anonymous or (Rights() if self._tokens else MANAGEMENT)
        self._forbidden: frozenset[str] = frozenset()
        self._watchers: list[Callable[[], None]] = []

    def watch(self, callback: Callable[[], None]) -> None:
        """Called after every change of somebody's rights."""
        self._watchers.append(callback)

    @property
    def enabled(self) -> bool:
        return bool(self._tokens) or bool(self._forbidden)

    def forbid(self, namespace: str) -> None:
        """Nobody may anything in it any more."""
        self._forbid(self._forbidden | {namespace})

    def allow(self, namespace: str) -> None:
        """As it was before it was forbidden."""
        self._forbid(self._forbidden - {namespace})

    def expire(self, secret: str) -> None:
        """From now on; its streams end."""
        self._tokens[secret] = replace(self._tokens[secret], expires_at=self._now())
        self._tell()

    def policy(self, secret: str, name: str) -> Row | None:
        """As its own token or a management token may read it; None: there is no such policy."""
        token = self._token(secret)
        found = next((one.policy() for one in self._tokens.values() if one.name == name), None)
        own = token is not None and (token.rights.management or token.name == name)
        if name != "anonymous" and not own:
            raise denied()
        return found

    def _forbid(self, namespaces: frozenset[str]) -> None:
        self._forbidden = namespaces
        self._tell()

    def _tell(self) -> None:
        for callback in self._watchers:
            callback()

    def rights(self, secret: str) -> Rights:
        """Refuses an unknown token, and what is no token at all."""
        token = self._token(secret)
        rights = token.rights if token else self._anonymous
        return rights.without(self._forbidden)

    def row(self, secret: str) -> Row:
        """The answer of acl/token/self: 200 for anonymous callers too, so no proof of a token."""
        if not self.enabled:
            off = {"AccessorID": "acls-disabled", "Name": "ACLs disabled token", "Policies": None}
            return _anonymous() | off
        token = self._token(secret, past=Refusal(500, EXPIRED))
        return token.row() if token else _anonymous()

    def accessor(self, secret: str) -> str:
        """How a node's LastDrain names who drained it."""
        return str(self.row(secret)["AccessorID"])

    def _token(self, secret: str, past: Refusal | None = None) -> Token | None:
        if not secret or not self._tokens:
            return None
        if not _UUID.fullmatch(secret):  # then it is taken for a JWT
            raise Refusal(
                500,
                "failed to parse signed token: go-jose/go-jose: "
                "compact JWS format must have three parts",
            )
        if secret not in self._tokens:
            raise denied()
        token = self._tokens[secret]
        if token.expires_at is not None and token.expires_at <= self._now():
            raise past or denied()
        return token
