"""Leaving while a run holds changes: what stays so, and how it is put back by hand."""

from collections.abc import Iterable, Iterator

from nomad_console.operations.calls import undoing
from nomad_console.operations.conductor import Conductor
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.rendering.document import Document
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_run import ledger_lines
from nomad_console.tui.rendering.wrapping import as_document
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen

_GOES_ON = (
    "a drain goes on, and at its deadline everything left is stopped",
    "what is out of the balancer stays out, what is ineligible stays so",
)


class LeaveScreen(DocumentScreen):
    """Nothing is left without a word; the same is printed when the console has ended."""

    BINDINGS = keys.bindings(keys.LEAVE)
    OWN_KEYS: tuple[Key, ...] = (*keys.LEAVE, *keys.DETAIL)

    def __init__(self, shared: Shared, conductor: Conductor) -> None:
        super().__init__(shared)
        self.conductor = conductor
        self._leaving = False

    def document(self, frame: Frame) -> Document:  # noqa: ARG002 — the run is all there is to see
        return as_document("Leave the console?", self._lines(), self.view.room)

    def follow(self, frame: Frame) -> None:
        super().follow(frame)
        run = self.conductor.run
        frozen = run.hold is not None and run.hold.frozen and not run.upgrade.pending
        if self._leaving and (frozen or not run.active):
            self.app.exit()

    def status_line(self, frame: Frame) -> Line:
        if not self._leaving:
            return super().status_line(frame)
        pending = self.conductor.run.upgrade.pending
        trouble = self.conductor.trouble or next((one.trouble for one in pending), "")
        if trouble:
            return (Cell(f" {trouble}: x leaves it as it is", Tone.BAD),)
        return (Cell(" ending our drain, then leaving…", Tone.WARN),)

    def copied_row(self) -> str:
        """The commands that put everything back."""
        return "\n".join(undoing(self.conductor.run))

    def action_freeze_and_leave(self) -> None:
        self.conductor.freeze("the operator left the console")
        self._leaving = True
        self.shared.frames.request()

    def action_leave_it(self) -> None:
        self.app.exit()

    def _lines(self) -> Iterator[Line]:
        run = self.conductor.run
        if not run.active:
            yield (Cell(f"Run {run.plan.run_id} is over.", Tone.STRONG),)
            return
        yield (Cell(f"Run {run.plan.run_id} is not over.", Tone.STRONG),)
        yield from _part("What it has changed", ledger_lines(run))
        yield from _part("What goes on without a console", [(Cell(one),) for one in _GOES_ON])
        commands: list[Line] = [(Cell("$ ", Tone.DIM), Cell(line)) for line in undoing(run)]
        if commands:
            yield from _part("Commands that put it back", commands)


def _part(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    yield ()
    yield (Cell(f"  {title}", Tone.STRONG),)
    yield from ((Cell("    "), *line) for line in lines)
