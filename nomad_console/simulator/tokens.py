"""A scenario's tokens, their secrets made up from its chance."""

import random

from nomad_console.simulator.consul.acl import ALL, Right
from nomad_console.simulator.consul.acl import Acl as ConsulAcl
from nomad_console.simulator.nomad.ids import Ids
from nomad_console.simulator.nomad_api.acl import (
    MANAGEMENT,
    NODE_ONLY,
    READ_ONLY,
    Acl,
    Rights,
    Token,
    one_namespace,
)
from nomad_console.simulator.scenario import Scenario
from nomad_console.simulator.scenario import Token as Wanted


def _rights(wanted: Wanted) -> Rights:
    match wanted.rights:
        case "management":
            return MANAGEMENT
        case "read-only":
            return READ_ONLY
        case "one-namespace":
            return one_namespace(wanted.namespace)
        case "node-only":
            return NODE_ONLY


CONSUL_RIGHTS: dict[str, frozenset[Right]] = {
    "management": ALL,
    "read-only": frozenset(("catalog", "agent", "kv:read", "session:read")),
}


class ConsulTokens:
    """By name; without any, access control is off."""

    def __init__(self, scenario: Scenario, rng: random.Random) -> None:
        ids = Ids(rng)
        self._secrets = {wanted.name: ids.uuid() for wanted in scenario.consul_tokens}
        self.acl: ConsulAcl | None = None
        if scenario.consul_tokens:
            rights = {
                self._secrets[wanted.name]: CONSUL_RIGHTS[wanted.rights]
                for wanted in scenario.consul_tokens
            }
            self.acl = ConsulAcl(rights)

    @property
    def first(self) -> str:
        return next(iter(self._secrets.values()), "")

    def secrets(self) -> dict[str, str]:
        return {f"consul:{name}": secret for name, secret in self._secrets.items()}


class Tokens:
    """By name; without any, access control is off."""

    def __init__(self, scenario: Scenario, rng: random.Random) -> None:
        ids = Ids(rng)
        self._tokens = [
            Token(ids.uuid(), ids.uuid(), wanted.name, _rights(wanted))
            for wanted in scenario.tokens
        ]
        self.acl = Acl(self._tokens)

    @property
    def first(self) -> str:
        """The secret that the environment lines carry; empty without tokens."""
        return self._tokens[0].secret if self._tokens else ""

    def secrets(self) -> dict[str, str]:
        return {token.name: token.secret for token in self._tokens}
