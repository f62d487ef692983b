"""The first line: which cluster, how old what is shown is, what may be done here."""

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
from nomad_console.tui.rendering.text import Cell, Line, Tone, columns_of, fit, spread
from nomad_console.tui.widgets import paint
from nomad_console.tui.widgets.line import LineView

_ROOMY = 110


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
        roomy = width >= _ROOMY
        gap = Cell("   " if roomy else " ")
        left: list[Cell] = [gap]
        for name in SourceName:
            sign = badge(frame.snapshot.source(name), frame.wall)
            left += [Cell(name, Tone.PLAIN), Cell(" ")]
            if name is SourceName.NOMAD and roomy and frame.snapshot.server_versions:
                left.append(Cell(f"{newest(frame.snapshot)} ", Tone.PLAIN))
            left += [sign, gap]
        counts = f"{len(frame.snapshot.nodes):,} nodes" if roomy else ""
        if marked:
            counts += f" · {marked} marked" if roomy else f"*{marked}"
        left += [gap, Cell(counts, Tone.STRONG if marked else Tone.PLAIN)]
        left += [cell for word in self.facts.warnings for cell in (gap, Cell(word, Tone.WARN))]
        room = width - columns_of(self.facts.label) - 2
        return spread(tuple(left), self._right(frame, gap), room)

    def _right(self, frame: Frame, gap: Cell) -> Line:
        mode = Cell("WATCH", Tone.WARN) if self.read_only else Cell("interactive", Tone.DIM)
        if not frame.paused:
            return (mode, Cell(" "))
        old = duration(seconds_between(frame.now, frame.wall))
        return (Cell(f"PAUSED, {old} old", Tone.BAD), gap, mode, Cell(" "))

    def paint(self, width: int) -> Strip:
        label = fit(self.facts.label, min(columns_of(self.facts.label), width // 3))
        style: Style = paint.BADGES.get(self.facts.colour, paint.BADGES["grey"])
        head = Segment(f" {label} ", style)
        rest = paint.strip(self.line, max(0, width - head.cell_length))
        return Strip([head, *rest]).adjust_cell_length(width)


def newest(snapshot: ClusterSnapshot) -> str:
    """The servers' newest version; all of them while they differ."""
    versions = sorted(set(snapshot.server_versions), key=release)
    return "/".join(versions)
