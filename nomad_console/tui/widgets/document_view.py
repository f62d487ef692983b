"""A document that scrolls; the cursor stops at lines that lead somewhere."""

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from nomad_console.tui.rendering.document import Document, Entry, Link
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.widgets import paint


class DocumentView(ScrollView, can_focus=True, inherit_bindings=False):
    """Repaints only the lines that differ from those shown before."""

    def __init__(self, name: str = "document") -> None:
        super().__init__(id=name)
        self.entries: tuple[Entry, ...] = ()
        self.cursor: int | None = None

    def show(self, document: Document) -> None:
        old, self.entries = self.entries, document.entries
        links = self._links()
        if self.cursor not in links:
            below = [line for line in links if self.cursor is not None and line <= self.cursor]
            self.cursor = below[-1] if below else links[0] if links else None
        if len(old) != len(self.entries):
            self.set_reactive(
                Widget.virtual_size, Size(self.scrollable_content_region.width, len(self.entries))
            )
            self.vertical_scrollbar.window_virtual_size = len(self.entries)
            self.refresh()
            return
        top, width = int(self.scroll_y), self.scrollable_content_region.width
        pairs = enumerate(zip(old, self.entries, strict=True))
        changed = [line - top for line, (before, now) in pairs if before != now]
        regions = [Region(0, y, width, 1) for y in changed if 0 <= y < self.size.height]
        if regions:
            self.refresh(*regions)

    @property
    def link(self) -> Link | None:
        return None if self.cursor is None else self.entries[self.cursor].link

    @property
    def room(self) -> int:
        """Columns of a line; below 1 until it has been laid out."""
        return self.scrollable_content_region.width - 1

    def text(self) -> str:
        """The line under the cursor, else the whole document."""
        if self.cursor is not None:
            return plain(self.entries[self.cursor].line).strip()
        return "\n".join(plain(entry.line) for entry in self.entries)

    def step(self, direction: int) -> None:
        """To the next link in that direction if it is in sight, else a line on."""
        ahead = [
            line
            for line in self._links()
            if self.cursor is not None and (line - self.cursor) * direction > 0
        ]
        nearest = min(ahead, key=lambda line: line * direction, default=None)
        top, height = int(self.scroll_y), self.size.height
        if nearest is None or not top - 1 <= nearest <= top + height:
            self.jump(top + direction)
            return
        self.cursor = nearest
        self.jump(max(nearest - height + 1, min(top, nearest)))
        self.refresh()

    def page(self, pages: int) -> None:
        self.jump(int(self.scroll_y) + pages * max(1, self.size.height - 1))

    def jump(self, top: int) -> None:
        most = max(0, len(self.entries) - self.size.height)
        self.scroll_to(y=max(0, min(top, most)), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        index, width = int(self.scroll_y) + y, self.scrollable_content_region.width
        if index >= len(self.entries):
            return Strip.blank(width, self.rich_style)
        here = index == self.cursor
        strip = paint.strip(self.entries[index].line, width - 1)
        strip = Strip([Segment("▌" if here else " ", paint.MARKED), *strip], width)
        strip = strip.apply_style(paint.CURSOR) if here else strip
        return strip.apply_style(self.visual_style.rich_style)

    def on_click(self, event: events.Click) -> None:
        index = int(self.scroll_y) + event.y
        if index in self._links():
            self.cursor = index
            self.refresh()

    def _links(self) -> list[int]:
        return [line for line, entry in enumerate(self.entries) if entry.link is not None]
