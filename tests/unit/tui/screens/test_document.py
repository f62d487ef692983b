"""Screens that are one document."""

from tests.support.consoles import Box, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import seated
from tests.support.snapshots import article_snapshot


async def test_keys_scroll_open_copy_and_lead_back() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (80, 24)) as seat:
        await seat.press("enter")
        await seat.settle()
        assert "enter open" in seat.lines[-1]
        await seat.press("y")
        assert seat.app.clipboard.startswith("edge[1]")
        await seat.press("down", "enter")
        await seat.settle()
        assert "Allocation solo[0] on c1" in seat.text
        await seat.press("escape", "end")
        assert "docker" in seat.text
        await seat.press("home")
        assert "eligibility" in seat.text
        await seat.press("pagedown")
        assert "eligibility" not in seat.text
        await seat.press("escape")
        await seat.settle()
        assert "[1 Nodes 6]" in seat.text


async def test_a_document_that_leads_nowhere_offers_no_enter() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (80, 24)) as seat:
        await seat.press("question_mark")
        await seat.settle()
        assert "enter open" not in seat.lines[-1]
        await seat.press("enter")
        await seat.settle()
        assert " Keys" in seat.lines
