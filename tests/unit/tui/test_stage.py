"""The application is what those who put screens on it take it for."""

from nomad_console.tui.stage import Stage
from tests.support.consoles import FACTS, Box, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import seated
from tests.support.snapshots import article_snapshot


async def test_the_console_is_a_stage() -> None:
    clock = ManualClock()
    app = a_console(Box(article_snapshot()), clock)
    async with seated(app, clock) as seat:
        stage: Stage = app
        assert stage.shared.facts is FACTS
        assert stage.screen is app.screen
        stage.say("a word")
        await seat.settle()
        assert "a word" in seat.text
