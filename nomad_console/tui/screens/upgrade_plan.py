"""The plan, made anew with every frame until it is begun."""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from nomad_console.domain.finding import Level
from nomad_console.domain.plan import Plan
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.messages import RunAsked
from nomad_console.tui.rendering.document import Document, Entry
from nomad_console.tui.rendering.text import Line
from nomad_console.tui.rendering.upgrade_plan import plan_lines, verdict
from nomad_console.tui.screens.base import ConsoleScreen, Shared
from nomad_console.tui.widgets.document_view import DocumentView


class UpgradePlan(ConsoleScreen):
    """Nothing is written here: beginning leads to the first gate."""

    BINDINGS = keys.bindings(keys.PLAN)  # type: ignore[assignment]  # Textual's list is of a union
    OWN_KEYS = keys.PLAN

    def __init__(self, shared: Shared, make: Callable[[], Plan]) -> None:
        super().__init__(shared)
        self._make = make
        self.plan = make()
        self.document_view = DocumentView("plan")
        self.name_field = Input(compact=True, id="plan-name", select_on_focus=False)

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.document_view
        yield self.name_field
        yield self.status
        yield self.footer

    def on_mount(self) -> None:
        self.name_field.display = False
        self.name_field.cursor_blink = False
        self.document_view.focus()

    def follow(self, frame: Frame) -> None:  # noqa: ARG002 — the plan reads the newest snapshot
        self.plan = self._make()
        lines = plan_lines(self.plan)
        self.document_view.show(Document("plan", tuple(Entry(line) for line in lines)))

    def status_line(self, frame: Frame) -> Line:  # noqa: ARG002 — the plan says it
        return verdict(self.plan)

    def copied_row(self) -> str:
        return self.document_view.text()

    def action_begin(self) -> None:
        if self.plan.blocked:
            self.say("blocked: nothing can be begun before the cures above", bad=True)
        elif any(finding.level is Level.ACK for finding in self.plan.findings):
            first = self.plan.nodes[0].name
            self.name_field.placeholder = f"type {first} to accept what is marked ACK"
            self.name_field.value = ""
            self.name_field.display = True
            self.name_field.focus()
        else:
            self.post_message(RunAsked(self.plan))

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        event.stop()
        self.name_field.display = False
        self.document_view.focus()
        if event.value.strip() == self.plan.nodes[0].name:
            self.post_message(RunAsked(self.plan))
        else:
            self.say(f'"{event.value}" is not {self.plan.nodes[0].name}: nothing begun', bad=True)

    async def action_back(self) -> None:
        if self.name_field.display:
            self.name_field.display = False
            self.document_view.focus()
        else:
            await self.app.run_action("app.back")

    def action_page(self, pages: int) -> None:
        self.document_view.page(pages)

    def action_step(self, lines: int) -> None:
        self.document_view.jump(int(self.document_view.scroll_y) + lines)
