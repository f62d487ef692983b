"""What every screen has in common."""

from nomad_console.domain.snapshot import Changes
from nomad_console.tui.screens.base import ConsoleScreen
from tests.support.consoles import Box, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import seated
from tests.support.snapshots import article_snapshot, node_id, with_node


async def test_a_word_is_shown_for_a_few_seconds() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (80, 24)) as seat:
        seat.app.say("a word")
        await seat.settle()
        assert seat.lines[-2] == " a word"
        await seat.settle(7)
        assert "a word" not in seat.text


async def test_a_screen_catches_up_with_what_it_missed() -> None:
    clock, box = ManualClock(), Box(article_snapshot())
    async with seated(a_console(box, clock), clock, (80, 24)) as seat:
        await seat.press("question_mark")
        await seat.settle()
        changed = with_node(box.latest, 2, status="down")
        box.publish(changed, Changes(nodes=frozenset({node_id(2)})))
        await seat.settle()
        assert isinstance(seat.app.screen, ConsoleScreen)
        await seat.press("escape")
        await seat.settle()
        assert "down" in seat.line(" c2 ")
