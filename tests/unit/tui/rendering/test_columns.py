"""Which columns fit, and how they are named."""

from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.tui.rendering.columns import At, Column, Place, column, placed, words
from nomad_console.tui.rendering.text import NOTHING, Cell, Tone
from tests.support.manual_clock import EPOCH


def a_column(key: str, low: int, high: int, keep: int) -> Column[str]:
    return words(key, key.upper(), lambda row: row, Tone.DIM, low=low, high=high, keep=keep)


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


def test_words_stand_as_they_are_and_nothing_is_a_dash() -> None:
    at = At(ClusterSnapshot(), EPOCH)
    assert COLUMNS[0].cell("c1", at) == Cell("c1", Tone.DIM)
    assert COLUMNS[0].value("c1") == "c1"
    assert COLUMNS[0].cell("", at) == NOTHING
