"""Documents."""

from nomad_console.tui.rendering.document import Link, fact, heading, rows
from nomad_console.tui.rendering.text import Cell, plain


def test_rows_stand_in_columns_and_keep_their_links() -> None:
    link = Link("nodes", "n1")
    lines = [((Cell("c1"), Cell("日本")), link), ((Cell("longer"), Cell("x")), None)]
    entries = rows(("NAME", "WHAT"), lines)
    assert [plain(entry.line) for entry in entries] == [
        "    NAME    WHAT",
        "    c1      日本",
        "    longer  x",
    ]
    assert [entry.link for entry in entries] == [None, link, None]


def test_no_rows_say_so() -> None:
    assert plain(rows(("NAME",), [])[0].line) == "    none"


def test_headings_and_facts() -> None:
    assert [plain(entry.line) for entry in heading("Targets", "two")] == ["", "  Targets  two"]
    assert plain(fact("id", Cell("x\x1b")).line) == "    id                 x�"
