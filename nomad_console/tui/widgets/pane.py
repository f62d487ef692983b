"""A table with its title: what it shows, of how many, and how old that is."""

from textwrap import wrap
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip

from nomad_console.domain.snapshot import Changes, Source, SourceName, SourceState
from nomad_console.domain.text import duration
from nomad_console.tui.frames import Frame
from nomad_console.tui.rendering import links
from nomad_console.tui.rendering.age import freshness, source_age
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.filters import parse
from nomad_console.tui.rendering.links import Choice
from nomad_console.tui.rendering.table import Key, Table
from nomad_console.tui.rendering.text import Cell, Line, Tone, columns_of
from nomad_console.tui.widgets import paint
from nomad_console.tui.widgets.fleet_table import FleetTable
from nomad_console.tui.widgets.line import LineView

SOURCES = {
    "nodes": SourceName.NOMAD,
    "allocations": SourceName.NOMAD,
    "services": SourceName.CONSUL,
    "targets": SourceName.ALB,
}
_VERBS = {
    ("nodes", "services"): "with",
    ("nodes", "targets"): "behind",
    ("services", "nodes"): "on",
}
_SILENT = {SourceState.CONNECTING, SourceState.REFUSED}
_BORDER, _BORDER_FOCUS = Style(color="#30363d"), Style(color="#58a6ff")
_SERVICE_SCOPE_S = 1.0


class PaneTitle(LineView):
    """The upper edge of the pane with its words in it."""

    focused_pane = False

    def paint(self, width: int) -> Strip:
        style = _BORDER_FOCUS if self.focused_pane else _BORDER
        words = paint.strip(
            self.line, min(width - 4, sum(columns_of(one.text) for one in self.line))
        )
        fill = max(0, width - 4 - words.cell_length)
        edge = [Segment("╭ ", style), *list(words)[:-1], Segment(" " + "─" * fill + "╮", style)]
        return Strip(edge).adjust_cell_length(width)

    def focus_changed(self, *, focused: bool) -> None:
        if focused != self.focused_pane:
            self.focused_pane = focused
            self._strip = self.paint(self.size.width)
            self.refresh()


