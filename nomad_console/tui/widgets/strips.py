"""The painted rows of a table, kept until what they show changes."""

from collections.abc import Collection, Iterable, Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from textual.strip import Strip

from nomad_console.tui.rendering.columns import GAP, At, Column, Place, placed
from nomad_console.tui.rendering.table import Key
from nomad_console.tui.rendering.text import Cell, Tone, columns_of, fit
from nomad_console.tui.widgets import paint

R = TypeVar("R")
MARGIN = 2  # the cursor's sign and the mark's
_KEPT = 4000


class Strips(Generic[R]):
    """Formats only rows that were asked for; each again only when its cells differ."""

    def __init__(self, columns: Sequence[Column[R]]) -> None:
        self.columns = columns
        self.places: tuple[Place, ...] = ()
        self.hidden: frozenset[str] = frozenset()
        self._room = 0
        self._wants = [0] * len(columns)
        self._cells: dict[Key, tuple[Cell, ...]] = {}
        self._strips: dict[Key, Strip] = {}

    @property
    def width(self) -> int:
        return MARGIN + (self.places[-1].x + self.places[-1].width if self.places else 0)

    @property
    def dropped(self) -> int:
        """Columns for which there is no room."""
        shown = sum(column.key not in self.hidden for column in self.columns)
        return shown - len(self.places)

    def forget(self) -> None:
        """Other rows, another width: begin anew."""
        self._wants = [0] * len(self.columns)
        self._cells.clear()
        self._strips.clear()

    def drop(self, keys: Collection[Key]) -> None:
        for key in keys:
            self._cells.pop(key, None)
            self._strips.pop(key, None)

    def measure(self, rows: Iterable[tuple[Key, R]], at: At, room: int) -> bool:
        """Format these rows and let columns grow to fit them; whether the layout moved."""
        if len(self._cells) > _KEPT:
            self._cells.clear()
            self._strips.clear()
        wants = self._wants
        for key, row in rows:
            if key not in self._cells:
                cells = self._cells[key] = self._format(row, at)
                for number, cell in enumerate(cells):
                    wants[number] = max(wants[number], columns_of(cell.text))
        self._room = room
        return self._place()

    def update(self, key: Key, row: R, at: At) -> list[Place]:
        """Format a row again; the places whose cells now read differently."""
        old, new = self._cells.get(key), self._format(row, at)
        if old == new:
            return []
        self._cells[key] = new
        self._strips.pop(key, None)
        for number, cell in enumerate(new):
            self._wants[number] = max(self._wants[number], columns_of(cell.text))
        if old is None:
            return list(self.places)
        return [place for place in self.places if old[place.number] != new[place.number]]

    def settle(self) -> bool:
        """Give columns the width their cells now want; whether any place moved."""
        return self._place()

    def row(self, key: Key, row: R, at: At) -> Strip:
        """The row's own part of its line, without margin and cursor."""
        kept = self._strips.get(key)
        if kept is None:
            cells = self._cells.get(key)
            if cells is None:
                cells = self._cells[key] = self._format(row, at)
            kept = self._strips[key] = self._paint(cells)
        return kept

    def header(self, key: str, *, descending: bool) -> Strip:
        segments = []
        for place in self.places:
            column = self.columns[place.number]
            arrow = ("▼" if descending else "▲") if column.key == key else " "
            title = fit(column.title, place.width, right=column.right)
            if not column.right:
                title = fit(column.title + arrow, place.width + 1)
            else:
                title += arrow
            segments.append(Segment(title + " ", paint.TITLE))
        return Strip(segments)

    def text(self, key: Key, row: R, at: At) -> str:
        """The whole row, also what is not on screen, separated by tabs."""
        cells = self._cells.get(key) or self._format(row, at)
        return "\t".join(fit(cell.text, columns_of(cell.text)) for cell in cells)

    def column_at(self, x: int) -> Column[R] | None:
        """The column whose title covers this x, counted from the left margin."""
        for place in self.places:
            if place.x <= x < place.x + place.width + GAP:
                return self.columns[place.number]
        return None

    def _format(self, row: R, at: At) -> tuple[Cell, ...]:
        return tuple(column.cell(row, at) for column in self.columns)

    def _paint(self, cells: tuple[Cell, ...]) -> Strip:
        gap = Segment(" " * GAP, paint.STYLES[Tone.PLAIN])
        segments = []
        for place in self.places:
            right = self.columns[place.number].right
            segments += [paint.segment(cells[place.number], place.width, right=right), gap]
        return Strip(segments[:-1])

    def _place(self) -> bool:
        shown = [
            number for number, column in enumerate(self.columns) if column.key not in self.hidden
        ]
        found = placed(
            [self.columns[number] for number in shown],
            [self._wants[number] for number in shown],
            self._room - MARGIN,
        )
        places = tuple(place._replace(number=shown[place.number]) for place in found)
        if places == self.places:
            return False
        self.places = places
        self._strips.clear()
        return True
