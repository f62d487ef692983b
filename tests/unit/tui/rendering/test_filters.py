"""The filter line."""

import pytest

from nomad_console.tui.rendering.columns import Column
from nomad_console.tui.rendering.filters import FilterError, Searched, parse
from nomad_console.tui.rendering.text import Cell

Row = tuple[str, float, float]  # name, restarts, created
NOW = 10_000.0
COLUMNS: tuple[Column[Row], ...] = (
    Column("name", "NAME", lambda row, _: Cell(row[0]), lambda row: row[0]),
    Column("restarts", "RESTARTS", lambda row, _: Cell(str(row[1])), lambda row: row[1]),
    Column("age", "AGE", lambda *_: Cell(""), lambda row: row[2], moment=True),
    Column("none", "NONE", lambda *_: Cell(""), lambda _: None),
)
ROWS: tuple[Row, ...] = (
    ("web [0] down", 0, NOW - 30),
    ("web [1] up", 3, NOW - 4000),
    ("api v2.0.4 up", 7, NOW - 90_000),
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", "012"),
        ("web", "01"),
        ("WEB down", "0"),
        ("down web", "0"),
        ("-web", "2"),
        ("web -down", "1"),
        ('"1] up"', "1"),
        ('"web up"', ""),
        ('"open quote', ""),
        ("/v2\\.\\d\\.4/", "2"),
        ("-/^web/", "2"),
        ("/w.b", "01"),
        ("name:api", "2"),
        ("-name:api", "01"),
        ('name:"[1] up"', "1"),
        ("restarts>2", "12"),
        ("restarts<3", "0"),
        ("restarts:3", "1"),
        ("age<1m", "0"),
        ("age>1h", "12"),
        ("age>1d", "2"),
        ("none>1", ""),
        ("none:x", ""),
        ("rest>2 up", "12"),
        ("name:", "012"),
        ("//", "012"),
        ("-", "012"),
    ],
)
def test_what_is_kept(text: str, kept: str) -> None:
    found = parse(text, COLUMNS)
    rows = dict(enumerate(ROWS))
    words = {number: row[0].casefold() for number, row in rows.items()}
    numbers = [str(number) for number in found.kept(list(rows), Searched(rows, words, NOW))]
    assert "".join(numbers) == kept


@pytest.mark.parametrize(
    ("text", "word"),
    [("/[/", "bad regex"), ("color:red", "no field color"), ("restarts>many", "needs a number")],
)
def test_what_is_wrong_is_said(text: str, word: str) -> None:
    with pytest.raises(FilterError, match=word):
        parse(text, COLUMNS)


def test_only_comparisons_depend_on_the_time() -> None:
    assert parse("age>1h", COLUMNS).ages
    assert not parse("web", COLUMNS).ages
