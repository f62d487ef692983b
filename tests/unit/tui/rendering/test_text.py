"""Cells fit their columns, whatever is in them."""

import pytest
from rich.cells import cell_len

from nomad_console.tui.rendering.text import Cell, columns_of, fit, plain, sentence, spread


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("c1", 4, "c1  "),
        ("c1", 2, "c1"),
        ("web-public", 5, "web-…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日 …"),
        ("a\x1b[31m", 6, "a�[31m"),
        ("x", 0, ""),
    ],
)
def test_fit(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown
    assert cell_len(fit(text, width)) == width


def test_fit_to_the_right() -> None:
    assert fit("9/9", 6, right=True) == "   9/9"


def test_columns_of_counts_what_is_seen() -> None:
    assert [columns_of(text) for text in ("c1", "日本", "a\u202eb")] == [2, 4, 3]


def test_spread_gives_the_right_end_up_first() -> None:
    left, right = (Cell("left"),), (Cell("right"),)
    assert plain(spread(left, right, 12)) == "left   right"
    assert plain(spread(left, right, 9)) == "left"


def test_sentence_counts_the_rest() -> None:
    assert sentence(["c1", "c2"]) == "c1 c2"
    assert sentence([f"c{number}" for number in range(1, 6)]) == "c1 c2 c3 +2"
