"""Rules about what the console can see."""

from datetime import timedelta

import msgspec
import pytest

from nomad_console.domain.facts import Facts
from nomad_console.domain.finding import Level
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.domain.text import duration
from nomad_console.preflight.sources import (
    all_read,
    asked,
    every_namespace,
    sources_live,
    token_lasts,
)
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_case
from tests.support.snapshots import article_snapshot, with_source

NOW = article_snapshot()


def test_live_sources_are_no_finding() -> None:
    assert sources_live(a_case(1)) == []


@pytest.mark.parametrize("name", list(SourceName))
def test_a_source_that_is_not_live_blocks(name: SourceName) -> None:
    (finding,) = sources_live(a_case(1, snapshot=with_source(NOW, name, SourceState.STALE)))
    assert (finding.id, finding.level) == (f"source:{name}", Level.BLOCK)
    assert finding.evidence == f"{name} is stale: connection refused"
    assert finding.cure == "wait until it is live again"


def test_a_backend_that_is_not_configured_is_only_said_but_nomad_is_needed() -> None:
    for name, level in ((SourceName.CONSUL, Level.WARN), (SourceName.NOMAD, Level.BLOCK)):
        off = Source(name, SourceState.OFF, hint="set its address")
        sources = {**NOW.sources, name: off}
        (finding,) = sources_live(a_case(1, snapshot=msgspec.structs.replace(NOW, sources=sources)))
        assert (finding.level, finding.evidence) == (level, f"{name} is off")
        assert finding.cure == "set its address"


def test_a_token_must_be_seen_to_read_every_namespace() -> None:
    assert every_namespace(a_case(1)) == []
    for sees in (None, False):
        (finding,) = every_namespace(
            a_case(1, snapshot=msgspec.structs.replace(NOW, every_namespace=sees))
        )
        assert (finding.id, finding.level) == ("namespaces", Level.BLOCK)
        assert finding.evidence.endswith("it sees: default")
    none = msgspec.structs.replace(NOW, every_namespace=False, namespaces=())
    assert every_namespace(a_case(1, snapshot=none))[0].evidence.endswith("it sees: none")


def test_what_the_plan_rests_on_must_be_read() -> None:
    assert all_read(a_case(1)) == []
    ties = msgspec.structs.replace(NOW.ties, untied=frozenset(NOW.nodes))
    blind = msgspec.structs.replace(NOW, ties=ties, node_health={}, jobs={})
    (finding,) = all_read(a_case(1, snapshot=blind))
    assert (finding.id, finding.level) == ("unread:c1", Level.BLOCK)
    assert finding.evidence == (
        "not read yet: its details, its services in Consul, job edge, job solo, job web"
    )


def test_without_consul_its_view_is_not_missed() -> None:
    lonely = with_source(
        msgspec.structs.replace(NOW, node_health={}), SourceName.CONSUL, SourceState.OFF
    )
    assert all_read(a_case(1, snapshot=lonely)) == []


@pytest.mark.parametrize(
    ("left_s", "level", "words"),
    [
        (-60.0, Level.BLOCK, "the Nomad token has ended (21:59:00 UTC)"),
        (60.0, Level.BLOCK, "the Nomad token ends in 01:00 (22:01:00 UTC)"),
        (1800.0, Level.ACK, "the Nomad token ends in 30:00 (22:30:00 UTC)"),
        (7200.0, None, ""),
        (None, None, ""),
    ],
)
def test_a_token_must_outlast_the_run_and_the_operator(
    left_s: float | None, level: Level | None, words: str
) -> None:
    ends = None if left_s is None else EPOCH + timedelta(seconds=left_s)
    case = a_case(1, facts=Facts(token_expires_at=ends))
    found = token_lasts(case)
    assert [one.level for one in found] == ([level] if level else [])
    if found:
        assert found[0].id == "token-expires"
        run = duration(case.plan.seconds)
        assert found[0].evidence == f"{words}, the run takes {run} and gates"


def test_a_plan_is_not_begun_before_the_agents_have_answered() -> None:
    assert asked(a_case(1)) == []
    (finding,) = asked(a_case(1, facts=Facts(pending=True)))
    assert (finding.id, finding.level) == ("unread:agents", Level.BLOCK)
