"""The application's own keys and workers."""

import asyncio

import pytest
from textual import events
from textual.worker import WorkerFailed

from nomad_console.tui import keys
from nomad_console.tui.app import Backing, ConsoleApp
from nomad_console.tui.messages import DetailAsked
from tests.support.consoles import FACTS, Box, NoFeeds, Shelf, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import seated
from tests.support.snapshots import article_snapshot, node_id

SIZE = (80, 24)


class Broken(NoFeeds):
    async def run(self) -> None:
        raise RuntimeError("a bug")


async def test_a_bug_in_the_feeds_ends_the_console() -> None:
    clock = ManualClock()
    app = a_console(Box(article_snapshot()), clock, feeds=Broken())
    with pytest.raises(WorkerFailed, match="a bug"):
        async with seated(app, clock, SIZE):
            pass
    assert app.return_code == 1


async def test_quitting_lets_go_of_the_store() -> None:
    clock, box = ManualClock(), Box(article_snapshot())
    async with seated(a_console(box, clock), clock, SIZE) as seat:
        await seat.press("q")
    assert box._callbacks == []


async def test_without_upgrades_nothing_begins() -> None:
    clock = ManualClock()
    app = a_console(Box(article_snapshot()), clock, read_only=True)
    async with seated(app, clock, SIZE) as seat:
        seat.app.start_upgrade((node_id(1),))
        await seat.settle()
        assert keys.READ_ONLY in seat.text


async def test_what_is_too_long_for_a_clipboard_is_not_sent() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, SIZE) as seat:
        seat.app._copy("x" * 80_000, "screen")
        await seat.settle()
        assert "too long" in seat.text
        assert seat.app.clipboard == ""


async def test_the_command_palette_stays_shut() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, SIZE) as seat:
        before = seat.lines[1:]
        await seat.press("ctrl+p")
        assert seat.lines[1:] == before


async def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, SIZE) as seat:
        assert seat.app.no_color
        strips = seat.app.screen._compositor.render_strips()
        colours = {
            colour.triplet
            for strip in strips
            for segment in strip
            if segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None and colour.triplet is not None
        }
        assert {len({*triplet}) for triplet in colours} == {1}


async def test_there_is_one_keys_page_however_often_it_is_asked_for() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, SIZE) as seat:
        for _ in range(3):  # all before anything is handled
            seat.app.post_message(events.Key("question_mark", "?"))
        await seat.settle()
        assert "Everywhere" in await seat.press("question_mark")
        text = await seat.press("escape")
        assert "1 Nodes" in text


async def test_the_first_screen_stands_before_anything_is_connected() -> None:
    clock, box, feeds = ManualClock(), Box(article_snapshot()), NoFeeds()
    begun, arrived = asyncio.Event(), asyncio.Event()

    async def connect() -> Backing:
        begun.set()
        await arrived.wait()
        return Backing(feeds, Shelf())

    app = ConsoleApp(FACTS, box, connect, clock, read_only=False)
    async with seated(app, clock, SIZE) as seat:
        await begun.wait()
        assert "1 Nodes" in seat.text
        assert app.shared.lookups is None
        seat.app.post_message(DetailAsked("nodes", node_id(1)))
        assert "c1" in await seat.press("escape")
        assert feeds.looked == []
        arrived.set()
        await seat.settle()
        assert app.shared.lookups is not None
        assert feeds.looked[-1].visible
