"""The screen as text."""

from textual.app import App, ComposeResult

from nomad_console.tui.rendering.text import Cell
from nomad_console.tui.widgets.grid import screen_text
from nomad_console.tui.widgets.line import LineView


class Two(App[None]):
    def compose(self) -> ComposeResult:
        yield LineView(id="one")
        yield LineView(id="two")


async def test_lines_as_they_stand() -> None:
    async with Two().run_test(size=(20, 3)) as pilot:
        pilot.app.query_one("#one", LineView).show((Cell("first"),))
        pilot.app.query_one("#two", LineView).show((Cell("  日本"),))
        await pilot.pause()
        assert screen_text(pilot.app.screen) == "first\n  日本\n"
