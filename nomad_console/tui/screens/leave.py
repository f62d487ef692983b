"""Leaving while a run holds changes: what stays so, and how it is put back by hand."""

from collections.abc import Iterable, Iterator

from nomad_console.operations.calls import undoing
from nomad_console.operations.conductor import Conductor
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.offers import Offers
from nomad_console.tui.rendering.document import Document
from nomad_console.tui.rendering.restoring import way_back
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_run import ledger_lines
from nomad_console.tui.rendering.wrapping import as_document
from nomad_console.tui.screens.answering import Answering, typable
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.run import Run
from nomad_console.upgrade.steps import deadline_of

_ORDERS = frozenset({"restore", "stop_after"})
_STAYS = "what is out of the balancer stays out, what is ineligible stays so"


class LeaveScreen(Answering, DocumentScreen):
    """Nothing is left without a word; the same is printed when the console has ended."""

    BINDINGS = keys.bindings(keys.LEAVE)
    OWN_KEYS: tuple[Key, ...] = (*keys.LEAVE, *keys.DETAIL)

    def __init__(self, shared: Shared, conductor: Conductor) -> None:
        super().__init__(shared)
        self.conductor = conductor
        self._leaving = False
        self._offers = Offers()

    def document(self, frame: Frame) -> Document:
        lines = [*self.beforehand, *self._lines(frame)]
        return as_document("Leave the console?", lines, self.view.room)

    def offered(self) -> Iterable[Key]:
        run = self.conductor.run
        self._offers.ask(run, ())
        idle = {key.action for key in keys.LEAVE if key.action in _ORDERS}
        idle -= {action for action in _ORDERS if action in self._offers}
        if run.stopping:
            idle.add("stop_after")
        return [_worded(key, run) for key in super().offered() if key.action not in idle]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that is not shown does nothing."""
        if action in _ORDERS and all(key.action != action for key in self.offered()):
            return False
        return super().check_action(action, parameters)

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
            return (Cell(f" x leaves it as it is: {trouble}", Tone.BAD),)
        what = "ending our drain" if self.conductor.run.upgrade.cancelled else "holding the run"
        return (Cell(f" {what}, then leaving…", Tone.WARN),)

    def copied_row(self) -> str:
        """The commands that put everything back."""
        return "\n".join(undoing(self.conductor.run))

    def action_freeze_and_leave(self) -> None:
        self.conductor.freeze("the operator left the console")
        self._leaving = True
        self.shared.frames.request()

    def action_leave_it(self) -> None:
        self.app.exit()

    def action_stop_after(self) -> None:
        """Back to the run, which ends after the node at work."""
        self.conductor.stop_after_this()
        self.dismiss()

    def action_restore(self) -> None:
        """Back to the run, which goes back by itself."""
        run = self.conductor.run
        name = typable(run.plan.node(run.upgrade.node))

        def restore(_: str) -> None:
            self.conductor.restore("the operator wanted to leave")
            self.dismiss()

        self.ask_for_name("restore", [name], restore)

    def _lines(self, frame: Frame) -> Iterator[Line]:
        run = self.conductor.run
        if not run.active:
            yield (Cell(f"Run {run.plan.run_id} is over.", Tone.STRONG),)
            return
        yield (Cell(f"Run {run.plan.run_id} is not over.", Tone.STRONG),)
        yield from _part("What it has changed", ledger_lines(run))
        yield from _part("What goes on without a console", [(Cell(one),) for one in going_on(run)])
        if run.restoring is None:
            yield from _part("R restores, in this order", way_back(run, frame.wall))
        commands: list[Line] = [(Cell("$ ", Tone.DIM), Cell(line)) for line in undoing(run)]
        if commands:
            yield from _part("Commands that put it back", commands)


def going_on(run: Run) -> Iterator[str]:
    """What happens to the cluster when nobody conducts the run."""
    if run.drains and deadline_of(run.plan, run.upgrade):
        yield "a drain goes on, and at its deadline everything left is stopped"
    elif run.drains:
        yield "a drain goes on, without a deadline: batch work is waited for"
    elif run.upgrade.cancelled:
        yield "our drain is ended; what was marked still moves"
    else:
        yield "no drain of ours is under way: nothing moves"
    if any(one.inverse for one in ledger(run)):
        yield _STAYS


def _worded(key: Key, run: Run) -> Key:
    """Without a drain there is nothing to freeze."""
    idle = key.action == "freeze_and_leave" and not run.drains
    return key._replace(short="hold and leave") if idle else key


def _part(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    yield ()
    yield (Cell(f"  {title}", Tone.STRONG),)
    yield from ((Cell("    "), *line) for line in lines)
