"""A run that no console conducts any more: what it left, and the two ways on."""

from collections.abc import Iterator

from nomad_console.operations.archive import Kept
from nomad_console.operations.calls import undoing
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.messages import ResumeAsked
from nomad_console.tui.rendering.document import Document
from nomad_console.tui.rendering.restoring import way_back
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_run import ledger_lines
from nomad_console.tui.rendering.wrapping import as_document
from nomad_console.tui.screens.answering import Answering, typable
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen


class UnfinishedScreen(Answering, DocumentScreen):
    """As its journal has it; what became of the cluster meanwhile is seen when it is taken up."""

    BINDINGS = keys.bindings(keys.UNFINISHED)
    OWN_KEYS: tuple[Key, ...] = (*keys.UNFINISHED, *keys.DETAIL)

    def __init__(self, shared: Shared, kept: Kept) -> None:
        super().__init__(shared)
        self.kept = kept

    def document(self, frame: Frame) -> Document:
        lines = [*self.beforehand, *self._lines(frame)]
        return as_document("A run was left unfinished", lines, self.view.room)

    def copied_row(self) -> str:
        """The commands that put everything back by hand."""
        return "\n".join(undoing(self.kept.run))

    def action_resume(self) -> None:
        self.post_message(ResumeAsked(self.kept.id))

    def action_restore(self) -> None:
        self._ask("restore", ResumeAsked(self.kept.id, restore=True))

    def ask_takeover(self, why: str, message: ResumeAsked) -> None:
        """Another run's lock is in the way; what it left behind is the operator's to judge."""
        taking = ResumeAsked(message.run_id, restore=message.restore, takeover=True)
        self._ask("take its lock over", taking, (Cell(why, Tone.WARN),))

    def _ask(self, deed: str, message: ResumeAsked, *lines: Line) -> None:
        run = self.kept.run
        name = typable(run.plan.node(run.upgrade.node))
        self.ask_for_name(deed, [name], lambda _: self.post_message(message), *lines)

    def _lines(self, frame: Frame) -> Iterator[Line]:
        kept, run = self.kept, self.kept.run
        begun = f"{kept.head.begun_at:%Y-%m-%d %H:%M:%S} UTC"
        yield (Cell(f"Run {kept.id} of {kept.nodes}", Tone.STRONG),)
        yield (Cell(f"begun {begun} by {kept.head.by}; its journal is {kept.path}"),)
        step = run.upgrade.step or "before its first step"
        at = f"{run.plan.node(run.upgrade.node).name}: {step}"
        yield (Cell(f"it stands at {at}; {kept.outcome}"),)
        if run.hold is not None:
            held = f"held since {run.hold.since:%H:%M:%S}: {run.hold.reason}"
            yield (Cell(held, Tone.WARN),)
        yield from _part("What it has changed", ledger_lines(run))
        yield from _part("R restores, in this order", way_back(run, frame.wall))
        commands: list[Line] = [(Cell("$ ", Tone.DIM), Cell(line)) for line in undoing(run)]
        if commands:
            yield from _part("Commands that put it back by hand", commands)


def _part(title: str, lines: list[Line]) -> Iterator[Line]:
    yield ()
    yield (Cell(f"  {title}", Tone.STRONG),)
    yield from ((Cell("    "), *line) for line in lines)
