import pytest

from nomad_console.tui.rendering.document import Document, Entry, Link
from nomad_console.tui.rendering.text import Cell, Line, Tone, plain
from nomad_console.tui.rendering.wrapping import flowed, folded, size_of, wrapped


def texts(lines: list[Line]) -> list[str]:
    return [plain(line) for line in lines]


def test_a_line_that_fits_stays_itself() -> None:
    line = (Cell("as it is", Tone.BAD),)
    assert wrapped(line, 8) == [line]
    assert wrapped((), 8) == [()]


def test_it_breaks_between_words_and_hangs_under_its_own_text() -> None:
    line = (Cell("    cure: ", Tone.DIM), Cell("wait for it to end"))
    assert texts(wrapped(line, 20)) == ["    cure: wait for", "      it to end"]
    assert texts(wrapped(line, 20, hang=10)) == ["    cure: wait for", "          it to end"]


def test_tones_survive_and_a_word_over_two_cells_stays_whole() -> None:
    line = (Cell("one two", Tone.STRONG), Cell(": three", Tone.DIM))
    first, second = wrapped(line, 8, hang=0)
    assert [cell for cell in first if cell.text != " "] == [
        Cell("one", Tone.STRONG),
        Cell("two", Tone.STRONG),
        Cell(":", Tone.DIM),
    ]
    assert second == (Cell("three", Tone.DIM),)
    assert texts(wrapped(line, 7, hang=0)) == ["one", "two:", "three"]


def test_a_word_longer_than_the_line_is_broken_and_nothing_is_lost() -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/web/0123456789abcdef"
    lines = wrapped((Cell("$ "), Cell(f"aws --arn {arn} end")), 30)
    assert all(size_of(line) <= 30 for line in lines)
    assert "".join(text.strip() for text in texts(lines)).replace(" ", "") == f"$aws--arn{arn}end"


@pytest.mark.parametrize("width", range(1, 40))
def test_no_line_is_wider_than_asked_whatever_the_text(width: int) -> None:
    line = (
        Cell("  ✔ ", Tone.GOOD),
        Cell("日本語 node 真 a-very-long-word-indeed"),
        Cell("\x1b[31m x"),
    )
    lines = wrapped(line, width)
    assert all(size_of(one) <= max(width, 2) for one in lines)
    letters = "".join(texts(lines)).replace(" ", "")
    assert letters == plain(line).replace(" ", "")


def test_items_flow_side_by_side_under_their_head() -> None:
    items = [(Cell(word),) for word in ("alpha", "beta", "gamma", "delta")]
    assert texts(flowed(items, 20, (Cell("next  "),))) == [
        "next  alpha  beta",
        "      gamma  delta",
    ]
    assert texts(flowed(items, 12)) == ["alpha  beta", "gamma  delta"]
    assert texts(flowed([], 12, (Cell("none"),))) == ["none"]
    assert texts(flowed([(Cell("longer than it"),)], 5)) == ["longer than it"]


def test_a_folded_document_leads_where_it_led() -> None:
    link = Link("nodes", "n1")
    document = Document("x", (Entry((Cell("    c1 says what it says"),), link), Entry(())))
    entries = folded(document, 20, 7).entries
    assert [plain(entry.line) for entry in entries] == ["    c1 says what it", "       says", ""]
    assert [entry.link for entry in entries] == [link, None, None]
