"""Filters and commands typed on the dashboard."""

import pytest
from textual import events

from nomad_console.tui.screens.dashboard import Dashboard
from tests.support.consoles import Box, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import seated
from tests.support.snapshots import article_snapshot


async def test_commands() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (120, 24)) as seat:
        text = await seat.press("colon", *"filter", "space", *"c3", "enter")
        assert "/c3 keeps 1, hides 5" in text
        await seat.press("a")
        assert "1 marked" in seat.lines[1]
        await seat.press("colon", *"unmark", "enter")
        assert "marked" not in seat.text
        text = await seat.press("colon", *"sort", "space", *"colour", "enter")
        assert "no column colour" in text
        text = await seat.press("colon", *"filter", "space", *"/[/", "enter")
        assert "bad regex" in text
        await seat.press("colon", *"keys", "enter")
        await seat.settle()
        assert "Everywhere" in seat.text


async def test_leaving_a_filter_brings_the_one_before_back() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (120, 24)) as seat:
        await seat.press("slash", *"c3", "enter")
        assert "typing replaces it" in await seat.press("slash")
        text = await seat.press(*"c")
        assert "keeps 6, hides 0" in text
        assert "/c3 keeps 1" in await seat.press("escape")
        assert "/c3 keeps 1" in await seat.press("slash", "enter")
        assert "keeps 0, hides 6" in await seat.press("slash", "right", "4")


SIGNS = {"/": "slash", "\r": "enter", ":": "colon", " ": "space", "\x1b": "escape"}


@pytest.mark.parametrize(
    ("burst", "seen"),
    [
        ("/c3\r", "/c3 keeps 1, hides 5"),
        ("/c3\r:unmark\ra", " 1 marked"),
        ("/c3\rj/c4\rq", ""),
        (":sort version\r", "VERSION▲"),
        ("2/web\r", "2 Allocations of c1 · 3 of 17 · /web keeps 1"),
        ("/c3\r/quit\x1b", "/c3 keeps 1, hides 5"),
    ],
)
async def test_keys_of_one_burst_reach_the_line_that_the_first_of_them_opens(
    burst: str, seen: str
) -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (200, 50)) as seat:
        for character in burst:  # all before anything is handled, as from one packet
            key = SIGNS.get(character, character)
            seat.app.post_message(events.Key(key, character))
        await seat.settle()
        assert not seat.app.screen.query_one("#prompt").display
        assert seen in seat.text
        assert seat.app._exit == burst.endswith("q")


async def test_the_line_keeps_a_burst_that_does_not_end_it() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (200, 50)) as seat:
        for character in "/q u?":
            key = SIGNS.get(character, character)
            seat.app.post_message(events.Key(key, character))
        await seat.settle()
        assert " q u?" in seat.text.replace("/", " ")
        assert not seat.app._exit


async def test_pasted_text_goes_into_an_open_line_and_nowhere_else() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (200, 50)) as seat:
        seat.app.post_message(events.Paste("quit\n"))
        await seat.settle()
        assert "pasted text is no keys: nothing done" in seat.text
        await seat.press("slash")
        seat.app.post_message(events.Paste("c3\nq\n"))
        await seat.settle()
        assert "keeps 1, hides 5" in seat.text
        await seat.press("escape", "colon")
        seat.app.post_message(events.Paste("sort version"))
        assert "VERSION▲" in await seat.press("enter")


async def test_tab_closes_the_line_and_the_keys_after_it_are_keys() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (200, 50)) as seat:
        await seat.press("slash", *"c3", "tab", "space")
        assert not seat.app.screen.query_one("#prompt").display
        assert "/c3 keeps 1, hides 5" in seat.text
        assert "1 marked" in seat.text


async def test_a_click_elsewhere_closes_the_line_and_keeps_what_was_typed() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (200, 50)) as seat:
        assert "keeps 1, hides 5" in await seat.press("slash", *"c3")
        await seat.pilot.click(offset=(130, 16))
        await seat.settle()
        assert not seat.app.screen.query_one("#prompt").display
        assert "/c3 keeps 1, hides 5" in seat.text


async def test_what_is_wrong_is_said_until_the_next_key() -> None:
    clock = ManualClock()
    app = a_console(Box(article_snapshot()), clock, read_only=True)
    async with seated(app, clock, (120, 24)) as seat:
        assert "no column zzz" in await seat.press("colon", *"sort", "space", *"zzz", "enter")
        assert " sign " not in seat.text
        text = await seat.press("colon", *"sort", "space", *"allocs", "enter")
        assert "no column" not in text
        assert "ALLOCS▲" in text
        app.start_upgrade(())
        await seat.settle()
        assert "read-only" in seat.text
        assert "read-only" not in await seat.press("colon", *"nodes", "enter")
        assert "panes unlinked" in await seat.press("L")


async def test_the_line_stays_open_when_another_pane_was_chosen_just_before() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (200, 50)) as seat:
        dashboard = seat.app.screen
        assert isinstance(dashboard, Dashboard)
        dashboard.action_show_pane(1)  # both before the new focus was told, as on a slow line
        dashboard.action_filter()
        await seat.settle()
        assert dashboard.prompt.display
        await seat.press(*"web", "enter")
        assert "/web keeps" in seat.text


async def test_the_line_shows_the_sign_it_was_opened_with() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (120, 24)) as seat:
        for key, sign in (("slash", "/"), ("colon", ":"), ("slash", "/")):
            await seat.press(key)
            assert seat.lines[-2].strip() == sign
            await seat.press("escape")
