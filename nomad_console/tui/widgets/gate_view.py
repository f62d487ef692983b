"""The lower part of the run screen: the gate, or why there is none now."""

from textual.app import ComposeResult
from textual.containers import Vertical

from nomad_console.tui.rendering.document import Document, Entry
from nomad_console.tui.rendering.gate import gate_lines, gate_title
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_run import Sight
from nomad_console.tui.widgets.document_view import DocumentView
from nomad_console.tui.widgets.header import ClusterFacts
from nomad_console.tui.widgets.line import LineView
from nomad_console.upgrade.run import GateState


class GateView(Vertical):
    """Never takes the focus. `code` is what answers the gate that is shown; "" where none is."""

    def __init__(self, facts: ClusterFacts) -> None:
        super().__init__(id="gate")
        self._facts = facts
        self._title = LineView(id="gate-title")
        self._body = DocumentView("gate-body")
        self._answers = LineView(id="gate-answers")
        self._shown_at: tuple[str, float] = ("", 0.0)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._body
        yield self._answers

    @property
    def code(self) -> str:
        return self._shown_at[0]

    def open_for(self, elapsed: float) -> float:
        """Seconds since the gate was first shown."""
        return elapsed - self._shown_at[1]

    def follow(self, sight: Sight, typed: str | None, trouble: str) -> None:
        gate = sight.run.upgrade.gate
        code = gate.code if gate is not None else ""
        if code != self.code:
            self._shown_at = (code, sight.elapsed)
        self.set_class(bool(code), "open")
        if trouble:
            lines: list[Line] = [(Cell(trouble, Tone.BAD),)]
            self._show("Stopped", Tone.BAD, lines, ())
        elif sight.run.ended_at is not None:
            self._show("Done", Tone.GOOD, [(Cell("the run is over"),)], _answer("enter", "report"))
        elif sight.run.hold is not None:
            self._show_hold(sight)
        elif gate is not None and code:
            self._show_gate(sight, gate, typed)
        else:
            words = f"{sight.name}: {sight.run.upgrade.step or 'before the first step'} under way"
            body: list[Line] = [(Cell("the next gate opens when every proof holds", Tone.DIM),)]
            self._show(words, Tone.BUSY, body, _answer("h", "hold") + _answer("F", "freeze"))

    def _show_gate(self, sight: Sight, gate: GateState, typed: str | None) -> None:
        asked = f"Gate: {gate_title(sight, gate)}"
        answers = _answer(f"c {gate.code}", "confirm")
        if typed is not None:
            answers = (
                Cell(" type ", Tone.WARN),
                Cell(gate.code, Tone.STRONG),
                Cell(f" to confirm: {typed}_  ", Tone.WARN),
                *_answer("esc", "not now"),
            )
        keys = (*answers, *_answer("h", "hold"), *_answer("F", "freeze"), *_answer("y", "copy"))
        self._show(asked, Tone.WARN, gate_lines(sight, gate), keys)

    def _show_hold(self, sight: Sight) -> None:
        hold = sight.run.hold
        if hold is None:
            return
        word = "FROZEN" if hold.frozen else "HELD"
        lines: list[Line] = [(Cell(f"since {hold.since:%H:%M:%S}: "), Cell(hold.reason))]
        if hold.frozen:
            lines.append((Cell("our drain is ended; what was marked still moves", Tone.DIM),))
        freeze = () if hold.frozen else _answer("F", "freeze")
        self._show(f"{sight.name} {word}", Tone.WARN, lines, _answer("g", "go on") + freeze)

    def _show(self, title: str, tone: Tone, lines: list[Line], answers: Line) -> None:
        self._title.show(
            (Cell(f" {self._facts.label} ", Tone.STRONG), Cell("· "), Cell(title, tone))
        )
        self._body.show(Document(title, tuple(Entry(line) for line in lines)))
        self._answers.show(answers)


def _answer(key: str, word: str) -> Line:
    return (Cell(f" {key}", Tone.STRONG), Cell(f" {word} ", Tone.PLAIN))
