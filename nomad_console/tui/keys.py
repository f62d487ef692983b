"""Every key of the console: what it does, what it is called, and whether it can lead to a write."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from textual.binding import Binding

from nomad_console.tui.rendering.rights import Refusal


class Key(NamedTuple):
    """`keys` as Textual names them; `label` is how the footer and the keys screen name them."""

    keys: str
    action: str
    label: str
    short: str
    help: str
    dangerous: bool = False


_FOOTER = ("esc", *"bhgFRKSx", "space", "enter", "u", "/", "tab", ":", "U", *"LpzsEyBDA")
READ_ONLY = "read-only: this console never writes"

_MOVING = (
    Key("down,j", "down", "↓ j", "", "next row"),
    Key("up,k", "up", "↑ k", "", "row before"),
    Key("pagedown,ctrl+f", "page(1)", "PgDn", "", "a page on"),
    Key("pageup,ctrl+b", "page(-1)", "PgUp", "", "a page back"),
    Key("home,g", "first", "Home g", "", "first row"),
    Key("end,G", "last", "End G", "", "last row"),
)
MOVES = frozenset(name for key in _MOVING for name in key.keys.split(","))
TABLE = (
    *_MOVING,
    Key("right", "sideways(1)", "→", "", "columns that do not fit, then on to the right"),
    Key("left", "sideways(-1)", "←", "", "back to the left"),
    Key("enter", "open", "enter", "open", "open the row"),
    Key("space", "mark", "space", "mark", "mark the row; marks survive filters"),
    Key("a", "mark_all", "a", "", "mark every row that the filter keeps"),
    Key("A", "unmark_all", "A", "", "take every mark away"),
    Key("s", "sort", "s", "sort", "sort by the next column; or click a title"),
    Key("S", "reverse", "S", "", "the other way round"),
)
UPGRADE = Key(
    "u",
    "upgrade",
    "u",
    "upgrade",
    "guided upgrade of the marked nodes, else of the row's node",
    dangerous=True,
)
TAKE_UP = Key(
    "U",
    "take_up",
    "U",
    "unfinished run",
    "the run that was left unfinished: go on with it, or put back what it changed",
    dangerous=True,
)
DASHBOARD = (
    UPGRADE,
    TAKE_UP,
    Key(
        "slash",
        "filter",
        "/",
        "filter",
        "filter this pane: typing replaces the old filter, → edits it, esc keeps it",
    ),
    Key("colon", "command", ":", "command", ":nodes :sort COLUMN :filter … :quit"),
    Key("tab", "pane(1)", "tab", "pane", "next pane"),
    Key("shift+tab", "pane(-1)", "shift+tab", "", "pane before"),
    Key("1", "show_pane(0)", "1", "", "nodes"),
    Key("2", "show_pane(1)", "2", "", "allocations"),
    Key("3", "show_pane(2)", "3", "", "services"),
    Key("4", "show_pane(3)", "4", "", "targets"),
    Key("L", "link", "L", "link", "link the panes, or let each show everything"),
    Key("z", "zoom", "z", "zoom", "this pane alone, and back"),
    Key("e", "ended", "e", "", "allocations that ended long ago or as they should: show, hide"),
    Key(
        "exclamation_mark",
        "disagreements",
        "!",
        "",
        "where systems disagree; why a source fails; what tokens may do",
    ),
    Key("escape", "widen", "esc", "", "clear the filter, then show everything in this pane"),
)
DETAIL = (
    Key("escape,backspace", "back", "esc", "back", "back"),
    Key("down,j", "down", "↓ j", "", "next link, or scroll"),
    Key("up,k", "up", "↑ k", "", "link before, or scroll"),
    Key("pagedown", "page(1)", "PgDn", "", "a page on"),
    Key("pageup", "page(-1)", "PgUp", "", "a page back"),
    Key("home,g", "first", "Home g", "", "to the top"),
    Key("end,G", "last", "End G", "", "to the end"),
    Key("enter", "open", "enter", "open", "open what the line names"),
)
BEGIN = Key(
    "b", "begin", "b", "begin", "begin this plan; its first gate still asks", dangerous=True
)
UNFINISHED = (
    Key("g", "resume", "g", "go on with it", "go on where it was left", dangerous=True),
    Key("R", "restore", "R", "restore", "put back what it changed", dangerous=True),
)
LEAVE = (
    Key("F", "freeze_and_leave", "F", "freeze and leave", "end our drain, then leave"),
    Key("x", "leave_it", "x", "leave as it is", "leave; what goes on is on this page"),
    Key("S", "stop_after", "S", "finish this node", "stay until this node is done, then stop"),
    Key("R", "restore", "R", "restore", "put back what the run changed"),
)
ORDERS = (
    Key("g", "go_on", "g", "go on", "go on after a hold"),
    Key("D", "host_ran", "D", "it ran", "take the host command for done, whatever is known of it"),
    Key("A", "host_again", "A", "run it again", "run the host command again"),
    Key("h", "hold", "h", "hold", "hold: the next gate stays closed"),
    Key("F", "freeze", "F", "freeze", "hold, and end our drain; the node stays ineligible"),
    Key("E", "extend", "E", "extend", "give our drain another deadline"),
    Key("s", "batch_stop", "s", "", "stop the batch work of the node when it is drained"),
    Key("B", "batch_wait", "B", "", "let batch work end by itself: no deadline"),
    Key("R", "restore", "R", "restore", "put back what this run changed, and end it"),
    Key("K", "skip", "K", "skip", "leave a node out, or as it is now"),
    Key("S", "stop_after", "S", "stop after", "end the run after this node; once more: do not"),
)
REPORT = Key("enter", "report", "enter", "report", "the report so far")
RUN = (
    Key("c", "confirm", "c", "", "answer the gate: c, then the two characters it shows"),
    *ORDERS,
    REPORT,
    Key("escape,backspace", "back", "esc", "back", "to the dashboard; the run goes on"),
    Key("down,j", "scroll(1)", "↓ j", "", "a line on"),
    Key("up,k", "scroll(-1)", "↑ k", "", "a line back"),
    Key("pagedown,ctrl+f", "page_gate(1)", "PgDn", "", "what else the gate says"),
    Key("pageup,ctrl+b", "page_gate(-1)", "PgUp", "", "back to what it says first"),
)
APP = (
    Key("p", "pause", "p", "pause", "freeze what is shown; feeds go on"),
    Key("y", "copy_row", "y", "copy", "copy the row to the clipboard (OSC 52)"),
    Key("Y", "copy_screen", "Y", "", "copy the whole screen as text"),
    Key("question_mark", "keys", "?", "keys", "this page"),
    Key("q", "leave", "q", "quit", "leave the console"),
)
GROUPS = (
    ("Everywhere", APP),
    ("Tables", TABLE),
    ("Dashboard", DASHBOARD),
    ("Details", DETAIL),
)
WRITING_GROUPS = (
    ("The plan of an upgrade", (BEGIN,)),
    ("A run", RUN),
    ("An unfinished run", UNFINISHED),
    ("Leaving while a run goes on", LEAVE),
)


def bindings(keys: Iterable[Key]) -> list[Binding]:
    """What Textual is given; footer and help are ours."""
    return [Binding(key.keys, key.action, key.help, show=False) for key in keys]


def working(keys: Iterable[Key], *, read_only: bool) -> list[Key]:
    """The keys that do something: none that can lead to a write in a read-only console."""
    return [key for key in keys if not (read_only and key.dangerous)]


def footer(
    keys: Iterable[Key], *, read_only: bool, lacking: Mapping[str, Refusal] = MappingProxyType({})
) -> list[tuple[str, str]]:
    """Label and word of those that have a word, the most needed first.

    What is lacking for an action stands beside its word.
    """
    named = [key for key in working(keys, read_only=read_only) if key.short]
    order = {label: place for place, label in enumerate(_FOOTER)}
    named.sort(key=lambda key: order.get(key.label, len(order)))
    return [(key.label, _said(key, lacking.get(key.action))) for key in named]


def _said(key: Key, lacking: Refusal | None) -> str:
    return f"{key.short} ({lacking.word})" if lacking else key.short
