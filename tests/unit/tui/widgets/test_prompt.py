"""The line at the bottom."""

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input

from nomad_console.tui.rendering.text import Cell
from nomad_console.tui.widgets.prompt import Prompt


class Typist(App[None]):
    """Hands every key over, as a screen does."""

    def __init__(self) -> None:
        super().__init__()
        self.prompt = Prompt()
        self.left: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.prompt

    async def on_key(self, event: events.Key) -> None:
        if not await self.prompt.edit(event):
            self.left.append(event.key)


async def test_what_is_typed_takes_the_place_of_what_was_there() -> None:
    app = Typist()
    async with app.run_test(size=(80, 3)) as pilot:
        assert not app.prompt.display
        app.prompt.ask(filtering=True, text="old words")
        assert app.prompt.text == "old words"
        await pilot.press(*"web")
        assert app.prompt.text == "web"
        app.prompt.close()
        assert not app.prompt.display


async def test_an_arrow_goes_on_with_what_was_there() -> None:
    app = Typist()
    async with app.run_test(size=(80, 3)) as pilot:
        app.prompt.ask(filtering=True, text="web")
        await pilot.press("right", *"-x", "left", "backspace", "home", "delete", "enter", "down")
        assert app.prompt.text == "ebx"
        assert app.left == ["enter", "down"]
        await pilot.press("ctrl+e", "ctrl+u")
        assert app.prompt.text == ""


async def test_it_shows_its_cursor_without_the_focus_and_no_control_character() -> None:
    app = Typist()
    async with app.run_test(size=(80, 3)) as pilot:
        app.prompt.ask(filtering=False)
        app.prompt.say((Cell("a word"),))
        app.prompt.insert("a\x1b[31mb")
        await pilot.pause()
        assert app.focused is None
        assert "\x1b" not in app.prompt.text
        field = app.prompt.query_one(Input)
        painted = [segment.style for segment in field.render_line(0) if segment.style]
        assert any(style.reverse or style.bgcolor != painted[0].bgcolor for style in painted)
