"""A terminal that is too small."""

from textual.app import App

from nomad_console.tui.screens.too_small import TooSmall
from nomad_console.tui.widgets.grid import screen_text


async def test_the_sentence_names_the_least() -> None:
    async with App[None]().run_test(size=(50, 5)) as pilot:
        await pilot.app.push_screen(TooSmall((60, 15)))
        await pilot.pause()
        assert "it needs 60×15" in screen_text(pilot.app.screen)
