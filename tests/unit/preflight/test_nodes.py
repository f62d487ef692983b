"""Rules about nodes and versions."""

import msgspec
import pytest

from nomad_console.domain.facts import Facts
from nomad_console.domain.finding import Level
from nomad_console.domain.node import LastDrain
from nomad_console.domain.plan import SystemJobs
from nomad_console.domain.service import HealthCheck
from nomad_console.preflight.nodes import (
    agent_silent,
    eligibility,
    machine_lost,
    node_ready,
    not_draining,
)
from tests.support.plans import a_case, ids
from tests.support.snapshots import article_snapshot, node_id, with_node

NOW = article_snapshot()


@pytest.mark.parametrize("status", ["down", "disconnected", "initializing"])
def test_a_node_that_is_not_ready_blocks(status: str) -> None:
    assert node_ready(a_case(1)) == []
    (finding,) = node_ready(a_case(1, snapshot=with_node(NOW, 1, status=status)))
    assert (finding.id, finding.level) == ("not-ready:c1", Level.BLOCK)
    assert finding.evidence == f"c1 is {status}"


def test_a_drain_of_somebody_else_blocks() -> None:
    last = LastDrain("draining", None, None, "token:ann", {})
    (known,) = not_draining(a_case(1, snapshot=with_node(NOW, 1, draining=True, last_drain=last)))
    assert (known.id, known.level) == ("draining:c1", Level.BLOCK)
    assert known.evidence == "c1 is being drained by token:ann"
    (unknown,) = not_draining(a_case(1, snapshot=with_node(NOW, 1, draining=True)))
    assert unknown.evidence == "c1 is being drained by unknown"


def test_an_ineligible_node_stays_so_and_blocks_only_where_system_jobs_must_return() -> None:
    assert eligibility(a_case(1)) == []
    closed = with_node(NOW, 1, eligibility="ineligible")
    (kept,) = eligibility(a_case(1, snapshot=closed))
    assert (kept.id, kept.level) == ("ineligible:c1", Level.WARN)
    (stuck,) = eligibility(a_case(1, snapshot=closed, system=SystemJobs.STOP))
    assert stuck.level == Level.BLOCK
    assert "1 system jobs could not be placed again" in stuck.evidence


def test_a_machine_that_consul_has_lost_blocks_while_nomad_says_ready() -> None:
    assert machine_lost(a_case(1)) == []
    said = "Agent not live or unreachable\x1b\nmore"
    serf = HealthCheck("c1", "serfHealth", "Serf Health Status", "critical", said, "", "")
    app = HealthCheck("c1", "http", "web alive", "critical", "", "web-1", "web")
    warned = msgspec.structs.replace(serf, status="warning")
    for checks, lost in (((app, serf), True), ((app, warned), False)):
        seen = msgspec.structs.replace(NOW, problems={"c1": checks})
        found = machine_lost(a_case(1, snapshot=seen))
        assert ids(found) == (["lost:c1"] if lost else [])
        if found:
            assert found[0].level == Level.BLOCK
            assert found[0].evidence == (
                "Nomad says ready, Consul's Serf Health Status is critical: "
                "Agent not live or unreachable\ufffd"
            )
            assert machine_lost(a_case(1, snapshot=with_node(seen, 1, status="down"))) == []
    quiet = msgspec.structs.replace(serf, output="")
    seen = msgspec.structs.replace(NOW, problems={"c1": (quiet,)})
    assert machine_lost(a_case(1, snapshot=seen))[0].evidence.endswith("critical: no word")


def test_an_agent_that_did_not_answer_is_named() -> None:
    assert agent_silent(a_case(1)) == []
    facts = Facts(silent={node_id(1): "connection refused"})
    (finding,) = agent_silent(a_case(1, 2, facts=facts))
    assert (finding.id, finding.level) == ("silent:c1", Level.WARN)
    assert finding.evidence == "its agent at 10.77.0.11 did not answer: connection refused"
