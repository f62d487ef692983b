"""What a run did, when it is over or asked for."""

from nomad_console.operations.conductor import Conductor
from nomad_console.operations.report import report
from nomad_console.tui.frames import Frame
from nomad_console.tui.rendering.document import Document
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.wrapping import as_document
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen

_STEP = 2  # columns that a step's line is indented by


class UpgradeReport(DocumentScreen):
    """Follows a run that is not over."""

    def __init__(self, shared: Shared, conductor: Conductor) -> None:
        super().__init__(shared)
        self.conductor = conductor

    def document(self, frame: Frame) -> Document:  # noqa: ARG002 — the run is all there is to see
        title = f"Run {self.conductor.run.plan.run_id}"
        return as_document(title, (_line(text) for text in self._report()), self.view.room)

    def copied_row(self) -> str:
        return "\n".join(self._report())

    def _report(self) -> tuple[str, ...]:
        conductor = self.conductor
        counted, story = conductor.counting.counted, conductor.story
        return report(conductor.run, conductor.output, conductor.journal_path, counted, story)


def _line(text: str) -> Line:
    """Headings stand out, the proofs stand back."""
    indent = len(text) - len(text.lstrip(" "))
    tone = Tone.STRONG if not indent else Tone.DIM if indent > _STEP else Tone.PLAIN
    return (Cell(text, tone),)
