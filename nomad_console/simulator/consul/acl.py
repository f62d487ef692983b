"""Consul's access control, as far as a console meets it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Right = Literal["acl", "catalog", "agent", "kv:read", "kv:write", "session:read", "session:write"]
ALL: frozenset[Right] = frozenset(
    ("acl", "catalog", "agent", "kv:read", "kv:write", "session:read", "session:write")
)


MANAGEMENT = "00000000-0000-0000-0000-000000000001"  # the id of its policy


class Denied(Exception):
    """Consul's words; HTTP 403."""


@dataclass(frozen=True)
class Acl:
    """Default policy deny; `tokens`: secret -> rights. Without one: `anonymous`."""

    tokens: Mapping[str, frozenset[Right]] = field(default_factory=dict, repr=False)
    anonymous: frozenset[Right] = frozenset()

    def rights(self, token: str) -> frozenset[Right]:
        """Denied for a token nobody knows."""
        if not token:
            return self.anonymous
        if token not in self.tokens:
            raise Denied("ACL not found")
        return self.tokens[token]
