"""Leaving while a run holds changes: what stays so, and how it is put back by hand."""

from nomad_console.operations.calls import undoing
from nomad_console.operations.conductor import Conductor
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.rendering.document import Document, Entry, heading
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_run import ledger_lines
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen

_PATIENCE_S = 3.0


class LeaveScreen(DocumentScreen):
    """Nothing is left without a word; the same is printed when the console has ended."""

    BINDINGS = keys.bindings(keys.LEAVE)
    OWN_KEYS: tuple[Key, ...] = (*keys.LEAVE, *keys.DETAIL)

    def __init__(self, shared: Shared, conductor: Conductor) -> None:
        super().__init__(shared)
        self.conductor = conductor
        self._frozen_at: float | None = None

    def document(self, frame: Frame) -> Document:
        run = self.conductor.run
        if self._frozen_at is not None:
            late = frame.elapsed - self._frozen_at > _PATIENCE_S
            if late or not run.upgrade.pending:
                self.app.exit()
        entries = [
            Entry((Cell(f"Run {run.plan.run_id} is not over.", Tone.STRONG),)),
            *heading("What it has changed"),
            *(Entry((Cell("    "), *line)) for line in ledger_lines(run)),
            *heading("What goes on without a console"),
            Entry((Cell("    a drain goes on, and at its deadline everything left is stopped"),)),
            Entry(
                (Cell("    what is out of the balancer stays out, what is ineligible stays so"),)
            ),
            *heading("Commands that put it back"),
            *(Entry((Cell("    $ ", Tone.DIM), Cell(line))) for line in undoing(run)),
        ]
        return Document("Leave the console?", tuple(entries))

    def status_line(self, frame: Frame) -> Line:
        if self._frozen_at is not None:
            return (Cell(" ending our drain, then leaving…", Tone.WARN),)
        return super().status_line(frame)

    def action_freeze_and_leave(self) -> None:
        self.conductor.freeze("the operator left the console")
        self._frozen_at = self.frame.elapsed if self.frame else 0.0

    def action_leave_it(self) -> None:
        self.app.exit()
