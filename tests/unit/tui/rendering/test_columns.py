"""Which columns fit, and how they are named."""

from nomad_console.tui.rendering.columns import Column, Place, column, placed
from nomad_console.tui.rendering.text import Cell


def a_column(key: str, low: int, high: int, keep: int) -> Column[str]:
    return Column(
        key, key.upper(), lambda row, _: Cell(row), lambda row: row, low=low, high=high, keep=keep
    )


COLUMNS = (a_column("name", 4, 10, 9), a_column("zone", 4, 8, 1), a_column("state", 5, 9, 5))


def test_columns_take_what_they_want_between_least_and_most() -> None:
    assert placed(COLUMNS, [2, 99, 7], 80) == (Place(0, 0, 4), Place(1, 6, 8), Place(2, 16, 7))


def test_the_least_needed_leaves_first() -> None:
    assert placed(COLUMNS, [6, 6, 6], 16) == (Place(0, 0, 6), Place(2, 8, 6))


def test_a_needed_column_is_cut_before_it_leaves() -> None:
    assert placed(COLUMNS, [10, 4, 9], 18) == (Place(0, 0, 10), Place(2, 12, 6))


def test_the_first_always_stays() -> None:
    assert placed(COLUMNS, [10, 4, 9], 2) == (Place(0, 0, 4),)


def test_columns_are_found_by_key_title_or_beginning() -> None:
    assert [column(COLUMNS, word) for word in ("ZONE", "zo", "name", "x")] == [
        COLUMNS[1],
        COLUMNS[1],
        COLUMNS[0],
        None,
    ]
