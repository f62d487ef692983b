"""Nothing from the cluster moves the terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.text import duration, printable


@given(st.text(st.characters()))
def test_one_line_without_anything_that_acts(text: str) -> None:
    shown = printable(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(shown) == len(text)
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web-1 äöü 漢字", "web-1 äöü 漢字"),
        ("a\tb\nc", "a b c"),
        ("\x1b[31mred", "�[31mred"),
        ("a\u202eb\u200bc", "a�b�c"),
    ],
)
def test_the_words_stay_and_the_rest_is_marked(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0s"),
        (0.9, "0s"),
        (59.9, "59s"),
        (60, "01:00"),
        (161, "02:41"),
        (3599, "59:59"),
        (3725, "1h02m"),
        (86_399, "23h59m"),
        (86_400, "1d"),
        (41 * 86_400 + 5, "41d"),
    ],
)
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@given(st.floats(0, 3e9))
def test_durations_fit_six_columns(seconds: float) -> None:
    assert len(duration(seconds)) <= 6
