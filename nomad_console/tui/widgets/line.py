"""One line of cells that repaints no more than what changed."""

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from nomad_console.tui.rendering.text import Line
from nomad_console.tui.widgets import paint


class LineView(Widget):
    """`show` takes the new line; only the columns that differ go to the terminal."""

    DEFAULT_CSS = "LineView { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 — Textual's own name
        super().__init__(id=id, classes=classes)
        self.line: Line = ()
        self._strip = Strip.blank(0)

    def show(self, line: Line) -> None:
        if line == self.line:
            return
        self.line = line
        old, self._strip = self._strip, self.paint(self.size.width)
        first, last = differing_columns(old, self._strip)
        if not self._strip.cell_length:  # hidden: what was painted before must not come back
            self.refresh()
        elif last > first:
            self.refresh(Region(first, 0, last - first, 1))

    def paint(self, width: int) -> Strip:
        return paint.strip(self.line, width)

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        if self._strip.cell_length != self.size.width:
            self._strip = self.paint(self.size.width)
        return self._strip.apply_style(self.visual_style.rich_style)


def differing_columns(old: Strip, new: Strip) -> tuple[int, int]:
    """The first column that differs and the one after the last; equal numbers where none does."""
    if old.cell_length != new.cell_length:
        return 0, new.cell_length
    before, after = list(old), list(new)
    first = 0
    while before and after and before[0] == after[0]:
        first += before.pop(0).cell_length
        after.pop(0)
    last = new.cell_length
    while before and after and before[-1] == after[-1]:
        last -= before.pop().cell_length
        after.pop()
    return first, max(first, last) if after else first
