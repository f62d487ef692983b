"""Screens with a line at the bottom for filters and commands."""

from textual import events

from nomad_console.tui import commands
from nomad_console.tui.commands import CommandError
from nomad_console.tui.rendering.columns import column
from nomad_console.tui.rendering.filters import FilterError
from nomad_console.tui.rendering.text import Cell, Tone
from nomad_console.tui.screens.base import ConsoleScreen, Shared
from nomad_console.tui.widgets.pane import Pane
from nomad_console.tui.widgets.prompt import Prompt


class Asking(ConsoleScreen):
    """What is typed concerns the pane that had the focus."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.prompt = Prompt()
        self._before = ""

    @property
    def pane(self) -> Pane:
        raise NotImplementedError

    def action_show_pane(self, index: int) -> None:
        raise NotImplementedError

    def action_filter(self) -> None:
        self._before = self.pane.table.view.filter.text
        self._ask(filtering=True, text=self._before)

    def action_command(self) -> None:
        self._ask(filtering=False)

    def _ask(self, *, filtering: bool, text: str = "") -> None:
        self.add_class("asking")
        self.prompt.ask(filtering=filtering, text=text)

    async def takes(self, event: events.Key) -> bool:
        if not self.prompt.display:
            return False
        match event.key:
            case "enter" if self.prompt.filtering:
                if self._filter():
                    self._close()
            case "enter":
                self._close()
                await self._command(self.prompt.text)
            case "escape":
                if self.prompt.filtering and self.frame:
                    self.pane.filter(self._before, self.frame.elapsed)
                self._close()
            case _:
                taken = await self.prompt.edit(event)
                if taken and self.prompt.filtering:
                    self._filter()
                return taken
        return True

    def pasted(self, text: str) -> bool:
        if not self.prompt.display:
            return False
        self.prompt.insert(text.strip().partition("\n")[0])
        if self.prompt.filtering:
            self._filter()
        return True

    def _filter(self) -> bool:
        """Keep what the line says; False where it cannot be understood."""
        if self.frame is None:
            return False
        try:
            self.pane.filter(self.prompt.text, self.frame.elapsed)
        except FilterError as error:
            self.prompt.say((Cell(str(error), Tone.BAD),))
            return False
        view = self.pane.table.view
        said = f"keeps {len(view.keys):,}, hides {view.filtered:,}"
        self.prompt.say((Cell(said, Tone.DIM),))
        return True

    async def _command(self, text: str) -> None:
        try:
            command = commands.parse(text)
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
                await self.run_action("disagreements")
            case "keys" | "quit":
                await self.run_action("app.keys" if command.name == "keys" else "app.leave")
            case name:
                self.action_show_pane(commands.PANES.index(name))

    def _sort(self, pane: Pane, argument: str) -> None:
        name, _, order = argument.partition(" ")
        found = column(pane.table.view.table.columns, name)
        if found is None:
            known = " ".join(one.key for one in pane.table.view.table.columns if one.title)
            raise CommandError(f"no column {name}; there are {known}")
        pane.table.sort_by(found, descending=order.startswith("d"))

    def on_click(self, event: events.Click) -> None:
        """Elsewhere: what was typed so far stays."""
        if event.widget is None or self.prompt not in event.widget.ancestors_with_self:
            self._close()

    def _close(self) -> None:
        self.remove_class("asking")
        self.prompt.close()
