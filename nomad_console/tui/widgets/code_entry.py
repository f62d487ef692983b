"""Where a gate's code is typed: two characters, one after the other, never pasted."""

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widget import Widget

LENGTH = 2


class CodeEntry(Widget, can_focus=True, inherit_bindings=False):
    """Invisible; takes the focus when `c` was pressed and gives it back after two characters."""

    DEFAULT_CSS = "CodeEntry { width: 0; height: 0; position: absolute; }"

    @dataclass
    class Typed(Message):
        """So many characters were typed; `whole` when there are enough of them."""

        text: str
        whole: bool

    @dataclass
    class Left(Message):
        """Given up, with the reason."""

        why: str

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def begin(self) -> None:
        self.text = ""
        self.focus()

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if event.key == "escape" or event.character is None or not event.character.isprintable():
            self.post_message(self.Left("not answered"))
            return
        self.text += event.character
        self.post_message(self.Typed(self.text, len(self.text) >= LENGTH))
        if len(self.text) >= LENGTH:
            self.text = ""

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.text = ""
        self.post_message(self.Left("pasting never answers a gate"))
