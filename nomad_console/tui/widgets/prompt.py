"""The line at the bottom in which filters and commands are typed."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input
from textual.widgets.input import Selection

from nomad_console.domain.text import printable
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.widgets.line import LineView

_EDITING = {
    key: binding.action
    for binding in Input.BINDINGS
    if not isinstance(binding, tuple) and binding.action != "submit"
    for key in binding.key.split(",")
}


class _Field(Input, can_focus=False):
    """Never takes the focus, and shows its cursor nonetheless."""

    def on_mount(self) -> None:
        self.cursor_blink = False
        self.has_focus = True


class Prompt(Horizontal):
    """Hidden until asked for; `filtering` is / and otherwise it is :.

    The focus stays where it is: keys that come in one burst all take the same way, so that none
    overtakes the one before. The screen hands over those that are meant for this line.
    """

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.filtering = True
        self.display = False
        self._field = _Field(compact=True, id="prompt-input", select_on_focus=False)

    def compose(self) -> ComposeResult:
        yield LineView(id="prompt-sign")
        yield self._field
        yield LineView(id="prompt-word")

    @property
    def text(self) -> str:
        return self._field.value

    def ask(self, *, filtering: bool, text: str = "") -> None:
        """Open with this text selected: what is typed takes its place."""
        self.filtering = filtering
        self.display = True
        self.query_one("#prompt-sign", LineView).show((Cell("/" if filtering else ":", Tone.BUSY),))
        self._field.value = text
        self._field.selection = Selection(0, len(text))
        self.say((Cell("typing replaces it; → edits it", Tone.DIM),) if text else ())

    async def edit(self, event: events.Key) -> bool:
        """Take the key; False where it edits no line."""
        if event.is_printable and event.character is not None:
            self.insert(event.character)
            return True
        action = _EDITING.get(event.key)
        if action is not None:
            await self._field.run_action(action)
        return action is not None

    def insert(self, text: str) -> None:
        """At the cursor, or instead of what is selected."""
        self._field.replace(printable(text), *self._field.selection)

    def say(self, line: Line) -> None:
        """A word beside the field: how many are kept, what is wrong."""
        self.query_one("#prompt-word", LineView).show(line)

    def close(self) -> None:
        self.display = False
