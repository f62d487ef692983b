"""The four systems side by side, linked."""

from collections.abc import Iterable
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container

from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.live.interest import Interest
from nomad_console.tui import keys
from nomad_console.tui.frames import Frame
from nomad_console.tui.keys import Key
from nomad_console.tui.linking import Linking
from nomad_console.tui.messages import DetailAsked, RunUnfinished, UpgradeAsked
from nomad_console.tui.rendering.allocations import ALLOCATIONS
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.links import Choice, nodes_of
from nomad_console.tui.rendering.nodes import NODES
from nomad_console.tui.rendering.services import SERVICES
from nomad_console.tui.rendering.targets import TARGETS
from nomad_console.tui.rendering.text import Cell, Line, Tone, fit
from nomad_console.tui.screens.asking import Asking
from nomad_console.tui.screens.base import Shared
from nomad_console.tui.widgets.fleet_table import FleetTable
from nomad_console.tui.widgets.line import LineView
from nomad_console.tui.widgets.pane import Pane

TABLES: tuple[Any, ...] = (NODES, ALLOCATIONS, SERVICES, TARGETS)
STANDING = (0, 3, 2, 1)  # the balancer and Consul beside the nodes, their work below
WIDE, MIDDLE, TALL = 160, 120, 24


class Dashboard(Asking):
    """Four panes; the one with the focus takes the keys, the one last moved in leads."""

    BINDINGS = keys.bindings(keys.DASHBOARD)  # type: ignore[assignment]  # Textual's list is of a union
    OWN_KEYS = (*keys.TABLE, *keys.DASHBOARD)

    def __init__(self, shared: Shared, at: At) -> None:
        super().__init__(shared)
        self.linking = Linking()
        self.panes = tuple(Pane(number, table, at) for number, table in enumerate(TABLES, 1))
        self.panes[0].add_class("current")
        self.tabs = LineView(id="tabs")
        self._counted = (-1, 0)

    def compose(self) -> ComposeResult:
        self._arrange(*self.app.size)
        yield self.header
        yield self.tabs
        with Container(id="panes"):
            yield from (self.panes[number] for number in STANDING)
        yield self.prompt
        yield self.status
        yield self.footer

    def on_mount(self) -> None:
        self.panes[0].table.focus()

    @property
    def pane(self) -> Pane:
        """The pane with the focus; while something is typed, the one it is typed for."""
        return next((pane for pane in self.panes if pane.has_class("current")), self.panes[0])

    # Frames

    def follow(self, frame: Frame) -> None:
        lead = next(pane for pane in self.panes if pane.kind == self.linking.lead)
        lead.follow(frame, self.linking.narrowing(lead.kind))
        self.linking.choose(lead.kind, lead.chosen())
        unknown = lead.unreadable(frame)
        for pane in self.panes:
            if pane is not lead:
                pane.follow(frame, None if unknown else self.linking.narrowing(pane.kind))
        self.tabs.show(self._tab_words(frame))

    def looking_at(self) -> Interest:
        nodes, allocations = self.panes[0].table, self.panes[1].table
        work = [allocations.records.rows[key].allocation for key in allocations.in_sight()]
        return Interest(
            visible=frozenset(nodes.in_sight()),
            marked=frozenset({*nodes.marks, nodes.cursor_key} - {None}),
            jobs=frozenset((one.namespace, one.job_id) for one in work),
        )

    def marked(self) -> int:
        return len(self.panes[0].table.marks)

    def offered(self) -> Iterable[Key]:
        runs = self.shared.runs
        unfinished = runs is not None and runs.unfinished
        return [key for key in super().offered() if unfinished or key is not keys.TAKE_UP]

    def status_line(self, frame: Frame) -> Line:
        if self.shared.runs is not None and self.shared.runs.word:
            return self.shared.runs.word
        rows = self.panes[0].table.records.rows
        count = self._conflicts()
        row = rows.get(self.panes[0].table.cursor_key)
        left = Cell("")
        if row is not None and row.conflicts:
            left = Cell(f" {row.node.name}: {'; '.join(row.conflicts)}", Tone.WARN)
        elif not self.linking.on:
            left = Cell(" panes are not linked: each shows everything (L links them)", Tone.DIM)
        sources = [frame.snapshot.source(name) for name in SourceName]
        live = all(source.state is SourceState.LIVE for source in sources)
        ailing = " ".join(source.name for source in sources if source.reason)
        word = "disagreement" if count == 1 else "disagreements"
        right = Cell(" systems agree " if live and rows else "", Tone.DIM)
        if ailing:
            right = Cell(f" {ailing}: ! says more ", Tone.WARN)
        if count:
            right = Cell(f" {count} {word} [!] ", Tone.BAD)
        room = self.size.width - len(right.text)
        return (left._replace(text=fit(left.text, room)), right)

    def _conflicts(self) -> int:
        records = self.panes[0].table.records
        if records.revision != self._counted[0]:
            conflicts = sum(len(row.conflicts) for row in records.rows.values())
            self._counted = (records.revision, conflicts)
        return self._counted[1]

    def copied_row(self) -> str:
        table, frame = self.pane.table, self.frame
        if table.cursor_key is None or frame is None:
            return ""
        row = table.records.rows[table.cursor_key]
        return table.strips.text(table.cursor_key, row, At(frame.snapshot, frame.now))

    def _tab_words(self, frame: Frame) -> Line:
        cells = [Cell(" ")]
        for pane in self.panes:
            here = pane is self.pane
            text = f"{pane.number} {pane.table.view.table.title} {pane.count(frame)}"
            cells.append(
                Cell(f"[{text}]" if here else f" {text} ", Tone.STRONG if here else Tone.DIM)
            )
        return tuple(cells)

    # Layout and focus

    def on_resize(self) -> None:
        super().on_resize()
        self._arrange(*self.size)

    def _arrange(self, width: int, height: int) -> None:
        wide = width >= WIDE and height >= TALL
        middle = not wide and width >= MIDDLE and height >= TALL
        self.set_class(wide, "wide")
        self.set_class(middle, "middle")
        self.set_class(not wide and not middle, "narrow")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        for pane in self.panes:
            here = pane.table is event.widget
            if isinstance(event.widget, FleetTable):
                pane.set_class(here, "current")
                pane.title.focus_changed(focused=here)
            if here:
                self.linking.focus(pane.kind)
        self.shared.frames.request()

    def action_pane(self, step: int) -> None:
        self.action_show_pane((self.pane.number - 1 + step) % len(self.panes))

    def action_show_pane(self, index: int) -> None:
        self._close()
        for pane in self.panes:
            pane.set_class(pane is self.panes[index], "current")
        self.set_focus(self.panes[index].table)

    def action_zoom(self) -> None:
        self.toggle_class("zoomed")
        self.shared.frames.request()

    def action_link(self) -> None:
        self.linking.on = not self.linking.on
        self.say("panes linked" if self.linking.on else "panes unlinked")

    def action_ended(self) -> None:
        table = self.panes[1].table
        table.show_whole(whole=not table.view.whole)
        self.say(
            "allocations: all that Nomad still knows of"
            if table.view.whole
            else "allocations: those that live, failed or were moved lately"
        )

    def action_widen(self) -> None:
        pane = self.pane
        if pane.table.view.filter.text and self.frame:
            pane.filter("", self.frame.elapsed)
        else:
            self.linking.widen(pane.kind)
        self.shared.frames.request()

    # What tables say

    @on(FleetTable.CursorMoved)
    def _lead(self, message: FleetTable.CursorMoved) -> None:
        self.linking.lead = message.table.view.table.kind
        self.shared.frames.request()

    @on(FleetTable.ShownChanged)
    def _counts(self) -> None:
        self.shared.frames.request()

    @on(FleetTable.RowOpened)
    def _open(self, message: FleetTable.RowOpened) -> None:
        self.post_message(DetailAsked(message.table.view.table.kind, message.key))

    def action_upgrade(self) -> None:
        table = self.panes[0].table
        marks = set(table.marks) or self._nodes_of_marks()
        marked = tuple(key for key in table.view.keys if key in marks)
        hidden = tuple(sorted(marks - set(marked)))
        current = () if table.cursor_key is None else (table.cursor_key,)
        self.post_message(UpgradeAsked((*marked, *hidden) or current))

    def _nodes_of_marks(self) -> set[str]:
        """Where the marked rows of the pane with the focus are."""
        table = self.pane.table
        if not table.marks or self.frame is None:
            return set()
        return set(nodes_of(self.frame.snapshot, Choice(self.pane.kind, tuple(table.marks))))

    def action_take_up(self) -> None:
        self.post_message(RunUnfinished())

    def action_disagreements(self) -> None:
        self.post_message(DetailAsked("disagreements", None))
