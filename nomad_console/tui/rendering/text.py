"""Cells: a text and the tone it is said in. Tones never say what the text does not."""

from enum import StrEnum
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from nomad_console.domain.text import printable


class Tone(StrEnum):
    PLAIN = "plain"
    DIM = "dim"
    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"
    STRONG = "strong"


class Cell(NamedTuple):
    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Cell, ...]
UNKNOWN = Cell("·", Tone.DIM)
NOTHING = Cell("\u2013", Tone.DIM)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Exactly so many columns of the terminal, whatever the cluster sent; a cut shows as `…`."""
    if text.isascii() and text.isprintable():
        size = len(text)
    else:
        text = printable(text)
        size = cell_len(text)
    if size > width:
        if width <= 0:
            return ""
        text, size = set_cell_size(text, width - 1) + "…", width
    pad = " " * (width - size)
    return pad + text if right else text + pad


def columns_of(text: str) -> int:
    """How many columns `fit` would need to show all of it."""
    return len(text) if text.isascii() and text.isprintable() else cell_len(printable(text))


def spread(left: Line, right: Line, width: int) -> Line:
    """Both ends of one line; where there is no room for both, the right end gives way."""
    size = sum(columns_of(cell.text) for cell in left)
    other = sum(columns_of(cell.text) for cell in right)
    if size + other >= width:
        return left
    return (*left, Cell(" " * (width - size - other)), *right)


def plain(line: Line) -> str:
    """The line as it is copied or compared."""
    return "".join(printable(cell.text) for cell in line).rstrip()


def sentence(names: list[str], limit: int = 3) -> str:
    """`c1 c2 c3`, and how many more there are."""
    shown = " ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} +{len(names) - limit:,}"
