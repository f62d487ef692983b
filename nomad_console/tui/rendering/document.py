"""A detail screen's content: lines, some of which lead to something else."""

from collections.abc import Iterable
from typing import NamedTuple

from nomad_console.tui.rendering.table import Key
from nomad_console.tui.rendering.text import Cell, Line, Tone, columns_of, fit

HANG = 23  # where what `fact` says begins


class Link(NamedTuple):
    kind: str
    key: Key


class Entry(NamedTuple):
    """One line of a document."""

    line: Line
    link: Link | None = None


class Document(NamedTuple):
    """`key` finds the subject again in the next snapshot."""

    title: str
    entries: tuple[Entry, ...]


def heading(text: str, note: str = "") -> list[Entry]:
    return [Entry(()), Entry((Cell(f"  {text}", Tone.STRONG), Cell(f"  {note}", Tone.DIM)))]


def fact(name: str, *cells: Cell) -> Entry:
    """`name` in a column of its own, then what it is."""
    return Entry((Cell(f"    {fit(name, 18)} ", Tone.DIM), *cells))


def rows(titles: tuple[str, ...], lines: Iterable[tuple[Line, Link | None]]) -> list[Entry]:
    """A small table, its columns as wide as they need to be."""
    lines = list(lines)
    if not lines:
        return [Entry((Cell("    none", Tone.DIM),))]
    widths = [
        max(columns_of(title), *(columns_of(line[number].text) for line, _ in lines))
        for number, title in enumerate(titles)
    ]
    head = "".join(f"{fit(title, width)}  " for title, width in zip(titles, widths, strict=True))
    found = [Entry((Cell(f"    {head}", Tone.DIM),))]
    for line, link in lines:
        cells = [Cell("    ")]
        for cell, width in zip(line, widths, strict=True):
            cells.append(Cell(f"{fit(cell.text, width)}  ", cell.tone))
        found.append(Entry(tuple(cells), link))
    return found
