"""The lower part of the run screen: the gate, or why there is none now."""

from collections.abc import Iterable

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from nomad_console.tui.keys import Key
from nomad_console.tui.rendering.gate import gate_lines, gate_title, waiting_lines
from nomad_console.tui.rendering.holding import hold_lines, hold_title
from nomad_console.tui.rendering.restoring import for_good
from nomad_console.tui.rendering.text import Cell, Line, Tone, fit
from nomad_console.tui.rendering.upgrade_run import Sight
from nomad_console.tui.rendering.wrapping import as_document, size_of
from nomad_console.tui.widgets import paint
from nomad_console.tui.widgets.document_view import DocumentView
from nomad_console.tui.widgets.header import ClusterFacts
from nomad_console.tui.widgets.line import LineView
from nomad_console.upgrade.run import GateState, Outcome

DEAF_S = 1.0  # keys of a gate's first second were typed for what was there before
_FRAME = 4  # rows of border, title and answers


class GateView(Vertical):
    """Never takes the focus. `code` is what answers the gate that is shown; "" where none is.

    `named` are the actions whose keys it shows.
    """

    def __init__(self, facts: ClusterFacts) -> None:
        super().__init__(id="gate")
        self._title = GateTitle(facts)
        self._body = DocumentView("gate-body")
        self._answers = LineView(id="gate-answers")
        self._shown_at: tuple[str, float] = ("", 0.0)
        self._startled = False
        self.named: frozenset[str] = frozenset()

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

    def follow(
        self,
        sight: Sight,
        typed: str | None,
        trouble: str,
        rows: int,
        offered: Iterable[Key] | None,
    ) -> None:
        """Show what the run waits for, in at most so many rows, and the keys that work now.

        `offered` None: another question is asked just now, and none of them does.
        """
        run = sight.run
        gate = run.upgrade.gate
        code = gate.code if gate is not None and not trouble else ""
        if code != self.code:
            self._shown_at, self._startled = (code, sight.elapsed), False
            self._body.jump(0)
        self.set_class(bool(code), "open")
        first: Line = ()
        lines: list[Line]
        if trouble:
            title, tone, lines = "Stopped", Tone.BAD, [(Cell(trouble, Tone.BAD),)]
        elif run.ended_at is not None:
            title, tone, lines = "Done", Tone.GOOD, _over(sight)
        elif run.hold is not None:
            title, tone = hold_title(run, run.hold), Tone.WARN
            lines = hold_lines(run, run.hold)
        elif gate is not None and code:
            title, tone = f"Gate: {gate_title(sight, gate)}", Tone.WARN
            lines = gate_lines(sight, gate, self._body.room, rows - _FRAME)
            first = () if offered is None else _confirming(gate, typed)
        else:
            step = run.undo or run.upgrade.step or "before the first step"
            title, tone = f"{sight.name}: {step} under way", Tone.BUSY
            lines = waiting_lines(sight, self._body.room)
        beyond = self._show(title, tone, lines, rows)
        if beyond > 0:
            first += _key("PgDn", f"{beyond} more lines")
        self._offer(first, (offered or ()) if typed is None else ())

    def page(self, pages: int) -> None:
        self._body.page(pages)

    def _offer(self, first: Line, offered: Iterable[Key]) -> None:
        """The keys that fit on the line, from the most needed on."""
        answers, room = first, self._body.room - size_of(first)
        named = set()
        for key in (key for key in offered if key.short):
            cells = _key(key.label, key.short)
            room -= size_of(cells)
            if room < 0:
                break
            answers += cells
            named.add(key.action)
        self.named = frozenset(named)
        self._answers.show(answers)

    def _show(self, title: str, tone: Tone, lines: list[Line], rows: int) -> int:
        """How many of the lines lie below what there is room for."""
        document = as_document(title, lines, self._body.room)
        self._title.show((Cell("· "), Cell(title, tone)))
        self._body.show(document)
        set_rows(self, min(rows, len(document.entries) + _FRAME))
        return len(document.entries) - int(self._body.scroll_y) - (rows - _FRAME)


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


def _confirming(gate: GateState, typed: str | None) -> Line:
    if typed is None:
        return _key(f"c {gate.code}", "confirm")
    return (
        Cell(" type ", Tone.WARN),
        Cell(gate.code, Tone.STRONG),
        Cell(f" to confirm: {typed}_  ", Tone.WARN),
        *_key("esc", "not now"),
    )


def _over(sight: Sight) -> list[Line]:
    """How it ended, and what no restore could put back."""
    words = {
        Outcome.DONE: "the run is over: every node is done",
        Outcome.RESTORED: "the run is over: what it changed is put back",
        Outcome.STOPPED: "the run is over: stopped as asked, nodes are left as they were",
        Outcome.CLOSED: "the run is over: closed by hand, all is left as it was found",
    }
    lasting = for_good(sight.run) if sight.run.outcome is Outcome.RESTORED else []
    outcome = sight.run.outcome
    return [(Cell(words[outcome] if outcome else "the run is over"),), *lasting]


def _key(key: str, word: str) -> Line:
    return (Cell(f" {key}", Tone.STRONG), Cell(f" {word} ", Tone.PLAIN))
