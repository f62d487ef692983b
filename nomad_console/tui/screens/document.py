"""A screen that is one document."""

from collections.abc import Iterable

from textual.app import ComposeResult

from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.messages import DetailAsked
from nomad_console.tui.rendering.document import Document
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.screens.base import ConsoleScreen, Shared
from nomad_console.tui.widgets.document_view import DocumentView
from nomad_console.tui.widgets.line import LineView


class DocumentScreen(ConsoleScreen):
    """Builds its document anew with every frame; only lines that differ are painted."""

    BINDINGS = keys.bindings(keys.DETAIL)  # type: ignore[assignment]  # Textual's list is of a union
    OWN_KEYS: tuple[Key, ...] = keys.DETAIL

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.title_line = LineView(id="title")
        self.view = DocumentView()
        self._gone = False

    def document(self, frame: Frame) -> Document | None:
        """None where its subject is not in the cluster any more."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.title_line
        yield self.view
        yield self.status
        yield self.footer

    def on_mount(self) -> None:
        self.view.focus()

    def follow(self, frame: Frame) -> None:
        document = self.document(frame)
        self._gone = document is None
        if document is not None:
            self.title_line.show((Cell(f" {document.title}", Tone.STRONG),))
            self.view.show(document)

    def status_line(self, frame: Frame) -> Line:  # noqa: ARG002 — says what `follow` found
        word = " no longer in the cluster: this is the last that was known of it"
        return (Cell(word, Tone.BAD),) if self._gone else ()

    def offered(self) -> Iterable[Key]:
        leads = self.view.link is not None
        return [key for key in super().offered() if leads or key.action != "open"]

    def copied_row(self) -> str:
        return self.view.text()

    def action_back(self) -> None:
        self.dismiss()

    def action_down(self) -> None:
        self.view.step(1)

    def action_up(self) -> None:
        self.view.step(-1)

    def action_page(self, pages: int) -> None:
        self.view.page(pages)

    def action_first(self) -> None:
        self.view.jump(0)

    def action_last(self) -> None:
        self.view.jump(len(self.view.entries))

    def action_open(self) -> None:
        link = self.view.link
        if link is not None:
            self.post_message(DetailAsked(link.kind, link.key))
