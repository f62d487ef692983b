"""The plan, made anew with every frame until it is begun."""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from nomad_console.domain.finding import Level
from nomad_console.domain.plan import Plan
from nomad_console.domain.text import printable
from nomad_console.live.interest import Interest
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.messages import RunAsked
from nomad_console.tui.rendering.document import Document
from nomad_console.tui.rendering.text import Line, plain
from nomad_console.tui.rendering.upgrade_plan import EXACT, plan_lines, verdict
from nomad_console.tui.rendering.wrapping import as_document
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen


class UpgradePlan(DocumentScreen):
    """Nothing is written here: beginning leads to the first gate."""

    BINDINGS = keys.bindings((keys.BEGIN,))
    OWN_KEYS: tuple[Key, ...] = (keys.BEGIN, *keys.DETAIL)

    def __init__(self, shared: Shared, node_ids: tuple[str, ...], make: Callable[[], Plan]) -> None:
        super().__init__(shared)
        self._node_ids = node_ids
        self._make = make
        self.plan = make()
        self.name_field = Input(compact=True, id="plan-name", select_on_focus=False)

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.title_line
        yield self.view
        yield self.name_field
        yield self.status
        yield self.footer

    def on_mount(self) -> None:
        self.name_field.display = False
        self.name_field.cursor_blink = False
        self.view.focus()

    def document(self, frame: Frame) -> Document:  # noqa: ARG002 — a plan reads the newest snapshot
        self.plan = self._make()
        room = self.view.room
        return as_document("Plan of an upgrade", plan_lines(self.plan, room), room)

    def copied_row(self) -> str:
        return "\n".join(plain(line) for line in plan_lines(self.plan, EXACT))

    def looking_at(self) -> Interest:
        return Interest(marked=frozenset(self._node_ids))

    def status_line(self, frame: Frame) -> Line:  # noqa: ARG002 — the plan says it
        return verdict(self.plan)

    def action_begin(self) -> None:
        if self.plan.blocked:
            self.say("blocked: nothing can be begun before the cures above", bad=True)
        elif any(finding.level is Level.ACK for finding in self.plan.findings):
            self.name_field.placeholder = f"type {self._first_name} to accept what is marked ACK"
            self.name_field.value = ""
            self.name_field.display = True
            self.name_field.focus()
        else:
            self.post_message(RunAsked(self.plan))

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_field()
        if event.value.strip() == self._first_name:
            self.post_message(RunAsked(self.plan))
        else:
            self.say(f'"{event.value}" is not {self._first_name}: nothing is begun', bad=True)

    @property
    def _first_name(self) -> str:
        """What is typed to accept: the first node's name, as it can be read."""
        return printable(self.plan.nodes[0].name)

    def action_back(self) -> None:
        if self.name_field.display:
            self._close_field()
        else:
            super().action_back()

    def _close_field(self) -> None:
        self.name_field.display = False
        self.view.focus()
