"""What a run did, when it is over or asked for."""

from nomad_console.operations.conductor import Conductor
from nomad_console.operations.report import report
from nomad_console.tui.frames import Frame
from nomad_console.tui.rendering.document import Document, Entry
from nomad_console.tui.rendering.text import Cell
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen


class UpgradeReport(DocumentScreen):
    """Follows a run that is not over."""

    def __init__(self, shared: Shared, conductor: Conductor) -> None:
        super().__init__(shared)
        self.conductor = conductor

    def document(self, frame: Frame) -> Document:  # noqa: ARG002 — the run is all there is to see
        run = self.conductor.run
        lines = report(run, self.conductor.output, self.conductor.journal_path)
        return Document(f"Run {run.plan.run_id}", tuple(Entry((Cell(one),)) for one in lines))
