"""From a key to the bytes that answer it, on a full cluster that does not stand still."""

import random
import re
from collections.abc import Callable, Iterator
from time import perf_counter

from tests.benchmarks.baselines import data_table
from tests.benchmarks.figures import Baseline, Figure, Goal, spread
from tests.benchmarks.lab import FIRST_ROW, PATIENCE_S, ROWS, Lab, home, seen
from tests.support.terminal import Terminal

KEY = Goal(p95=20, most=100)
WHOLE_MS = 50.0
_CURSOR = "▌"
_LAST_LINE = 30  # of the enlarged pane, or one near it
_TURN = 15  # rows down, then as many up


def keys_at_200(lab: Lab) -> list[Figure]:
    return _keys(lab, 200, lab.count(500))


def keys_at_2000(lab: Lab) -> list[Figure]:
    return _keys(lab, 2000, lab.count(200))


def _keys(lab: Lab, rate: float, many: int) -> list[Figure]:
    """Down and up through the nodes: each leads the other panes to another node."""
    terminal, chance = lab.cluster.steady, random.Random(1)
    home(terminal)
    samples = []
    with lab.cluster.load(rate):
        terminal.look(1.0)
        for key, row in walk(many):
            pressed = perf_counter()
            terminal.press(key)
            shown = seen(terminal, cursor_on(row), PATIENCE_S)
            samples.append((shown - pressed) * 1000)
            terminal.look(chance.uniform(0.02, 0.08))
    return [spread(f"key to screen at {rate:,.0f} events/s", "ms", samples, KEY)]


def walk(many: int) -> Iterator[tuple[str, int]]:
    row, step = FIRST_ROW, 1
    for _ in range(many):
        row += step
        yield ("j" if step > 0 else "k"), row
        if row in {FIRST_ROW, FIRST_ROW + _TURN}:
            step = -step


def cursor_on(row: int) -> Callable[[Terminal], bool]:
    return lambda terminal: terminal.row(row)[1:2] == _CURSOR


def whole_tables(lab: Lab) -> list[Figure]:
    """Filter, sort and mark every allocation, 200 events a second going on."""
    terminal = lab.cluster.steady
    build, sort, _ = lab.taken(data_table)
    rows = f"{round(lab.cluster.world['allocations'], -3):,} rows"
    with lab.cluster.load(200):
        terminal.look(1.0)
        times = tables(terminal, lab.count(15))
    goal, table = Goal(median=WHOLE_MS), "DataTable"
    baselines = {
        "sort": Baseline(f"{table}'s", sort.median),
        "filter": Baseline(f"{table} built anew", build.median),
    }
    notes = {"filter": "each letter typed or taken back is one"}
    return [
        spread(f"{name} {rows}", "ms", taken, goal, baselines.get(name), notes.get(name, ""))
        for name, taken in times.items()
    ]


def tables(terminal: Terminal, many: int) -> dict[str, list[float]]:
    """Milliseconds for the pane of all allocations, enlarged; as it was afterwards."""
    home(terminal)
    terminal.press("L", "2", "z")
    terminal.until(r"2 Allocations [\d,]+ ")
    terminal.quiet(0.3, at_most=2.0)
    found = {
        "sort": [_timed(terminal, "S", _first_line(terminal)) for _ in range(2 * many)],
        "mark": [_timed(terminal, key, _marked(key == "a")) for key in "aA" * many],
        "filter": list(_filtered(terminal, many)),
    }
    terminal.press("\x1b")
    terminal.look(0.5)
    terminal.press("z", "L", "1")
    return found


def _first_line(terminal: Terminal) -> Callable[[Terminal], bool]:
    """Another line is first."""
    before = _lines(terminal)[0]
    return lambda one: _lines(one)[0] != before


def _lines(terminal: Terminal) -> list[str]:
    """Of the enlarged pane; jobs and ids, which a load does not change."""
    rows = (terminal.row(y) for y in range(2, ROWS))
    return [found[1] for row in rows if (found := re.match(r"│..(\S+\[\d+\]) ", row))] or [""]


def _marked(there: bool) -> Callable[[Terminal], bool]:
    """The rows in sight carry the sign; the count in the title follows with the next frame."""
    return lambda one: (one.row(_LAST_LINE)[2:3] == "*") is there


def _timed(terminal: Terminal, key: str, wanted: Callable[[Terminal], bool]) -> float:
    pressed = perf_counter()
    terminal.press(key)
    shown = seen(terminal, wanted, PATIENCE_S)
    terminal.look(0.2)
    return (shown - pressed) * 1000


def _filtered(terminal: Terminal, many: int) -> Iterator[float]:
    """Type `249`, a digit at a time, and take it back; each leaves another number of rows."""
    terminal.press("/")
    terminal.until(r"^ ?/")
    terminal.look(0.3)
    for key in ("2", "4", "9", *"\x7f" * 3) * -(-many // 6):
        before = _kept(terminal)
        yield _timed(terminal, key, lambda one, before=before: _kept(one) not in {"", before})  # type: ignore[misc]  # bound here and now


def _kept(terminal: Terminal) -> str:
    """What the line that is typed in says of it."""
    for y in range(ROWS - 1, ROWS - 6, -1):
        if found := re.search(r"keeps ([\d,]+), hides", terminal.row(y)):
            return found[1]
    return ""
