"""Every key that works here, and how filters are written."""

from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.rendering.document import HANG, Document, Entry, fact, heading
from nomad_console.tui.rendering.text import Cell, Tone
from nomad_console.tui.rendering.wrapping import folded
from nomad_console.tui.screens.document import DocumentScreen

_FILTERS = (
    ("words", "each must occur in the row's columns but ID, in any order, in any case"),
    ("-word", "must not occur"),
    ('"a phrase"', "as it stands"),
    ("field:text", "the column of that name holds the text: state:down version:2.0.4"),
    ("field>3", "a number is greater, field<3 smaller; ages as 90s 5m 2h 1d: age<10m"),
    ("/regex/", "anywhere in those columns; a minus before any of these turns it round"),
)
_SIGNS = (
    ("·", "not known yet"),
    ("\u2013", "known: there is nothing"),
    ("▌ *", "cursor, mark"),
    ("✗ ◐ ○ !", "not ready, draining, ineligible, systems disagree"),
    ("2.0.4 ↑", "older than the newest server"),
    ("> 00:41", "at least so long: it was so when this console began to watch"),
)


def document(*, read_only: bool, width: int) -> Document:
    """Nothing is wider than `width`; below 1 as wide as it comes."""
    entries: list[Entry] = []
    for title, group in (*keys.GROUPS, *(() if read_only else keys.WRITING_GROUPS)):
        entries += heading(title)
        shown = keys.working(group, read_only=read_only)
        entries += [fact(key.label, Cell(key.help)) for key in shown]
    entries += heading("Filters", "/ in any table")
    entries += [fact(form, Cell(meaning)) for form, meaning in _FILTERS]
    entries += heading("Signs")
    entries += [fact(sign, Cell(meaning)) for sign, meaning in _SIGNS]
    if read_only:
        entries += [*heading("Read-only"), Entry((Cell(f"    {keys.READ_ONLY}", Tone.WARN),))]
    return folded(Document("Keys", tuple(entries[1:])), width, HANG)


class KeysScreen(DocumentScreen):
    def document(self, frame: Frame) -> Document | None:  # noqa: ARG002 — keys do not change
        return document(read_only=self.shared.read_only, width=self.view.room)
