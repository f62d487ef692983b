"""Rules about versions."""

import msgspec
import pytest

from nomad_console.domain.finding import Finding, Level
from nomad_console.preflight.versions import (
    not_backwards,
    not_dropped,
    not_too_far,
    servers_first,
    target_known,
)
from tests.support.plans import a_case
from tests.support.snapshots import article_snapshot, with_node

NOW = article_snapshot()
RULES = (target_known, servers_first, not_backwards, not_too_far, not_dropped)


def _found(servers: tuple[str, ...], node: str, target: str) -> list[Finding]:
    snapshot = with_node(msgspec.structs.replace(NOW, server_versions=servers), 1, version=node)
    case = a_case(1, snapshot=snapshot, target_version=target)
    return [finding for rule in RULES for finding in rule(case)]


def _levels(servers: tuple[str, ...], node: str, target: str) -> dict[str, Level]:
    return {finding.id: finding.level for finding in _found(servers, node, target)}


NEW = ("2.0.5", "2.0.5")
SKEW, SERVERS = "skew:c1", "version:servers"


@pytest.mark.parametrize(
    ("servers", "node", "target", "wanted"),
    [
        (NEW, "2.0.4", "2.0.5", {}),
        (NEW, "2.0.5", "2.0.5", {}),
        (NEW, "2.0.4+ent", "2.0.5+ent", {}),
        (NEW, "1.11.3", "2.0.5", {}),
        (NEW, "1.10.1", "2.0.5", {SKEW: Level.WARN}),
        (NEW, "1.9.0", "2.0.5", {SKEW: Level.BLOCK}),
        (("2.2.0",), "2.0.4", "2.2.0", {SKEW: Level.WARN}),
        (("2.0.5", "2.0.4"), "2.0.4", "2.0.5", {SERVERS: Level.BLOCK}),
        (NEW, "2.0.5", "2.0.4", {"downgrade:c1": Level.BLOCK}),
        ((), "2.0.4", "2.0.5", {SERVERS: Level.WARN}),
        (NEW, "2.0.4", "newest", {"version": Level.BLOCK}),
        (("dev",), "dev", "2.0.5", {SERVERS: Level.WARN, SKEW: Level.WARN}),
        (("1.9.3",), "1.9.0", "1.9.2", {"version": Level.BLOCK}),
        (("1.9.3",), "1.9.0", "1.9.3", {}),
        (("1.9.3",), "1.5.9", "1.9.3", {"dropped:c1": Level.BLOCK, SKEW: Level.BLOCK}),
        (("1.8.9",), "1.5.9", "1.7.0", {SKEW: Level.WARN}),
    ],
)
def test_servers_first_never_back_and_not_too_far(
    servers: tuple[str, ...], node: str, target: str, wanted: dict[str, Level]
) -> None:
    assert _levels(servers, node, target) == wanted


def test_without_any_version_the_plan_blocks() -> None:
    snapshot = msgspec.structs.replace(NOW, server_versions=())
    case = a_case(1, snapshot=snapshot)
    (finding,) = target_known(case)
    assert (finding.level, finding.evidence) == (Level.BLOCK, "target version unknown")
    assert not_too_far(case) == []
    nameless = a_case(1, snapshot=with_node(NOW, 1, version=""))
    assert not_too_far(nameless)[0].evidence == "the version of c1 is not known: to 2.0.5"
