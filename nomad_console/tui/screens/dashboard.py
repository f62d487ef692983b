"""The four systems side by side, linked."""

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container

from nomad_console.tui import commands, keys
from nomad_console.tui.commands import CommandError
from nomad_console.tui.frames import Frame
from nomad_console.tui.linking import Linking
from nomad_console.tui.messages import (
    CommandEntered,
    DetailAsked,
    FilterEdited,
    PromptLeft,
    UpgradeAsked,
)
from nomad_console.tui.rendering.allocations import ALLOCATIONS
from nomad_console.tui.rendering.columns import At, column
from nomad_console.tui.rendering.filters import FilterError
from nomad_console.tui.rendering.nodes import NODES
from nomad_console.tui.rendering.services import SERVICES
from nomad_console.tui.rendering.targets import TARGETS
from nomad_console.tui.rendering.text import Cell, Line, Tone, spread
from nomad_console.tui.screens.base import ConsoleScreen, Shared
from nomad_console.tui.widgets.fleet_table import FleetTable
from nomad_console.tui.widgets.line import LineView
from nomad_console.tui.widgets.pane import Pane
from nomad_console.tui.widgets.prompt import Prompt

TABLES: tuple[Any, ...] = (NODES, ALLOCATIONS, SERVICES, TARGETS)
STANDING = (0, 3, 2, 1)  # the balancer and Consul beside the nodes, their work below
WIDE, MIDDLE, TALL = 160, 120, 24


class Dashboard(ConsoleScreen):
    """Four panes; the one with the focus takes the keys, the one last moved in leads."""

    BINDINGS = keys.bindings(keys.DASHBOARD)  # type: ignore[assignment]  # Textual's list is of a union
    OWN_KEYS = (*keys.TABLE, *keys.DASHBOARD)

    def __init__(self, shared: Shared, at: At) -> None:
        super().__init__(shared)
        self.linking = Linking()
        self.panes = tuple(Pane(number, table, at) for number, table in enumerate(TABLES, 1))
        self.tabs = LineView(id="tabs")
        self.prompt = Prompt()
        self._before = ""
        self._counted = (-1, 0)

    def compose(self) -> ComposeResult:
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
        for pane in self.panes:
            if pane is not lead:
                pane.follow(frame, self.linking.narrowing(pane.kind))
        self.tabs.show(self._tab_words())

    def marked(self) -> int:
        return len(self.panes[0].table.marks)

    def status_line(self, frame: Frame) -> Line:  # noqa: ARG002 — the rows were told already
        rows = self.panes[0].table.records.rows
        count = self._conflicts()
        row = rows.get(self.panes[0].table.cursor_key)
        left: Line = ()
        if row is not None and row.conflicts:
            left = (Cell(f" {row.node.name}: {'; '.join(row.conflicts)}", Tone.WARN),)
        elif not self.linking.on:
            left = (Cell(" panes are not linked: each shows everything (L links them)", Tone.DIM),)
        word = "disagreement" if count == 1 else "disagreements"
        right = (
            Cell(f"{count} {word} [!] ", Tone.BAD) if count else Cell("systems agree ", Tone.DIM)
        )
        return spread(left, (right,), self.size.width)

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

    def _tab_words(self) -> Line:
        cells = [Cell(" ")]
        for pane in self.panes:
            here = pane is self.pane
            text = f"{pane.number} {pane.table.view.table.title} {len(pane.table.view.keys):,}"
            cells.append(
                Cell(f"[{text}]" if here else f" {text} ", Tone.STRONG if here else Tone.DIM)
            )
        return tuple(cells)

    # Layout and focus

    def on_resize(self) -> None:
        super().on_resize()
        width, height = self.size
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
        for pane in self.panes:
            pane.set_class(pane is self.panes[index], "current")
        self.panes[index].table.focus()

    def action_zoom(self) -> None:
        self.toggle_class("zoomed")
        self.shared.frames.request()

    def action_link(self) -> None:
        self.linking.on = not self.linking.on
        self.say("panes linked" if self.linking.on else "panes unlinked")

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
        marked = tuple(key for key in table.view.keys if key in table.marks)
        hidden = tuple(sorted(table.marks - set(marked)))
        current = () if table.cursor_key is None else (table.cursor_key,)
        self.post_message(UpgradeAsked((*marked, *hidden) or current))

    def action_disagreements(self) -> None:
        self.post_message(DetailAsked("disagreements", None))

    # The line at the bottom

    def action_filter(self) -> None:
        self._before = self.pane.table.view.filter.text
        self._ask(filtering=True, text=self._before)

    def action_command(self) -> None:
        self._ask(filtering=False)

    def _ask(self, *, filtering: bool, text: str = "") -> None:
        self.add_class("asking")
        self.prompt.ask(filtering=filtering, text=text)

    @on(FilterEdited)
    def _filter(self, message: FilterEdited) -> None:
        if self.frame is None:
            return
        try:
            self.pane.filter(message.text, self.frame.elapsed)
        except FilterError as error:
            self.prompt.say((Cell(str(error), Tone.BAD),))
            return
        view = self.pane.table.view
        hidden = view.scoped - len(view.keys)
        self.prompt.say((Cell(f"keeps {len(view.keys):,}, hides {hidden:,}", Tone.DIM),))
        if message.final:
            self._close()

    @on(PromptLeft)
    def _left(self, message: PromptLeft) -> None:
        if message.filtering and self.frame:
            self.pane.filter(self._before, self.frame.elapsed)
        self._close()

    @on(CommandEntered)
    async def _command(self, message: CommandEntered) -> None:
        try:
            command = commands.parse(message.text)
            self._close()
            if command is not None:
                await self._do(command)
        except (CommandError, FilterError) as error:
            self.say(str(error), bad=True)

    async def _do(self, command: commands.Command) -> None:
        pane = self.pane
        match command.name:
            case "sort":
                self._sort(pane, command.argument)
            case "filter" if self.frame:
                pane.filter(command.argument, self.frame.elapsed)
            case "unmark":
                pane.table.action_unmark_all()
            case "disagreements":
                self.action_disagreements()
            case "keys" | "quit":
                await self.run_action("app.keys" if command.name == "keys" else "app.leave")
            case name:
                self.action_show_pane(commands.PANES.index(name))

    def _sort(self, pane: Pane, argument: str) -> None:
        name, _, order = argument.partition(" ")
        found = column(pane.table.view.table.columns, name)
        if found is None:
            known = " ".join(one.key for one in pane.table.view.table.columns)
            raise CommandError(f"no column {name}; there are {known}")
        pane.table.sort_by(found, descending=order.startswith("d"))

    def _close(self) -> None:
        self.remove_class("asking")
        self.prompt.close()
        self.pane.table.focus()
