"""Painted rows, kept until they read differently."""

from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.tui.rendering.columns import At, Column
from nomad_console.tui.rendering.text import Cell
from nomad_console.tui.widgets.strips import Strips
from tests.support.manual_clock import EPOCH

AT = At(ClusterSnapshot(), EPOCH)
Row = tuple[str, str]


class Counting:
    """Columns that count how often a cell was formatted."""

    def __init__(self) -> None:
        self.formatted = 0
        self.columns = (
            Column[Row]("name", "NAME", self._name, lambda row: row[0], low=4, high=8, keep=9),
            Column[Row](
                "zone", "ZONE", lambda row, _: Cell(row[1]), lambda row: row[1], right=True
            ),
        )

    def _name(self, row: Row, _: At) -> Cell:
        self.formatted += 1
        return Cell(row[0])


def test_rows_are_formatted_once() -> None:
    counting = Counting()
    strips = Strips(counting.columns)
    strips.measure([("a", ("c1", "z"))], AT, 40)
    assert strips.row("a", ("c1", "z"), AT).text == "c1       z"
    strips.row("a", ("c1", "z"), AT)
    assert counting.formatted == 1


def test_only_places_that_read_differently_are_told() -> None:
    strips = Strips(Counting().columns)
    strips.measure([("a", ("c1", "z"))], AT, 40)
    assert strips.update("a", ("c1", "z"), AT) == []
    assert [place.number for place in strips.update("a", ("c1", "y"), AT)] == [1]
    assert "y" in strips.row("a", ("c1", "y"), AT).text


def test_columns_grow_and_leave_with_the_room() -> None:
    strips = Strips(Counting().columns)
    assert strips.measure([("a", ("c1", "z"))], AT, 40)
    assert not strips.measure([("b", ("c2", "z"))], AT, 40)
    strips.update("b", ("longer-than-eight", "z"), AT)
    assert strips.settle()
    assert strips.places[0].width == 8
    strips.measure([], AT, 12)
    assert (len(strips.places), strips.dropped) == (1, 1)
    strips.hidden = frozenset({"zone"})
    strips.measure([], AT, 40)
    assert strips.dropped == 0


def test_the_header_shows_the_order_and_is_found_again() -> None:
    strips = Strips(Counting().columns)
    strips.measure([], AT, 40)
    assert strips.header("zone", descending=True).text == "NAME  ZONE▼ "
    assert strips.header("name", descending=False).text == "NAME▲ ZONE  "
    found = [strips.column_at(x) for x in (0, 5, 6, 40)]
    assert [one.key if one else "" for one in found] == ["name", "name", "zone", ""]


def test_text_holds_what_is_not_on_screen() -> None:
    strips = Strips(Counting().columns)
    assert strips.text("a", ("c1", "very-far-away\x1b"), AT) == "c1\tvery-far-away�"


def test_dropped_rows_are_formatted_again() -> None:
    counting = Counting()
    strips = Strips(counting.columns)
    strips.measure([("a", ("c1", "z"))], AT, 40)
    strips.drop({"a"})
    strips.row("a", ("c1", "z"), AT)
    strips.forget()
    strips.row("a", ("c1", "z"), AT)
    assert counting.formatted == 3
