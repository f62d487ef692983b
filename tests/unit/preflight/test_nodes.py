"""Rules about nodes and versions."""

import msgspec
import pytest

from nomad_console.domain.finding import Level
from nomad_console.domain.node import LastDrain
from nomad_console.domain.plan import SystemJobs
from nomad_console.preflight.nodes import eligibility, node_ready, version
from tests.support.plans import a_plan
from tests.support.snapshots import article_snapshot, with_node

NOW = article_snapshot()


@pytest.mark.parametrize("status", ["down", "disconnected", "initializing"])
def test_a_node_that_is_not_ready_blocks(status: str) -> None:
    assert node_ready(NOW, a_plan(1)) == []
    (finding,) = node_ready(with_node(NOW, 1, status=status), a_plan(1))
    assert (finding.id, finding.level) == ("not-ready:c1", Level.BLOCK)
    assert finding.evidence == f"c1 is {status}"


def test_a_drain_of_somebody_else_blocks() -> None:
    last = LastDrain("draining", None, None, "token:ann", {})
    (known,) = node_ready(with_node(NOW, 1, draining=True, last_drain=last), a_plan(1))
    assert (known.id, known.level) == ("draining:c1", Level.BLOCK)
    assert known.evidence == "c1 is being drained by token:ann"
    (unknown,) = node_ready(with_node(NOW, 1, draining=True), a_plan(1))
    assert unknown.evidence == "c1 is being drained by unknown"


def test_an_ineligible_node_stays_so_and_blocks_only_where_system_jobs_must_return() -> None:
    assert eligibility(a_plan(1)) == []
    closed = with_node(NOW, 1, eligibility="ineligible")
    (kept,) = eligibility(a_plan(1, snapshot=closed))
    assert (kept.id, kept.level) == ("ineligible:c1", Level.WARN)
    (stuck,) = eligibility(a_plan(1, snapshot=closed, system=SystemJobs.STOP))
    assert stuck.level == Level.BLOCK
    assert "1 system jobs could not be placed again" in stuck.evidence


def _levels(servers: tuple[str, ...], node: str, target: str) -> dict[str, Level]:
    snapshot = with_node(msgspec.structs.replace(NOW, server_versions=servers), 1, version=node)
    plan = a_plan(1, snapshot=snapshot, target_version=target)
    return {finding.id: finding.level for finding in version(snapshot, plan)}


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
        (("dev",), "dev", "2.0.5", {SERVERS: Level.WARN}),
        (NEW, "2.0.4", "newest", {"version": Level.BLOCK}),
    ],
)
def test_servers_first_never_back_and_not_too_far(
    servers: tuple[str, ...], node: str, target: str, wanted: dict[str, Level]
) -> None:
    assert _levels(servers, node, target) == wanted


def test_without_any_version_the_plan_blocks() -> None:
    snapshot = msgspec.structs.replace(NOW, server_versions=())
    (finding,) = version(snapshot, a_plan(1, snapshot=snapshot))
    assert (finding.level, finding.evidence) == (Level.BLOCK, "target version unknown")
