"""A node's own words for its state."""

from datetime import UTC, datetime, timedelta

import pytest

from nomad_console.domain.node import NodeEvent
from tests.support.records import a_detail, a_node

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


def event(message: str, before_noon: timedelta, subsystem: str = "Cluster") -> NodeEvent:
    return NodeEvent(subsystem, message, NOON - before_noon, {})


REGISTERED = event("Node registered", MONTH)
MISSED = event("Node heartbeat missed", timedelta(hours=1))


@pytest.mark.parametrize("status", ["initializing", "down", "disconnected", "new word"])
def test_only_ready_is_ready(status: str) -> None:
    assert a_node(status="ready").ready
    assert not a_node(status=status).ready


def test_only_eligible_is_eligible() -> None:
    assert a_node().eligible
    assert not a_node(eligibility="ineligible").eligible


@pytest.mark.parametrize(
    ("status", "events", "since"),
    [
        ("ready", (), NOON),
        ("ready", (REGISTERED,), NOON),
        ("down", (REGISTERED, event("Node heartbeat missed", timedelta())), NOON),
        ("ready", (REGISTERED, event("Node drain strategy set", MONTH / 2, "Drain")), NOON),
    ],
)
def test_the_time_of_a_status_is_nomads_own(
    status: str, events: tuple[NodeEvent, ...], since: datetime
) -> None:
    assert a_detail(status_updated_at=NOON, events=events).status_since(status) == since


@pytest.mark.parametrize(
    "moved",
    [
        event("Node marked as ineligible for scheduling", timedelta(milliseconds=700)),
        event("Node marked as eligible for scheduling", timedelta()),
        event("Node drain strategy set", timedelta(seconds=-1), "Drain"),
        event("Node drain complete", timedelta(), "Drain"),
    ],
)
def test_a_cordon_or_a_drain_changes_no_status(moved: NodeEvent) -> None:
    detail = a_detail(status_updated_at=NOON, events=(REGISTERED, moved))
    assert detail.status_since("ready") == NOON - MONTH
    forgotten = a_detail(status_updated_at=NOON, events=(moved,))
    assert forgotten.status_since("ready") is None
    back = a_detail(status_updated_at=NOON, events=(REGISTERED, MISSED, moved))
    assert back.status_since("ready") is None
    assert back.status_since("down") == MISSED.at
