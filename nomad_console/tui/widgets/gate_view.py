"""The lower part of the run screen: the gate, or why there is none now."""

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from nomad_console.tui.rendering.gate import gate_lines, gate_title, waiting_lines
from nomad_console.tui.rendering.text import Cell, Line, Tone, fit
from nomad_console.tui.rendering.upgrade_run import Sight
from nomad_console.tui.rendering.wrapping import as_document
from nomad_console.tui.widgets import paint
from nomad_console.tui.widgets.document_view import DocumentView
from nomad_console.tui.widgets.header import ClusterFacts
from nomad_console.tui.widgets.line import LineView
from nomad_console.upgrade.run import GateState

DEAF_S = 1.0  # keys of a gate's first second were typed for what was there before
_FRAME = 4  # rows of border, title and answers


class GateView(Vertical):
    """Never takes the focus. `code` is what answers the gate that is shown; "" where none is."""

    def __init__(self, facts: ClusterFacts) -> None:
        super().__init__(id="gate")
        self._title = GateTitle(facts)
        self._body = DocumentView("gate-body")
        self._answers = LineView(id="gate-answers")
        self._shown_at: tuple[str, float] = ("", 0.0)
        self._startled = False

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._body
        yield self._answers

    @property
    def code(self) -> str:
        return self._shown_at[0]

    def deaf(self, elapsed: float) -> str:
        """Why keys are dropped just now; "" where they are not."""
        if not self.code or elapsed - self._shown_at[1] >= DEAF_S:
            return ""
        if self._startled:
            return "keys of the second after a wrong code are dropped"
        return "the gate has just opened: keys of its first second are dropped"

    def startle(self, elapsed: float) -> None:
        """A wrong answer: what was typed after it was typed ahead too."""
        self._shown_at, self._startled = (self.code, elapsed), True

    def follow(self, sight: Sight, typed: str | None, trouble: str, rows: int) -> None:
        """Show what the run waits for, in at most so many rows."""
        gate = sight.run.upgrade.gate
        code = gate.code if gate is not None and not trouble else ""
        if code != self.code:
            self._shown_at, self._startled = (code, sight.elapsed), False
        self.set_class(bool(code), "open")
        hold = sight.run.hold
        if trouble:
            self._show("Stopped", Tone.BAD, [(Cell(trouble, Tone.BAD),)], (), rows)
        elif sight.run.ended_at is not None:
            self._show(
                "Done", Tone.GOOD, [(Cell("the run is over"),)], _key("enter", "report"), rows
            )
        elif hold is not None:
            title = f"{sight.name} {'FROZEN' if hold.frozen else 'HELD'}"
            freeze = () if hold.frozen else _key("F", "freeze")
            self._show(title, Tone.WARN, _hold_lines(sight), _key("g", "go on") + freeze, rows)
        elif gate is not None and code:
            lines = gate_lines(sight, gate, self._body.room, rows - _FRAME)
            self._show(
                f"Gate: {gate_title(sight, gate)}", Tone.WARN, lines, _answers(gate, typed), rows
            )
        else:
            title = f"{sight.name}: {sight.run.upgrade.step or 'before the first step'} under way"
            body = waiting_lines(sight, self._body.room)
            self._show(title, Tone.BUSY, body, _key("h", "hold") + _key("F", "freeze"), rows)

    def _show(self, title: str, tone: Tone, lines: list[Line], answers: Line, rows: int) -> None:
        document = as_document(title, lines, self._body.room)
        self._title.show((Cell("· "), Cell(title, tone)))
        self._body.show(document)
        self._answers.show(answers)
        set_rows(self, min(rows, len(document.entries) + _FRAME))


class GateTitle(LineView):
    """The cluster's label in its colour, then what is asked: nobody answers for another cluster."""

    def __init__(self, facts: ClusterFacts) -> None:
        super().__init__(id="gate-title")
        self._facts = facts

    def paint(self, width: int) -> Strip:
        style = paint.BADGES.get(self._facts.colour, paint.BADGES["grey"])
        label = fit(self._facts.label, min(len(self._facts.label), width // 3))
        head = Segment(f" {label} ", style)
        rest = paint.strip(self.line, max(0, width - head.cell_length))
        return Strip([head, *rest]).adjust_cell_length(width)


def set_rows(widget: Widget, rows: int) -> None:
    """Give it so many rows; a layout is only made where that is something else."""
    if widget.styles.height is None or widget.styles.height.value != rows:
        widget.styles.height = rows


def _answers(gate: GateState, typed: str | None) -> Line:
    if typed is None:
        answers = _key(f"c {gate.code}", "confirm")
    else:
        answers = (
            Cell(" type ", Tone.WARN),
            Cell(gate.code, Tone.STRONG),
            Cell(f" to confirm: {typed}_  ", Tone.WARN),
            *_key("esc", "not now"),
        )
    return (*answers, *_key("h", "hold"), *_key("F", "freeze"), *_key("y", "copy the commands"))


def _hold_lines(sight: Sight) -> list[Line]:
    hold = sight.run.hold
    if hold is None:
        return []
    lines: list[Line] = [(Cell(f"since {hold.since:%H:%M:%S}: "), Cell(hold.reason))]
    if hold.frozen:
        lines.append((Cell("our drain is ended; what was marked still moves", Tone.DIM),))
    return lines


def _key(key: str, word: str) -> Line:
    return (Cell(f" {key}", Tone.STRONG), Cell(f" {word} ", Tone.PLAIN))
