"""Lines made to fit: broken between words, continued under their own text."""

import re
from collections.abc import Iterable, Iterator

from rich.cells import chop_cells

from nomad_console.domain.text import printable
from nomad_console.tui.rendering.document import Document, Entry
from nomad_console.tui.rendering.text import Cell, Line, columns_of

_CHUNK = re.compile(r" +|[^ ]+")
_LEAST = 10  # columns below which nothing is indented any more


def size_of(line: Line) -> int:
    return sum(columns_of(cell.text) for cell in line)


def wrapped(line: Line, width: int, hang: int | None = None) -> list[Line]:
    """The line in as many lines as it needs; words longer than a line are broken.

    Continuations are indented by `hang` columns, where it is not given by two more than the line.
    """
    if width <= 0 or size_of(line) <= width:
        return [line]
    if hang is None:
        text = "".join(cell.text for cell in line)
        hang = len(text) - len(text.lstrip(" ")) + 2
    if hang > width - _LEAST:
        hang = 0
    lines: list[list[Cell]] = [[]]
    used = start = 0
    for word in _words(line):
        size = size_of(word)
        if used + size > width and word[0].text.isspace():
            continue  # a break between words replaces the blank
        if used + size > width and used > start:
            lines.append([Cell(" " * hang)] if hang else [])
            used = start = hang
        for piece in _pieces(word, width - used, width - hang):
            if used + columns_of(piece.text) > width:
                lines.append([Cell(" " * hang)] if hang else [])
                used = hang
            lines[-1].append(piece)
            used += columns_of(piece.text)
    return [tuple(cells) for cells in lines]


def folded(document: Document, width: int, hang: int) -> Document:
    """Nothing is wider than that; lines go on after `hang` columns, links lead where they led."""
    entries = []
    for entry in document.entries:
        first, *others = wrapped(entry.line, width, hang)
        entries += [Entry(first, entry.link), *map(Entry, others)]
    return Document(document.title, tuple(entries))


def as_document(title: str, lines: Iterable[Line], width: int) -> Document:
    """Lines that lead nowhere, none wider than that."""
    parts = [part for line in lines for part in wrapped(line, width)]
    return Document(title, tuple(Entry(part) for part in parts))


def flowed(items: Iterable[Line], width: int, head: Line = ()) -> list[Line]:
    """Items side by side, two blanks between, as many on a line as fit; none is broken.

    `head` stands before the first, and its width is left free before those that follow.
    """
    indent = size_of(head)
    lines: list[Line] = []
    now, used = list(head), indent
    for item in items:
        size = size_of(item)
        if used > indent and used + 2 + size > width:
            lines.append(tuple(now))
            now, used = [Cell(" " * indent)] if indent else [], indent
        gap = [Cell("  ")] if used > indent else []
        now += [*gap, *item]
        used += 2 * len(gap) + size
    return [*lines, tuple(now)]


def _words(line: Line) -> Iterator[Line]:
    """Runs of blanks and runs of other characters by turns, whatever cells they lie in."""
    run: list[Cell] = []
    for cell in line:
        for text in _CHUNK.findall(printable(cell.text)):
            if run and run[-1].text.isspace() != text.isspace():
                yield tuple(run)
                run = []
            run.append(Cell(text, cell.tone))
    if run:
        yield tuple(run)


def _pieces(word: Line, room: int, width: int) -> Iterator[Cell]:
    """The cells of a word, cut so that none is wider than a line."""
    if size_of(word) <= max(room, width):
        yield from word
        return
    for cell in word:
        for text in chop_cells(cell.text, width):
            yield Cell(text, cell.tone)
