"""A scenario's tokens, their secrets made up from its chance."""

import random
from datetime import timedelta
from functools import partial

from nomad_console.simulator.consul.acl import ALL, Right
from nomad_console.simulator.consul.acl import Acl as ConsulAcl
from nomad_console.simulator.nomad.ids import Ids
from nomad_console.simulator.nomad_api.acl import (
    DRAINER,
    MANAGEMENT,
    NODE_ONLY,
    READ_ONLY,
    UPGRADER,
    WATCHER,
    Acl,
    Rights,
    Token,
    one_namespace,
)
from nomad_console.simulator.scenario import Scenario
from nomad_console.simulator.scenario import Token as Wanted
from nomad_console.simulator.timeline import Timeline

# `watch` and `upgrade`: what a console needs for each, and no more.
NOMAD_RIGHTS = {
    "management": MANAGEMENT,
    "read-only": READ_ONLY,
    "node-only": NODE_ONLY,
    "drainer": DRAINER,
    "watch": WATCHER,
    "upgrade": UPGRADER,
}


def _rights(wanted: Wanted) -> Rights:
    return NOMAD_RIGHTS.get(wanted.rights) or one_namespace(wanted.namespace)


CONSUL_RIGHTS: dict[str, frozenset[Right]] = {
    "management": ALL,
    "read-only": frozenset(("catalog", "agent", "kv:read", "session:read")),
    "watch": frozenset(("catalog", "agent")),
    "upgrade": ALL - {"acl"},
    "agent-only": frozenset(("agent",)),
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

    def __init__(self, scenario: Scenario, rng: random.Random, timeline: Timeline) -> None:
        ids = Ids(rng)
        begin = timeline.now()
        self._tokens = [
            Token(
                ids.uuid(),
                ids.uuid(),
                wanted.name,
                _rights(wanted),
                begin + timedelta(seconds=wanted.lasts) if wanted.lasts else None,
            )
            for wanted in scenario.tokens
        ]
        self.acl = Acl(self._tokens, now=timeline.now)
        for wanted, token in zip(scenario.tokens, self._tokens, strict=True):
            if wanted.lasts:
                timeline.after(wanted.lasts, partial(self.acl.expire, token.secret))

    @property
    def first(self) -> str:
        """The secret that the environment lines carry; empty without tokens."""
        return self._tokens[0].secret if self._tokens else ""

    def secrets(self) -> dict[str, str]:
        return {token.name: token.secret for token in self._tokens}
