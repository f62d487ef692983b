from datetime import timedelta

import pytest

from nomad_console.domain.rights import Credential, Policy, Right, Verdict, capable, expired, level
from tests.support.manual_clock import EPOCH

ALL = frozenset({"read-job", "alloc-lifecycle"})
READ = frozenset({"read-job"})
DENY = frozenset({"deny"})


def test_of_several_policies_the_widest_counts_and_deny_before_all() -> None:
    reads, writes = Policy("a", node="read"), Policy("b", node="write", agent="read")
    assert level([reads, writes], "node") == "write"
    assert level([reads, writes, Policy("c", node="deny")], "node") == "deny"
    assert level([reads], "agent") == ""
    assert level([], "node") == ""


@pytest.mark.parametrize(
    ("namespaces", "verdict"),
    [
        ({}, Verdict.NO),
        ({"*": READ}, Verdict.NO),
        ({"*": ALL}, Verdict.YES),
        ({"prod": ALL}, Verdict.UNPROVEN),
        ({"*": ALL, "prod": READ}, Verdict.UNPROVEN),
        ({"*": ALL, "prod": DENY}, Verdict.UNPROVEN),
    ],
)
def test_a_capability_everywhere(namespaces: dict[str, frozenset[str]], verdict: Verdict) -> None:
    assert capable([Policy("a", namespaces=namespaces)], "alloc-lifecycle") is verdict


def test_what_was_never_asked_is_no_reason_to_doubt() -> None:
    assert Credential().may("node:write") is Verdict.YES
    known = Credential(rights=(Right("node:write", Verdict.NO, "policy p"),))
    assert known.may("node:write") is Verdict.NO


def test_a_token_has_ended_when_its_time_is_over() -> None:
    assert expired("Nomad", EPOCH, EPOCH) == f"the Nomad token expired at {EPOCH:%H:%M:%S} UTC"
    assert expired("Nomad", EPOCH, EPOCH - timedelta(seconds=1)) == ""
    assert expired("Nomad", None, EPOCH) == ""
