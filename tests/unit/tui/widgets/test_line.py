"""Only what differs is painted."""

import pytest
from rich.segment import Segment
from textual.strip import Strip

from nomad_console.tui.widgets.line import differing_columns


def strip(*texts: str) -> Strip:
    return Strip([Segment(text) for text in texts])


@pytest.mark.parametrize(
    ("old", "new", "columns"),
    [
        (strip("ab", "cd"), strip("ab", "cd"), (0, 0)),
        (strip("ab", "cd", "ef"), strip("ab", "xy", "ef"), (2, 4)),
        (strip("ab", "cd"), strip("xy", "cd"), (0, 2)),
        (strip("日", "cd"), strip("日", "xy"), (2, 4)),
        (strip("ab"), strip("abc"), (0, 3)),
    ],
)
def test_differing_columns(old: Strip, new: Strip, columns: tuple[int, int]) -> None:
    first, last = differing_columns(old, new)
    assert (first, last) == columns or (first == last and columns == (0, 0))
