"""Tones as colours. The only way from a cluster's text to the screen: no markup is ever parsed."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nomad_console.tui.rendering.text import Cell, Line, Tone, columns_of, fit

STYLES = {
    Tone.PLAIN: Style(color="#c9d1d9"),
    Tone.DIM: Style(color="#7d8590"),
    Tone.GOOD: Style(color="#7ee787"),
    Tone.BUSY: Style(color="#79c0ff"),
    Tone.WARN: Style(color="#e3b341"),
    Tone.BAD: Style(color="#ff7b72", bold=True),
    Tone.STRONG: Style(color="#f0f6fc", bold=True),
}
BADGES = {
    "blue": Style(color="#ffffff", bgcolor="#1f6feb", bold=True),
    "green": Style(color="#ffffff", bgcolor="#238636", bold=True),
    "yellow": Style(color="#000000", bgcolor="#d29922", bold=True),
    "orange": Style(color="#000000", bgcolor="#db6d28", bold=True),
    "red": Style(color="#ffffff", bgcolor="#da3633", bold=True),
    "purple": Style(color="#ffffff", bgcolor="#8957e5", bold=True),
    "cyan": Style(color="#000000", bgcolor="#39c5cf", bold=True),
    "grey": Style(color="#ffffff", bgcolor="#6e7681", bold=True),
}
TITLE = Style(color="#a5b1bd", bold=True)
CURSOR = Style(bgcolor="#1f4b73")
CURSOR_AWAY = Style(bgcolor="#21262d")
MARKED = Style(color="#f0c674", bold=True)


def segment(cell: Cell, width: int, *, right: bool = False) -> Segment:
    return Segment(fit(cell.text, width, right=right), STYLES[cell.tone])


def strip(line: Line, width: int) -> Strip:
    """The line in exactly so many columns."""
    segments, used = [], 0
    for cell in line:
        size = min(columns_of(cell.text), width - used)
        if size > 0:
            segments.append(segment(cell, size))
            used += size
    segments.append(Segment(" " * (width - used), STYLES[Tone.PLAIN]))
    return Strip(segments, width)
