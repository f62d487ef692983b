"""A run under way: plan, step, ledger and gate."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from nomad_console.domain.plan import Step
from nomad_console.domain.survey import batch_work
from nomad_console.operations.conductor import Conductor
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.messages import ReportAsked
from nomad_console.tui.rendering.drain import drain_lines, killed
from nomad_console.tui.rendering.gate import commands_ahead
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_run import (
    Sight,
    chain_line,
    ledger_brief,
    ledger_lines,
    plan_panel,
    step_panel,
    step_title,
    title_line,
)
from nomad_console.tui.rendering.wrapping import as_document
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.run_orders import RunOrders
from nomad_console.tui.widgets.document_view import DocumentView
from nomad_console.tui.widgets.gate_view import GateView, set_rows
from nomad_console.tui.widgets.line import LineView
from nomad_console.upgrade.observe import observe
from nomad_console.upgrade.progress import Progress, progress

WIDE = 120
CODE_LENGTH = 2
OTHER_ROWS = 5  # header, title, chain, status, footer
LEDGER_ROWS = (3, 8)  # at most, where it is narrow and where it is wide
GATE_ROWS = 8  # at least, however small the terminal
LEAST_ROWS = 3  # of the step, where there are enough


class UpgradeRun(RunOrders):
    """Follows the conductor; every answer goes to it as an event."""

    BINDINGS = keys.bindings(keys.RUN)  # type: ignore[assignment]  # Textual's list is of a union
    OWN_KEYS = keys.RUN

    def __init__(self, shared: Shared, conductor: Conductor) -> None:
        super().__init__(shared, conductor)
        self.title_view = LineView(id="run-title")
        self.chain_view = LineView(id="run-chain")
        self.plan_view = DocumentView("run-plan")
        self.step_title = LineView(classes="panel-title")
        self.step_view = DocumentView("run-step")
        self.ledger_view = DocumentView("run-ledger")
        self.gate_view = GateView(shared.facts)
        self._typed: str | None = None
        self._answering = ""  # the code that was shown when `c` was pressed

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.title_view
        yield self.chain_view
        with Container(id="run"):
            yield self.plan_view
            with Vertical(id="run-right"):
                yield self.step_title
                yield self.step_view
                yield LineView(classes="panel-title", id="ledger-title")
                yield self.ledger_view
        yield self.gate_view
        yield self.status
        yield self.footer

    def on_mount(self) -> None:
        ledger = self.query_one("#ledger-title", LineView)
        ledger.show((Cell(" Undo ledger: what this run has changed", Tone.DIM),))
        self.step_view.focus()

    def on_resize(self) -> None:
        super().on_resize()
        self.set_class(self.size.width < WIDE, "narrow")

    def follow(self, frame: Frame) -> None:
        sight = self._sight(frame)
        rest = self.size.height - OTHER_ROWS - LEAST_ROWS - self._show_ledger(sight)
        rows = GATE_ROWS if self._before_answer() else max(rest, GATE_ROWS)
        if self._typed is not None and not self._may_answer():
            self._typed = None
            self.say("the gate closed meanwhile: nothing is answered", bad=True)
        named = (self.orders() or [keys.REPORT]) if self.question is None else None
        self.gate_view.follow(sight, self._typed, self.conductor.trouble, rows, named)
        self.title_view.show(title_line(sight, self.size.width))
        self.chain_view.show(chain_line(sight))
        self.step_title.show(step_title(sight))
        self.plan_view.show(as_document("", plan_panel(sight), self.plan_view.room))
        self.step_view.show(as_document("", self._step_lines(sight), self.step_view.room))
        if self.conductor.notice:
            self.say(self.conductor.notice, bad=True)
            self.conductor.notice = ""

    def offered(self) -> Iterable[Key]:
        """The gate's box names the orders that fit there."""
        if self.question is not None:
            return super().offered()
        orders = [key for key in self.orders() if key.action not in self.gate_view.named]
        known = {key.action for key in keys.ORDERS}
        return [*orders, *(key for key in super().offered() if key.action not in known)]

    def status_line(self, frame: Frame) -> Line:  # noqa: ARG002 — how the run is locked
        word = f" {self.conductor.lock_word}" if self.conductor.run.active else ""
        return (Cell(word, Tone.DIM),)

    def copied_row(self) -> str:
        """At a gate the commands that its answer stands for, else the step."""
        if self.gate_view.code and self.frame is not None:
            return commands_ahead(self._sight(self.frame))
        return self.step_view.text()

    def action_confirm(self) -> None:
        """`c`: the gate's code is typed next."""
        if not self.gate_view.code:
            self.say("no gate is open", bad=True)
        else:
            self._typed, self._answering = "", self.gate_view.code
            self.shared.frames.request()

    def on_key(self, event: events.Key) -> None:
        """Keys arrive here in the order they were typed, which the focus would not keep."""
        deaf = self.gate_view.deaf(self.shared.frames.elapsed)
        if self.question is not None:
            super().on_key(event)
            return
        if self._typed is not None:
            self._type(event)
        elif deaf:
            self.say(deaf, bad=True)
        elif event.key == "c":
            self.action_confirm()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        self._typed = None
        super().on_paste(event)

    def _type(self, event: events.Key) -> None:
        """Take a character of the code; the second one decides."""
        character = event.character or ""
        if not character.isalnum():
            self._typed = None
            self.say("not answered")
            return
        self._typed = (self._typed or "") + character
        if len(self._typed) >= CODE_LENGTH:
            typed, self._typed = self._typed, None
            self._answer(typed)
        self.shared.frames.request()

    def _answer(self, typed: str) -> None:
        run = self.conductor.run
        gate = run.upgrade.gate
        if gate is not None and self._may_answer() and typed == gate.code:
            self.conductor.confirm(run.upgrade.node, gate.gate, typed)
        else:
            self.gate_view.startle(self.shared.frames.elapsed)
            self.say(f'"{typed}" is not the code that is shown: nothing done', bad=True)

    def _may_answer(self) -> bool:
        """The gate that is being answered is the one that is open."""
        run = self.conductor.run
        gate = run.upgrade.gate
        free = run.hold is None and not self.conductor.trouble
        return free and gate is not None and gate.code == self._answering

    def action_report(self) -> None:
        self.post_message(ReportAsked())

    def action_back(self) -> None:
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        self.step_view.jump(int(self.step_view.scroll_y) + lines)

    def action_page_gate(self, pages: int) -> None:
        """What is asked may be longer than its box."""
        self.gate_view.page(pages)
        self.shared.frames.request()

    def _show_ledger(self, sight: Sight) -> int:
        """The rows it takes, its title among them."""
        view, wide = self.ledger_view, not self.has_class("narrow")
        lines = ledger_lines(sight.run) if wide else [ledger_brief(sight.run)]
        document = as_document("", lines, view.room)
        view.show(document)
        rows = min(LEDGER_ROWS[wide], len(document.entries) + 2 * wide)
        set_rows(view, rows)
        return rows + wide

    def _before_answer(self) -> list[Line]:
        """What a question wants to be known before it is answered."""
        return list(self.question.lines) if self.question is not None else []

    def _step_lines(self, sight: Sight) -> list[Line]:
        before, lines = self._before_answer(), step_panel(sight)
        if sight.run.upgrade.step is not Step.DRAIN or sight.run.restoring is not None:
            return [*before, *lines]
        drain = drain_lines(self._progress(sight.now), self.step_view.room)
        return [*before, *drain, (), *lines]

    def _progress(self, now: datetime) -> Progress:
        """Countdowns go by the wall: a snapshot is as old as the last change."""
        snapshot = msgspec.structs.replace(self.conductor.snapshot, at=now)
        return progress(snapshot, self.conductor.run, self.conductor.run.upgrade.node)

    def _sight(self, frame: Frame) -> Sight:
        run, snapshot = self.conductor.run, self.conductor.snapshot
        begun = run.upgrade.step in {Step.DRAIN, Step.UPGRADE} and run.active
        return Sight(
            run,
            observe(snapshot, run),
            frame.wall,
            frame.elapsed,
            tuple(self.conductor.output[run.upgrade.node]),
            self.conductor.counting.state,
            tuple(one.index_in_group for one in batch_work(snapshot, run.upgrade.node)),
            killed(self._progress(frame.wall)) if begun else (),
        )
