"""Tokens of a scenario and what they may do."""

import json
import random
import re
from pathlib import Path

import pytest

from nomad_console.simulator.consul.acl import ALL
from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.acl import READ, UPGRADER, WATCHER
from nomad_console.simulator.scenario import Scenario, Token, load
from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.tokens import ConsulTokens, Tokens
from tests.support.manual_clock import ManualClock

TIMELINE = Timeline(ManualClock())
AREAS = ("node", "agent", "operator")


def test_without_tokens_everybody_may_everything() -> None:
    tokens = Tokens(load("article"), random.Random(1), TIMELINE)
    assert not tokens.acl.enabled
    assert tokens.first == ""
    assert tokens.acl.rights("").may("prod", "submit-job")


def test_each_kind_of_right() -> None:
    tokens = Tokens(load("tokens"), random.Random(1), TIMELINE)
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
        "drainer": [False, False],
        "watch": [True, True],
        "upgrade": [True, True],
        "short": [True, True],
    }
    assert not tokens.acl.rights("").may("default", "read-job")
    with pytest.raises(Refusal):
        tokens.acl.rights("00000000-0000-0000-0000-000000000000")


def test_consul_allows_nothing_without_a_token_once_there_is_one() -> None:
    assert ConsulTokens(load("article"), random.Random(1)).acl is None
    tokens = ConsulTokens(load("consul-tokens"), random.Random(1))
    secrets = tokens.secrets()
    assert list(secrets) == [
        f"consul:{one}" for one in ("management", "read-only", "watch", "upgrade", "agent-only")
    ]
    assert tokens.first == secrets["consul:management"]
    assert tokens.acl is not None
    assert not tokens.acl.rights("")
    assert tokens.acl.rights(tokens.first) == ALL
    may = tokens.acl.rights(secrets["consul:read-only"])
    assert ("catalog" in may, "session:write" in may) == (True, False)


def test_a_token_that_lasts_ends_with_its_streams_and_its_own_record() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    short = Token(name="short", rights="upgrade", lasts=60.0)
    tokens = Tokens(Scenario(tokens=(short,)), random.Random(1), timeline)
    told: list[bool] = []
    tokens.acl.watch(lambda: told.append(True))
    assert tokens.acl.rights(tokens.first).allows("node", "write")
    clock.jump(60.0)
    timeline.run_due()
    assert told == [True]
    for ask, status, text in (
        (tokens.acl.rights, 403, "Permission denied"),
        (tokens.acl.row, 500, "ACL token expired"),
    ):
        with pytest.raises(Refusal) as refusal:
            ask(tokens.first)
        assert (refusal.value.status, refusal.value.text) == (status, text)


def test_a_token_reads_its_own_policy_and_no_other() -> None:
    tokens = Tokens(load("tokens"), random.Random(1), TIMELINE)
    secrets = tokens.secrets()
    own = tokens.acl.policy(secrets["upgrade"], "upgrade")
    assert own is not None
    assert own["RulesJSON"]["Node"] == {"Policy": "write"}
    assert tokens.acl.policy(secrets["management"], "watch") is not None
    assert tokens.acl.policy("", "anonymous") is None
    with pytest.raises(Refusal, match="Permission denied"):
        tokens.acl.policy(secrets["upgrade"], "watch")


def test_the_simulated_rights_are_those_that_the_readme_names() -> None:
    text = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    for heading, rights in (("watching", WATCHER), ("upgrading", UPGRADER)):
        begin = text.index(f"# Nomad, {heading}\n")
        policy = text[begin : text.index("```", begin)]
        levels = {
            area: re.search(rf'^{area} {{ policy = "(\w+)"', policy, re.MULTILINE) for area in AREAS
        }
        named = {area: found[1] if found else "" for area, found in levels.items()}
        assert named == {area: getattr(rights, area) for area in AREAS}
        asked = re.search(r"capabilities = \[(.*)\]", policy)
        more = frozenset(json.loads(f"[{asked[1]}]")) if asked else frozenset()
        assert rights.namespaces == {"*": READ | more}
