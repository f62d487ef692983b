"""A node in full."""

from datetime import timedelta

import msgspec

from nomad_console.domain.node import DrainStrategy, LastDrain, NodeEvent
from nomad_console.domain.snapshot import ClusterSnapshot, SourceState
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import Document, Link
from nomad_console.tui.rendering.node_detail import disagreements_document, node_document
from nomad_console.tui.rendering.text import plain
from tests.support.consoles import degraded_snapshot
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_target,
    allocation_id,
    article_snapshot,
    node_id,
    with_detail,
    with_node,
    with_source,
)


def lines(document: Document | None) -> str:
    assert document is not None
    return "\n".join(plain(entry.line) for entry in document.entries)


def node(snapshot: ClusterSnapshot, number: int) -> str:
    return lines(node_document(At(snapshot, EPOCH), node_id(number)))


def test_all_four_systems_and_what_leads_on() -> None:
    document = node_document(At(degraded_snapshot(), EPOCH), node_id(4))
    assert document is not None
    links = {entry.link for entry in document.entries}
    assert Link("allocations", allocation_id("web", 3)) in links
    assert Link("targets", a_target(WEB_PUBLIC, 4).key) in links
    assert Link("services", "web") in links
    text = lines(document)
    assert "! Nomad says ready, ALB unhealthy (api-int unhealthy)" in text
    assert "Target.FailedHealthChecks" in text


def test_a_drain_with_its_deadline_and_the_last_one() -> None:
    drain = DrainStrategy(
        ignore_system_jobs=True,
        deadline_s=3600.0,
        started_at=EPOCH - timedelta(seconds=5),
        force_deadline=EPOCH + timedelta(minutes=52),
    )
    event = NodeEvent("Drain", "Node drain strategy set", EPOCH - timedelta(seconds=5), {})
    last = LastDrain("draining", EPOCH - timedelta(seconds=5), EPOCH, "0000-1111", {})
    start = with_node(article_snapshot(), 1, draining=True, last_drain=last)
    text = node(with_detail(start, 1, drain=drain, events=(event,), meta={"rack": "r1"}), 1)
    assert "for 5s · system jobs stay · deadline in 52:00" in text
    assert "draining by 0000-1111, 5s" in text
    assert "Node drain strategy set" in text
    assert "meta.rack" in text
    unbound = msgspec.structs.replace(drain, force_deadline=None, ignore_system_jobs=False)
    assert "deadline in no deadline" not in node(with_detail(start, 1, drain=unbound), 1)


def test_what_was_not_read_is_unknown() -> None:
    text = node(msgspec.structs.replace(article_snapshot(), details={}, node_health={}), 1)
    assert text.count("·") >= 4
    assert node_document(At(article_snapshot(), EPOCH), "gone") is None


def test_disagreements_of_every_node() -> None:
    document = disagreements_document(At(degraded_snapshot(), EPOCH), None)
    assert document.title == "Disagreements 6"
    assert Link("nodes", node_id(5)) in {entry.link for entry in document.entries}
    agreed = disagreements_document(At(article_snapshot(), EPOCH), None)
    assert "agree about every node" in lines(agreed)
    assert "consul" in lines(agreed)


def test_with_a_source_that_is_not_heard_nobody_agrees() -> None:
    refused = with_source(article_snapshot(), "nomad", SourceState.REFUSED, "Permission denied")
    document = disagreements_document(At(refused, EPOCH), None)
    assert document.title == "Disagreements not known"
    assert "not known: nomad is refused" in lines(document)
    assert "agree" not in lines(document)
    off = with_source(article_snapshot(), "alb", SourceState.OFF, "no AWS region is set")
    assert "agree about every node" in lines(disagreements_document(At(off, EPOCH), None))
    stale = with_source(degraded_snapshot(), "consul", SourceState.STALE, "no answer")
    document = disagreements_document(At(stale, EPOCH), None)
    assert document.title.removeprefix("Disagreements ").isdigit()
    assert "not known: consul is stale" in lines(document)
