"""Details read their subject themselves."""

import msgspec
import pytest

from nomad_console.domain.snapshot import SourceState
from nomad_console.tui.messages import DetailAsked
from tests.support.consoles import Box, Shelf, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import seated
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_target,
    allocation_id,
    article_snapshot,
    node_id,
    with_allocation,
    with_source,
)

SIZE = (100, 30)


@pytest.mark.parametrize(
    ("kind", "key", "asked"),
    [
        ("nodes", node_id(1), ("node", node_id(1))),
        ("jobs", ("default", "web"), ("job", ("default", "web"))),
        ("groups", WEB_PUBLIC, ("targets", WEB_PUBLIC)),
        ("targets", a_target(WEB_PUBLIC, 1).key, ("targets", WEB_PUBLIC)),
    ],
)
async def test_each_kind_is_read_once(kind: str, key: object, asked: object) -> None:
    clock, shelf = ManualClock(), Shelf()
    app = a_console(Box(article_snapshot()), clock, lookups=shelf)
    async with seated(app, clock, SIZE) as seat:
        app.post_message(DetailAsked(kind, key))
        await seat.settle()
        await seat.settle(3)
        assert shelf.asked == [asked]


async def test_an_allocation_is_read_again_when_it_changed() -> None:
    clock, shelf, box = ManualClock(), Shelf(), Box(article_snapshot())
    app = a_console(box, clock, lookups=shelf)
    async with seated(app, clock, SIZE) as seat:
        app.post_message(DetailAsked("allocations", allocation_id("web", 0)))
        await seat.settle()
        await seat.settle(3)
        box.publish(with_allocation(box.latest, "web", 0, modify_index=5000))
        await seat.settle()
        assert shelf.asked == [("allocation", allocation_id("web", 0))] * 2


async def test_a_reading_that_fails_is_said_and_what_is_known_stays() -> None:
    clock = ManualClock()
    app = a_console(Box(article_snapshot()), clock, lookups=Shelf("node"))
    async with seated(app, clock, SIZE) as seat:
        await seat.press("enter")
        await seat.settle()
        assert "could not be read anew" in seat.text
        assert "not read anew" in seat.line("connection refused")
        assert "try again" in seat.text
        assert "Node c1" in seat.text
        assert "eligible" in seat.text


async def test_a_reading_that_failed_is_made_again_when_its_source_is_back() -> None:
    clock, shelf, box = ManualClock(), Shelf("node"), Box(article_snapshot())
    async with seated(a_console(box, clock, lookups=shelf), clock, SIZE) as seat:
        await seat.press("enter")
        await seat.settle(5)
        assert len(shelf.asked) == 1
        assert "connection refused" in seat.text
        box.publish(with_source(box.latest, "nomad", SourceState.STALE, "connection refused"))
        await seat.settle()
        shelf.failing = ()
        box.publish(article_snapshot())
        await seat.settle()
        await seat.settle()
        assert len(shelf.asked) == 2
        assert "connection refused" not in seat.text


async def test_what_was_never_read_says_why_and_not_that_it_is_gone() -> None:
    clock = ManualClock()
    app = a_console(Box(article_snapshot()), clock, lookups=Shelf("job"))
    async with seated(app, clock, SIZE) as seat:
        app.post_message(DetailAsked("jobs", ("default", "unheard-of")))
        await seat.settle()
        await seat.settle()
        assert "connection refused" in seat.text
        assert "no longer in the cluster" not in seat.text


async def test_a_subject_that_is_gone_stays_and_is_said() -> None:
    clock, box = ManualClock(), Box(article_snapshot())
    async with seated(a_console(box, clock), clock, SIZE) as seat:
        await seat.press("enter")
        await seat.settle()
        box.publish(msgspec.structs.replace(box.latest, nodes={}))
        await seat.settle()
        assert "no longer in the cluster" in seat.text
        assert "Node c1" in seat.text
