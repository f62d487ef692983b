"""Rules about what the console can see."""

import msgspec
import pytest

from nomad_console.domain.finding import Level
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.preflight.sources import all_read, every_namespace, sources_live
from tests.support.plans import a_plan
from tests.support.snapshots import article_snapshot, with_source

NOW = article_snapshot()


def test_live_sources_are_no_finding() -> None:
    assert sources_live(NOW) == []


@pytest.mark.parametrize("name", list(SourceName))
def test_a_source_that_is_not_live_blocks(name: SourceName) -> None:
    (finding,) = sources_live(with_source(NOW, name, SourceState.STALE))
    assert (finding.id, finding.level) == (f"source:{name}", Level.BLOCK)
    assert finding.evidence == f"{name} is stale: connection refused"
    assert finding.cure == "wait until it is live again"


def test_a_backend_that_is_not_configured_is_only_said_but_nomad_is_needed() -> None:
    for name, level in ((SourceName.CONSUL, Level.WARN), (SourceName.NOMAD, Level.BLOCK)):
        off = Source(name, SourceState.OFF, hint="set its address")
        sources = {**NOW.sources, name: off}
        (finding,) = sources_live(msgspec.structs.replace(NOW, sources=sources))
        assert (finding.level, finding.evidence) == (level, f"{name} is off")
        assert finding.cure == "set its address"


def test_a_token_must_be_seen_to_read_every_namespace() -> None:
    assert every_namespace(NOW) == []
    for sees in (None, False):
        (finding,) = every_namespace(msgspec.structs.replace(NOW, every_namespace=sees))
        assert (finding.id, finding.level) == ("namespaces", Level.BLOCK)
        assert finding.evidence.endswith("it sees: default")
    none = msgspec.structs.replace(NOW, every_namespace=False, namespaces=())
    assert every_namespace(none)[0].evidence.endswith("it sees: none")


def test_what_the_plan_rests_on_must_be_read() -> None:
    plan = a_plan(1)
    assert all_read(NOW, plan) == []
    ties = msgspec.structs.replace(NOW.ties, untied=frozenset(NOW.nodes))
    blind = msgspec.structs.replace(NOW, ties=ties, node_health={}, jobs={})
    (finding,) = all_read(blind, plan)
    assert (finding.id, finding.level) == ("unread:c1", Level.BLOCK)
    assert finding.evidence == (
        "not read yet: its details, its services in Consul, job edge, job solo, job web"
    )


def test_without_consul_its_view_is_not_missed() -> None:
    lonely = msgspec.structs.replace(a_plan(1), consul=False)
    assert all_read(msgspec.structs.replace(NOW, node_health={}), lonely) == []
