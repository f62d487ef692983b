"""The plan, made anew with every frame until it is begun."""

from collections.abc import Callable

from nomad_console.domain.plan import Plan
from nomad_console.live.interest import Interest
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.messages import RunAsked
from nomad_console.tui.rendering.document import Document
from nomad_console.tui.rendering.text import Cell, Line, Tone, plain
from nomad_console.tui.rendering.upgrade_plan import EXACT, plan_lines, verdict
from nomad_console.tui.rendering.wrapping import as_document
from nomad_console.tui.screens.answering import Answering, typable
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.screens.document import DocumentScreen


class UpgradePlan(Answering, DocumentScreen):
    """Nothing is written here: beginning leads to the first gate."""

    BINDINGS = keys.bindings((keys.BEGIN,))
    OWN_KEYS: tuple[Key, ...] = (keys.BEGIN, *keys.DETAIL)

    def __init__(self, shared: Shared, node_ids: tuple[str, ...], make: Callable[[], Plan]) -> None:
        super().__init__(shared)
        self._node_ids = node_ids
        self._make = make
        self.plan = make()

    def document(self, frame: Frame) -> Document:  # noqa: ARG002 — a plan reads the newest snapshot
        self.plan = self._make()
        room = self.view.room
        lines = [*self.beforehand, *plan_lines(self.plan, room)]
        return as_document("Plan of an upgrade", lines, room)

    def copied_row(self) -> str:
        return "\n".join(plain(line) for line in plan_lines(self.plan, EXACT))

    def looking_at(self) -> Interest:
        return Interest(marked=frozenset(self._node_ids))

    def status_line(self, frame: Frame) -> Line:  # noqa: ARG002 — the plan says it
        return verdict(self.plan)

    def action_begin(self) -> None:
        if self.plan.blocked:
            self.say("blocked: nothing can be begun before the cures above", bad=True)
        elif self.plan.to_accept:
            self.ask_for_name("accept what is marked ACK", [self._first_name], self._begin)
        else:
            self._begin()

    def ask_takeover(self, why: str) -> None:
        """Another run's lock is in the way; what it left behind is the operator's to judge."""
        left: Line = (Cell(why, Tone.WARN),)
        self.ask_for_name("take its lock over", [self._first_name], self._take_over, left)

    def _begin(self, _: str = "") -> None:
        self.post_message(RunAsked(self.plan))

    def _take_over(self, _: str) -> None:
        self.post_message(RunAsked(self.plan, takeover=True))

    @property
    def _first_name(self) -> str:
        """What is typed to accept."""
        return typable(self.plan.nodes[0])
