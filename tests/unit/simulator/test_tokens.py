"""Tokens of a scenario and what they may do."""

import random

import pytest

from nomad_console.simulator.consul.acl import ALL
from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.scenario import load
from nomad_console.simulator.tokens import ConsulTokens, Tokens


def test_without_tokens_everybody_may_everything() -> None:
    tokens = Tokens(load("article"), random.Random(1))
    assert not tokens.acl.enabled
    assert tokens.first == ""
    assert tokens.acl.rights("").may("prod", "submit-job")


def test_each_kind_of_right() -> None:
    tokens = Tokens(load("tokens"), random.Random(1))
    secrets = tokens.secrets()
    assert tokens.first == secrets["management"]
    may = {
        name: [tokens.acl.rights(secret).may(space, "read-job") for space in ("default", "prod")]
        for name, secret in secrets.items()
    }
    assert may == {
        "management": [True, True],
        "read-only": [True, True],
        "one-namespace": [False, True],
        "node-only": [False, False],
    }
    assert not tokens.acl.rights("").may("default", "read-job")
    with pytest.raises(Refusal):
        tokens.acl.rights("00000000-0000-0000-0000-000000000000")


def test_consul_allows_nothing_without_a_token_once_there_is_one() -> None:
    assert ConsulTokens(load("article"), random.Random(1)).acl is None
    tokens = ConsulTokens(load("consul-tokens"), random.Random(1))
    secrets = tokens.secrets()
    assert list(secrets) == ["consul:management", "consul:read-only"]
    assert tokens.first == secrets["consul:management"]
    assert tokens.acl is not None
    assert not tokens.acl.rights("")
    assert tokens.acl.rights(tokens.first) == ALL
    may = tokens.acl.rights(secrets["consul:read-only"])
    assert ("catalog" in may, "session:write" in may) == (True, False)
