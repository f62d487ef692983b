"""What a run did, when it is over or asked for."""

from textual.app import ComposeResult

from nomad_console.operations.conductor import Conductor
from nomad_console.operations.report import report
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.rendering.document import Document, Entry
from nomad_console.tui.rendering.text import Cell
from nomad_console.tui.screens.base import ConsoleScreen, Shared
from nomad_console.tui.widgets.document_view import DocumentView


class UpgradeReport(ConsoleScreen):
    BINDINGS = keys.bindings(keys.PAGE)  # type: ignore[assignment]  # Textual's list is of a union
    OWN_KEYS = keys.PAGE

    def __init__(self, shared: Shared, conductor: Conductor) -> None:
        super().__init__(shared)
        self.conductor = conductor
        self.document_view = DocumentView("report")

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.document_view
        yield self.status
        yield self.footer

    def on_mount(self) -> None:
        self.document_view.focus()

    def follow(self, frame: Frame) -> None:  # noqa: ARG002 — the run is all there is to see
        lines = self._lines()
        self.document_view.show(Document("report", tuple(Entry((Cell(one),)) for one in lines)))

    def copied_row(self) -> str:
        return "\n".join(self._lines())

    def action_page(self, pages: int) -> None:
        self.document_view.page(pages)

    def action_step(self, lines: int) -> None:
        self.document_view.jump(int(self.document_view.scroll_y) + lines)

    def _lines(self) -> tuple[str, ...]:
        conductor = self.conductor
        return report(conductor.run, conductor.output, conductor.journal_path)
