"""Meanings; that every recorded field arrives is tests/contract's affair."""

import json
from typing import Any

import msgspec
import pytest

from nomad_console.clients.nomad_agent_wire import (
    AgentWire,
    LevelWire,
    MembersWire,
    PolicyWire,
    RulesWire,
    TokenWire,
    agent,
    policy,
    servers,
    token,
)
from tests.support.recorded import recorded_body


def wire(kind: type[Any], row: object) -> Any:
    return msgspec.json.decode(json.dumps(row), type=kind)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ({"Version": "2.0.5"}, "2.0.5"),
        ({"Version": "2.0.5", "VersionPrerelease": "beta.1"}, "2.0.5-beta.1"),
        ({"Version": "1.9.3", "VersionMetadata": "ent"}, "1.9.3+ent"),
        (None, ""),
    ],
)
def test_versions_are_put_together(version: object, expected: str) -> None:
    assert agent(wire(AgentWire, {"config": {"Version": version}})).version == expected


def test_a_servers_agent_runs_no_tasks() -> None:
    found = agent(wire(AgentWire, recorded_body("nomad/agent-self.json")))
    assert (found.server, found.client, found.max_kill_timeout_s) == (True, False, None)


def test_members_without_tags() -> None:
    (one,) = servers(wire(MembersWire, {"Members": [{"Name": "s1.global", "Tags": None}]}))
    assert (one.name, one.version) == ("s1.global", "")
    assert list(servers(wire(MembersWire, {"Members": []}))) == []


def test_tokens_and_what_stands_for_none() -> None:
    names = ("nomad/acl/token-self-client", "nomad/acl/token-self-management")
    client, management = (token(wire(TokenWire, recorded_body(f"{name}.json"))) for name in names)
    assert (client.policies, client.management, management.management) == (
        ("read-only",),
        False,
        True,
    )
    off = token(wire(TokenWire, recorded_body("nomad/acl-token-self-acl-off.json")))
    assert off.management
    nobody = token(wire(TokenWire, recorded_body("nomad/acl/token-self-none.json")))
    assert (nobody.accessor, nobody.management) == ("anonymous", False)


def test_a_policy_tells_what_its_token_may() -> None:
    found = policy(wire(PolicyWire, recorded_body("nomad/acl/policy-own.json")))
    assert found is not None
    assert (found.name, found.node, found.agent) == ("read-only", "read", "read")
    assert "read-job" in found.namespaces["*"]
    assert "alloc-lifecycle" not in found.namespaces["*"]
    assert policy(PolicyWire("old")) is None
    odd = policy(PolicyWire("odd", RulesWire(node=LevelWire("scale"))))
    assert odd is not None
    assert odd.node == ""
