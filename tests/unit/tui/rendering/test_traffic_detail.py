"""A service, a target, a target group."""

import msgspec

from nomad_console.domain.service import HealthCheck
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import Document, Link
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.rendering.traffic_detail import (
    group_document,
    service_document,
    target_document,
)
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import WEB_PUBLIC, a_target, article_snapshot, node_id, with_target

KEY = a_target(WEB_PUBLIC, 2).key


def text(document: Document | None) -> str:
    assert document is not None
    return "\n".join(plain(entry.line) for entry in document.entries)


def links(document: Document | None) -> set[Link | None]:
    assert document is not None
    return {entry.link for entry in document.entries} - {None}


def test_a_service_names_its_failing_checks_and_its_machines() -> None:
    check = HealthCheck("c3", "x", "api alive", "critical", "connection\nrefused", "id", "api")
    snapshot = msgspec.structs.replace(article_snapshot(), problems={"c3": (check,)})
    document = service_document(At(snapshot, EPOCH), "api")
    assert "api alive  critical  connection refused" in text(document)
    assert links(document) == {Link("nodes", node_id(number)) for number in (2, 3, 4)}
    assert service_document(At(snapshot, EPOCH), "gone") is None


def test_a_machine_that_is_no_client() -> None:
    snapshot = msgspec.structs.replace(article_snapshot(), nodes={}, service_sums={})
    found = text(service_document(At(snapshot, EPOCH), "solo"))
    assert "not a Nomad client" in found
    assert "passing            ·" in found


def test_a_target_leads_to_its_group_and_its_node() -> None:
    snapshot = with_target(article_snapshot(), WEB_PUBLIC, 2, description="Health checks failed")
    document = target_document(At(snapshot, EPOCH), KEY)
    assert links(document) == {Link("groups", WEB_PUBLIC), Link("nodes", node_id(2))}
    assert "Health checks failed" in text(document)
    assert target_document(At(ClusterSnapshot(), EPOCH), KEY) is None


def test_a_target_tied_to_nothing() -> None:
    snapshot = msgspec.structs.replace(article_snapshot(), ties=ClusterSnapshot().ties)
    assert "none known" in text(target_document(At(snapshot, EPOCH), KEY))


def test_a_group_says_what_its_numbers_mean() -> None:
    found = text(group_document(At(article_snapshot(), EPOCH), WEB_PUBLIC))
    assert "unhealthy after 2 (about 10 s)" in found
    assert "20 s of draining" in found
    assert found.count("healthy") >= 6


def test_a_group_whose_attributes_were_not_read() -> None:
    start = article_snapshot()
    group = msgspec.structs.replace(start.groups[WEB_PUBLIC], attributes=None)
    snapshot = msgspec.structs.replace(start, groups={WEB_PUBLIC: group})
    assert "attributes         ·" in text(group_document(At(snapshot, EPOCH), WEB_PUBLIC))
    assert group_document(At(snapshot, EPOCH), "gone") is None
