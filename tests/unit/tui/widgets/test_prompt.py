"""The line at the bottom."""

from textual import on
from textual.app import App, ComposeResult

from nomad_console.tui.messages import CommandEntered, FilterEdited, PromptLeft
from nomad_console.tui.rendering.text import Cell
from nomad_console.tui.widgets.prompt import Prompt


class Typist(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []
        self.prompt = Prompt()

    def compose(self) -> ComposeResult:
        yield self.prompt

    @on(FilterEdited)
    @on(CommandEntered)
    @on(PromptLeft)
    def _hear(self, message: object) -> None:
        self.heard.append(message)


async def test_a_filter_is_told_with_every_key_and_confirmed_with_enter() -> None:
    app = Typist()
    async with app.run_test(size=(80, 3)) as pilot:
        assert not app.prompt.display
        app.prompt.ask(filtering=True, text="w")
        await pilot.press("e", "b", "enter")
        await pilot.pause()
        assert app.heard == [
            FilterEdited("we"),
            FilterEdited("web"),
            FilterEdited("web", final=True),
        ]


async def test_a_command_is_told_once_and_escape_leaves() -> None:
    app = Typist()
    async with app.run_test(size=(80, 3)) as pilot:
        app.prompt.ask(filtering=False)
        app.prompt.say((Cell("a word"),))
        await pilot.press("q", "enter", "escape")
        await pilot.pause()
        assert app.heard == [CommandEntered("q"), PromptLeft(filtering=False)]
        app.prompt.close()
        assert not app.prompt.display