class Pane(Vertical):
    """Follows frames, narrowed as it is told."""

    def __init__(self, number: int, table: Table[Any], at: At) -> None:
        super().__init__(id=f"pane-{table.kind}", classes="pane")
        self.number = number
        self.kind = table.kind
        self.title = PaneTitle(classes="pane-title")
        self.table: FleetTable[Any] = FleetTable(table, at)
        self.choice: Choice | None = None
        self._scoped_at = float("-inf")

    def compose(self) -> ComposeResult:
        yield self.title
        yield self.table

    def follow(self, frame: Frame, choice: Choice | None) -> None:
        table = self.table
        differing = table.records.follow(frame.snapshot, frame.changes)
        at = At(
            frame.snapshot, frame.now, links.here(frame.snapshot, choice) if choice else frozenset()
        )
        notice = tuple(wrap(self._notice(frame), max(20, table.size.width - 4)))
        if notice != table.notice:
            table.notice = notice
            table.repaint_rows()
        if choice != self.choice:
            self.choice, differing = choice, None
            table.x = 0
        one_node = choice is not None and choice.kind == "nodes" and len(choice.keys) == 1
        hidden = table.records.blank.union(("node",) if one_node else ())
        if hidden != table.strips.hidden:
            table.strips.hidden, differing = hidden, None
        moved = self._rescope(frame, anew=differing is None)
        table.follow(at, frame.elapsed, None if differing is None else differing | moved)
        self.title.show(self.words(frame))

    def filter(self, text: str, elapsed: float) -> None:
        """Raises FilterError; the filter before stays then."""
        self.table.view.filter = parse(text, self.table.view.table.columns)
        self.table.rearrange(elapsed)

    def chosen(self) -> tuple[Key, ...]:
        """The marked rows where the cursor is on one of them, else the cursor's."""
        key, marks = self.table.cursor_key, self.table.marks
        if key is None:
            return ()
        if key not in marks:
            return (key,)
        return tuple(sorted((one for one in marks if one in self.table.records.rows), key=str))

    def words(self, frame: Frame) -> Line:
        table, view = self.table, self.table.view
        total, scoped, shown = len(view.rows), view.scoped, len(view.keys)
        cells = [Cell(f"{self.number} {view.table.title}", Tone.STRONG)]
        if self.choice is not None:
            verb = _VERBS.get((self.kind, self.choice.kind), "of")
            cells += [
                Cell(f" {verb} "),
                Cell(links.names_of(frame.snapshot, self.choice) or "\u2013", Tone.BUSY),
                Cell(f" · {scoped:,} of {total:,}" if self._counted(frame) else " ·", Tone.DIM),
            ]
        else:
            cells.append(Cell(f" {total:,}" if self._counted(frame) else " ·", Tone.DIM))
        cells += self._trouble(frame)
        if view.filter.text:
            sign = "" if view.filter.text.startswith("/") else "/"
            cells.append(Cell(f" · {sign}{view.filter.text}", Tone.WARN))
            cells.append(Cell(f" keeps {shown:,}, hides {view.filtered:,}", Tone.DIM))
        if view.over:
            cells.append(Cell(f" · {len(view.over):,} ended hidden (e)", Tone.DIM))
        if table.marks:
            cells.append(Cell(f" · {len(table.marks)} marked", Tone.STRONG))
        if table.x:
            cells.append(Cell(f" · ← {table.x}", Tone.DIM))
        if table.strips.dropped:
            word = "column" if table.strips.dropped == 1 else "columns"
            cells.append(Cell(f" · +{table.strips.dropped} {word} →", Tone.DIM))
        return (*cells, Cell(" "))

    def count(self, frame: Frame) -> str:
        """The rows shown; `·` where none was read yet, or may be."""
        return f"{len(self.table.view.keys):,}" if self._counted(frame) else "·"

    def unreadable(self, frame: Frame) -> bool:
        """Without a single row, and the source says why: such a pane narrows no other."""
        source = frame.snapshot.source(SOURCES[self.kind])
        silent = source.state in _SILENT and bool(source.reason)
        return silent and not self.table.records.rows

    def _counted(self, frame: Frame) -> bool:
        """There are rows, or it is known that there are none."""
        name = SOURCES[self.kind]
        spoken = frame.snapshot.source(name).state not in _SILENT
        hidden = self.kind == "allocations" and frame.snapshot.hides_work
        return bool(self.table.records.rows) or (spoken and not hidden)

    def _trouble(self, frame: Frame) -> Line:
        source = frame.snapshot.source(SOURCES[self.kind])
        tone = freshness(source, frame.wall)
        old = source_age(source, frame.wall)
        if tone is Tone.GOOD and source.reason:
            return (Cell(f" · {source.reason}", Tone.WARN),)
        if tone not in {Tone.WARN, Tone.BAD} or old is None:
            return ()
        word = "REFUSED" if source.state is SourceState.REFUSED else "STALE"
        reason = f": {source.reason}" if source.reason else ""
        return (Cell(f" · {word} {duration(old)}{reason}", tone),)

    def _notice(self, frame: Frame) -> str:
        """What an empty pane says, and what would help."""
        if self.table.records.rows:
            return "nothing here"
        source: Source = frame.snapshot.source(SOURCES[self.kind])
        match source.state:
            case SourceState.CONNECTING if not source.reason:
                return f"waiting for {source.name}"
            case SourceState.OFF:
                return f"{source.name}: {source.told}"
            case SourceState.CONNECTING | SourceState.REFUSED | SourceState.STALE:
                return f"{source.name}: {source.told} (asked again by itself)"
        return "none"

    def _rescope(self, frame: Frame, *, anew: bool) -> set[Key]:
        """Let the narrowing follow the cluster; the keys that came into it or left it."""
        view, before = self.table.view, self.table.view.scope
        if self.choice is None:
            view.scope = None
            return set()
        slow = self.choice.kind == "services"
        fresh = frame.elapsed - self._scoped_at < _SERVICE_SCOPE_S
        if not anew and (frame.changes == Changes() or (slow and fresh)):
            return set()
        self._scoped_at = frame.elapsed
        view.scope = links.scope(frame.snapshot, self.kind, self.choice)
        return set(view.scope) ^ set(before or ())
