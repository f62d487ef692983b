"""What a table shows and repaints; the keys that move in it are FleetTable's."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.table import Key, Records, Table
from nomad_console.tui.rendering.text import Cell, Tone
from nomad_console.tui.rendering.view import View
from nomad_console.tui.widgets import paint
from nomad_console.tui.widgets.strips import MARGIN, Strips

R = TypeVar("R")
_RESORT_S = 1.0
_WIDE = 10_000


class TableBody(ScrollView, Generic[R], can_focus=True, inherit_bindings=False):
    """Holds an order of keys and paints what is visible of it.

    The cursor stays on its row, whatever comes, goes or is sorted; until somebody has put it on
    one, it stays on the first.
    """

    @dataclass
    class ShownChanged(Message):
        """Marks, order or number of rows: titles and counts must follow."""

        table: "TableBody[Any]"

    def __init__(self, table: Table[R], at: At) -> None:
        super().__init__(id=f"table-{table.kind}")
        self.records = Records(table)
        self.view = View(table, self.records.rows)
        self.marks: set[Key] = set()
        self.notice: tuple[str, ...] = ()
        self.strips: Strips[R] = Strips(table.columns)
        self.cursor = 0
        self.cursor_key: Key | None = None
        self.placed = False  # the cursor was put on its row by somebody
        self._at = at
        self.x = 0  # columns scrolled away to the left
        self.all_columns = False
        self.moved = False
        self._used = 0  # lines below the title that were painted last
        self._moved_at = self._sorted_at = float("-inf")

    @property
    def body_width(self) -> int:
        """What the scroll bar leaves."""
        return self.scrollable_content_region.width

    @property
    def body_height(self) -> int:
        return max(0, self.size.height - 1)

    # The way of the data

    def follow(self, at: At, elapsed: float, differing: set[Key] | None) -> None:
        """Show these records at this time; `differing` None: any may have changed."""
        ticked, self._at = at.now != self._at.now or at.here != self._at.here, at
        self.view.hold(self.records.rows)
        if self.moved:
            self.moved, self._moved_at = False, elapsed
        if differing is None:
            self.rearrange(elapsed)
            return
        if differing and self.view.change(differing, at.now.timestamp()):
            self._rows_moved()
        if elapsed - max(self._moved_at, self._sorted_at) >= _RESORT_S:
            self._settle(elapsed)
        self._repaint(None if ticked else differing)

    def rearrange(self, elapsed: float) -> None:
        """Other rows, another filter or order."""
        self._sorted_at = elapsed
        self.view.arrange(self._at.now.timestamp())
        self.strips.forget()
        self._rows_moved()

    def _settle(self, elapsed: float) -> None:
        """Once in a while, when nobody moves the cursor: every row where it belongs."""
        before, view = self.view.keys, self.view
        now = self._at.now.timestamp()
        if not (view.unsorted or view.filter.ages or view.next_over <= now):
            return
        view.arrange(now)
        self._sorted_at = elapsed
        if before != view.keys:
            self._rows_moved()

    def _rows_moved(self) -> None:
        """Find the cursor's row again and keep it at its height on the screen."""
        shown, old = self.view.keys, self.cursor
        if not self.placed:
            self.cursor = 0
        elif self.cursor_key not in self.view:
            self.cursor = max(0, min(old, len(shown) - 1))
        elif not (old < len(shown) and shown[old] == self.cursor_key):
            self.cursor = shown.index(self.cursor_key)
        self.cursor_key = shown[self.cursor] if shown else None
        self.set_reactive(Widget.virtual_size, Size(self.body_width, len(shown) + 1))
        self.vertical_scrollbar.window_virtual_size = len(shown) + 1
        self.scroll_rows(int(self.scroll_y) + self.cursor - old)
        self._measure()
        self.repaint_rows()
        self.post_message(self.ShownChanged(self))

    def _repaint(self, differing: set[Key] | None) -> None:
        """Only visible rows whose cells read differently; None: look at all visible ones."""
        rows, top = self.records.rows, int(self.scroll_y)
        regions = []
        for y, key in enumerate(self.in_sight(), 1):
            if differing is None or key in differing:
                places = self.strips.update(key, rows[key], self._at)
                if places:
                    left, last = MARGIN + places[0].x - self.x, places[-1]
                    width = MARGIN + last.x + last.width - self.x - left
                    regions.append(Region(left, y, width, 1))
        if differing:
            seen = set(self.view.keys[top : top + self.body_height])
            self.strips.drop(differing - seen)
        if regions and self.strips.settle():
            self.repaint_rows()
            return
        inside = Region(0, 0, self.body_width, self.size.height)
        clipped = [region.intersection(inside) for region in regions]
        if any(clipped):
            self.refresh(*(region for region in clipped if region))

    def in_sight(self) -> list[Key]:
        top = int(self.scroll_y)
        return self.view.keys[top : top + self.body_height]

    def repaint_rows(self) -> None:
        """Title and rows, those that are gone included; not the empty lines below them."""
        used = len(self.in_sight()) or len(self.notice) + 1
        lines, self._used = max(used, self._used) + 1, used
        self.refresh(Region(0, 0, self.body_width, lines))

    def scroll_rows(self, top: int) -> None:
        """So far down that `top` is the first row, and the cursor is seen."""
        height = max(1, self.body_height)
        top = max(self.cursor - height + 1, min(top, self.cursor))
        top = max(0, min(top, len(self.view.keys) - height))
        self.scroll_to(y=top, animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if round(old_value) != round(new_value):
            self._measure()
        super().watch_scroll_y(old_value, new_value)

    def on_resize(self) -> None:
        self.strips.forget()
        self.scroll_rows(int(self.scroll_y))
        self._measure()

    def _measure(self) -> None:
        rows = self.records.rows
        room = _WIDE if self.all_columns else self.body_width
        if self.strips.measure(((key, rows[key]) for key in self.in_sight()), self._at, room):
            self.repaint_rows()

    # Painting

    def render_line(self, y: int) -> Strip:
        return self._line(y).apply_style(self.visual_style.rich_style)

    def _line(self, y: int) -> Strip:
        width = self.body_width
        if y == 0:
            header = self.strips.header(self.view.column.key, descending=self.view.descending)
            return self._crop(Strip([Segment(" " * MARGIN), *header]), width)
        index = int(self.scroll_y) + y - 1
        shown = self.view.keys
        if index >= len(shown):
            notice = self.notice if not shown else ()
            text = notice[y - 2] if 0 <= y - 2 < len(notice) else ""
            tone = Tone.WARN if y == 2 else Tone.DIM  # noqa: PLR2004 — the first line
            return paint.strip((Cell(f"  {text}", tone),), width)
        key = shown[index]
        here = index == self.cursor
        margin = Segment(f"{'▌' if here else ' '}{'*' if key in self.marks else ' '}", paint.MARKED)
        row = self.strips.row(key, self.records.rows[key], self._at)
        line = self._crop(Strip([margin, *row]), width)
        if here:
            return line.apply_style(paint.CURSOR if self.has_focus else paint.CURSOR_AWAY)
        return line

    def _crop(self, line: Strip, width: int) -> Strip:
        """The margin stays; the rest is moved sideways."""
        line = line.extend_cell_length(MARGIN + self.x + width, paint.STYLES[Tone.PLAIN])
        if not self.x:
            return line.crop(0, width)
        moved = line.crop(MARGIN + self.x, self.x + width)
        return Strip.join([line.crop(0, MARGIN), moved])
