"""The first line: which cluster, how old what is shown is, what may be done here."""

from enum import IntEnum

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.strip import Strip

from nomad_console.domain.names import release
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName
from nomad_console.domain.text import duration
from nomad_console.tui.frames import Frame
from nomad_console.tui.rendering.age import badge, seconds_between
from nomad_console.tui.rendering.rights import mode_word
from nomad_console.tui.rendering.text import Cell, Line, Tone, columns_of, fit, spread
from nomad_console.tui.rendering.wrapping import size_of
from nomad_console.tui.widgets import paint
from nomad_console.tui.widgets.line import LineView

_ROOMY = 110


class _Sources(IntEnum):
    """How much is said of each source."""

    ROOMY = 0
    ALL = 1
    NO_SIGN = 2  # where a word says the same
    LETTERS = 3
    NO_AGE = 4
    SIGN = 5


_SHORTER = (
    _Sources.ALL,
    _Sources.NO_SIGN,
    _Sources.LETTERS,
    _Sources.NO_AGE,
    _Sources.SIGN,
)


class ClusterFacts(msgspec.Struct, frozen=True):
    """What does not change while the console runs. `warnings` are said in the header, always."""

    label: str
    colour: str = "blue"
    warnings: tuple[str, ...] = ()


class Header(Horizontal):
    """What moves every second stands apart, so that nothing else is painted with it."""

    DEFAULT_CSS = "Header { height: 1; }"

    def __init__(self, facts: ClusterFacts, *, read_only: bool) -> None:
        super().__init__(id="header")
        self.summary = Summary(facts, read_only=read_only)
        self.time = LineView(id="clock")

    def compose(self) -> ComposeResult:
        yield self.summary
        yield self.time

    def follow(self, frame: Frame, marked: int) -> None:
        self.summary.show(self.summary.words(frame, marked, self.summary.size.width))
        self.time.show((Cell(f" {frame.wall:%H:%M:%S}Z"),))


class Summary(LineView):
    """The cluster's label in its colour, then everything else in tones."""

    def __init__(self, facts: ClusterFacts, *, read_only: bool) -> None:
        super().__init__(id="summary")
        self.facts = facts
        self.read_only = read_only

    def words(self, frame: Frame, marked: int, width: int) -> Line:
        """The longest form that leaves room for what may be done here: that is always said."""
        roomy = width >= _ROOMY
        room = width - self._label(width) - 2
        right = self._right(frame, Cell("   " if roomy else " "))
        forms = (_Sources.ROOMY, *_SHORTER) if roomy else _SHORTER
        left: Line = ()
        for form in forms:
            left = self._left(frame, marked, form)
            if size_of(left) + size_of(right) < room:
                return spread(left, right, room)
        return (*clipped(left, max(0, room - size_of(right) - 1)), Cell(" "), *right)

    def _left(self, frame: Frame, marked: int, form: "_Sources") -> Line:
        roomy = form is _Sources.ROOMY
        gap = Cell("   " if roomy else " ")
        left: list[Cell] = [gap]
        for name in SourceName:
            left += [Cell(name[0].upper() if form >= _Sources.LETTERS else name), Cell(" ")]
            if name is SourceName.NOMAD and roomy and frame.snapshot.server_versions:
                left.append(Cell(f"{newest(frame.snapshot)} "))
            left += [_shortened(badge(frame.snapshot.source(name), frame.wall), form), gap]
        counts = f"{len(frame.snapshot.nodes):,} nodes" if roomy else ""
        if marked:
            counts += f" · {marked} marked" if roomy else f"*{marked}"
        left += [gap] if roomy else []
        left += [Cell(counts, Tone.STRONG if marked else Tone.PLAIN)]
        left += [cell for word in self.facts.warnings for cell in (gap, Cell(word, Tone.WARN))]
        return tuple(left)

    def _label(self, width: int) -> int:
        return min(columns_of(self.facts.label), width // 3)

    def _right(self, frame: Frame, gap: Cell) -> Line:
        mode = Cell("WATCH", Tone.WARN) if self.read_only else mode_word(frame.snapshot)
        mode = mode or Cell("interactive", Tone.DIM)
        if not frame.paused:
            return (mode, Cell(" "))
        old = duration(seconds_between(frame.now, frame.wall))
        return (Cell(f"PAUSED, {old} old", Tone.BAD), gap, mode, Cell(" "))

    def paint(self, width: int) -> Strip:
        label = fit(self.facts.label, self._label(width))
        style: Style = paint.BADGES.get(self.facts.colour, paint.BADGES["grey"])
        head = Segment(f" {label} ", style)
        rest = paint.strip(self.line, max(0, width - head.cell_length))
        return Strip([head, *rest]).adjust_cell_length(width)


def _shortened(sign: Cell, form: _Sources) -> Cell:
    parts = sign.text.split(" ")
    if form is _Sources.SIGN:
        parts = ["!"] if "STALE" in parts else parts[:1]
    elif form >= _Sources.NO_SIGN and parts[1:] and parts[1].isalpha():
        parts = parts[1:]
        if form is _Sources.NO_AGE:
            parts = parts[:1]
    return Cell(" ".join(parts), sign.tone)


def clipped(line: Line, width: int) -> Line:
    """Exactly so wide; what is cut away shows as `…`."""
    cells, left = [], width
    for cell in line:
        size = min(columns_of(cell.text), left)
        cells.append(Cell(fit(cell.text, size), cell.tone))
        left -= size
    return (*cells, Cell(" " * left))


def newest(snapshot: ClusterSnapshot) -> str:
    """The servers' newest version; all of them while they differ."""
    versions = sorted(set(snapshot.server_versions), key=release)
    return "/".join(versions)
