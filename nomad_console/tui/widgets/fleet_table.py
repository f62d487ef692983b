"""The table for clusters of any size, with its cursor, marks, order and mouse."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual import events
from textual.geometry import Region
from textual.message import Message

from nomad_console.tui import keys
from nomad_console.tui.rendering.columns import Column
from nomad_console.tui.rendering.table import Key
from nomad_console.tui.widgets.strips import MARGIN
from nomad_console.tui.widgets.table_body import TableBody

R = TypeVar("R")
_SIDE = 8


class FleetTable(TableBody[R], Generic[R], inherit_bindings=False):
    """Says what the operator chose; its owner decides what that means."""

    BINDINGS = keys.bindings(keys.TABLE)  # type: ignore[assignment]  # Textual's list is of a union

    @dataclass
    class CursorMoved(Message):
        """The operator chose another row."""

        table: "FleetTable[Any]"

    @dataclass
    class RowOpened(Message):
        table: "FleetTable[Any]"
        key: Key

    def move(self, index: int) -> None:
        """Put the cursor on this row; two lines are painted, or the page where it scrolls."""
        shown = self.view.keys
        if not shown:
            return
        old, top = self.cursor, int(self.scroll_y)
        self.cursor = max(0, min(index, len(shown) - 1))
        self.cursor_key = shown[self.cursor]
        self.moved = self.placed = True
        self.scroll_rows(top)
        if int(self.scroll_y) == top:
            self._refresh_rows(old, self.cursor)
        self.post_message(self.CursorMoved(self))

    def sort_by(self, column: Column[R], *, descending: bool = False) -> None:
        self.view.column, self.view.descending = column, descending
        self.rearrange(self._sorted_at)

    def show_whole(self, *, whole: bool) -> None:
        """With what has become history, or without."""
        self.view.whole = whole
        self.rearrange(self._sorted_at)

    def mark(self, wanted: set[Key]) -> None:
        """Marks exactly these."""
        if wanted != self.marks:
            self.marks = wanted
            self.repaint_rows()
            self.post_message(self.ShownChanged(self))

    def action_down(self) -> None:
        self.move(self.cursor + 1)

    def action_up(self) -> None:
        self.move(self.cursor - 1)

    def action_page(self, pages: int) -> None:
        step = pages * max(1, self.body_height - 1)
        top = int(self.scroll_y)
        self.move(self.cursor + step)
        self.scroll_rows(top + step)

    def action_first(self) -> None:
        self.move(0)

    def action_last(self) -> None:
        self.move(len(self.view.keys) - 1)

    def action_sideways(self, direction: int) -> None:
        """To the right first brings the columns that did not fit, then moves over them."""
        if direction > 0 and self.strips.dropped:
            self.all_columns = True
            self._measure()
        elif direction > 0:
            self.x = max(self.x, min(self.x + _SIDE, self.strips.width - self.body_width))
        elif self.x:
            self.x = max(0, self.x - _SIDE)
        elif self.all_columns:
            self.all_columns = False
            self._measure()
        self.repaint_rows()
        self.post_message(self.ShownChanged(self))

    def action_open(self) -> None:
        if self.cursor_key is not None:
            self.post_message(self.RowOpened(self, self.cursor_key))

    def action_mark(self) -> None:
        if self.cursor_key is None:
            return
        self.marks, self.placed = self.marks ^ {self.cursor_key}, True
        self._refresh_rows(self.cursor)
        self.post_message(self.ShownChanged(self))

    def action_mark_all(self) -> None:
        self.mark(self.marks | set(self.view.keys))

    def action_unmark_all(self) -> None:
        self.mark(set())

    def action_sort(self) -> None:
        hidden = self.strips.hidden
        columns = [one for one in self.view.table.columns if one.title and one.key not in hidden]
        index = columns.index(self.view.column) if self.view.column in columns else -1
        self.sort_by(columns[(index + 1) % len(columns)])

    def action_reverse(self) -> None:
        self.sort_by(self.view.column, descending=not self.view.descending)

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            self._sort_at(event.x)
            return
        index = int(self.scroll_y) + event.y - 1
        if index < len(self.view.keys):
            self.move(index)
            if event.chain > 1:
                self.action_open()

    def _sort_at(self, x: int) -> None:
        column = self.strips.column_at(x - MARGIN + self.x)
        if column is not None:
            again = column is self.view.column
            self.sort_by(column, descending=again and not self.view.descending)

    def on_mouse_scroll_right(self) -> None:
        self.action_sideways(1)

    def on_mouse_scroll_left(self) -> None:
        self.action_sideways(-1)

    def _refresh_rows(self, *indexes: int) -> None:
        top, width = int(self.scroll_y), self.body_width
        lines = {index - top + 1 for index in indexes}
        regions = [Region(0, y, width, 1) for y in lines if 0 < y < self.size.height]
        if regions:
            self.refresh(*regions)
