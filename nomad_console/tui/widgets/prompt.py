"""The line at the bottom in which filters and commands are typed."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from nomad_console.tui.messages import CommandEntered, FilterEdited, PromptLeft
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.widgets.line import LineView


class Prompt(Horizontal):
    """Hidden until asked for; `filtering` is / and otherwise it is :."""

    BINDINGS = [("escape", "leave", "leave")]  # noqa: RUF012 — Textual reads a plain list

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.filtering = True
        self.display = False

    def compose(self) -> ComposeResult:
        yield LineView(id="prompt-sign")
        yield Input(compact=True, id="prompt-input", select_on_focus=False)
        yield LineView(id="prompt-word")

    def ask(self, *, filtering: bool, text: str = "") -> None:
        self.filtering = filtering
        self.display = True
        self.query_one("#prompt-sign", LineView).show((Cell("/" if filtering else ":", Tone.BUSY),))
        field = self.query_one(Input)
        field.cursor_blink = False
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        self.screen.set_focus(field)  # at once: what is typed next is meant for it
        self.say(())

    def say(self, line: Line) -> None:
        """A word beside the field: how many are kept, what is wrong."""
        self.query_one("#prompt-word", LineView).show(line)

    def close(self) -> None:
        self.display = False

    @on(Input.Changed)
    def _edited(self, event: Input.Changed) -> None:
        event.stop()
        if self.filtering and self.display:
            self.post_message(FilterEdited(event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value
        self.post_message(
            FilterEdited(text, final=True) if self.filtering else CommandEntered(text)
        )

    def action_leave(self) -> None:
        self.post_message(PromptLeft(self.filtering))
