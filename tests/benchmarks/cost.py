"""What a console takes: processor, memory, the terminal's line."""

from statistics import median
from time import perf_counter

from tests.benchmarks import machine
from tests.benchmarks.baselines import polled
from tests.benchmarks.figures import Baseline, Figure, Goal, spread
from tests.benchmarks.lab import Lab, home
from tests.benchmarks.writes import NODE, Node
from tests.support.terminal import Terminal

CPU_PERCENT = 10.0
MEMORY_MB = 200.0
SLOPE_MB = 1.0
EVENTS = 100_000
LINE_KB = 125.0  # a second: 1 Mbit/s
ONE_CHANGE = 0.1  # of a whole screen
_RATE, _MANY = 200.0, 2000.0


def processor(lab: Lab) -> list[Figure]:
    """CPU, memory and bytes in one quiet look of a minute."""
    terminal = lab.cluster.steady
    home(terminal)
    with lab.cluster.load(_RATE):
        terminal.look(2.0)
        cpu, lines = watched(terminal, lab.seconds(60))
        memory = machine.rss_mb(terminal.child.pid)
    with lab.cluster.load(_RATE, NODE):
        terminal.look(2.0)
        cpu_seen, lines_seen = watched(terminal, lab.seconds(20))
    poll = lab.taken(polled)[1]
    line = Goal(most=LINE_KB)
    note = f"{lab.seconds(60):g} s, console only, ties confirmed"
    return [
        Figure(
            "CPU at 200 events/s",
            "%",
            cpu,
            goal=Goal(median=CPU_PERCENT),
            baseline=Baseline("2 s poll", poll.median),
            note=note,
        ),
        Figure("CPU, all 200 events/s in sight", "%", cpu_seen, note="all on the node shown"),
        Figure("memory at 200 events/s", "MB", memory, goal=Goal(median=MEMORY_MB), note="RSS"),
        spread("to the terminal at 200 events/s", "kB/s", lines, line, note="each second"),
        spread("to the terminal, all of them in sight", "kB/s", lines_seen, line),
    ]


def watched(terminal: Terminal, seconds: float) -> tuple[float, list[float]]:
    """CPU of one core in percent, and kilobytes to the terminal in each second."""
    pid = terminal.child.pid
    cpu, begun, lines = machine.cpu_s(pid), perf_counter(), []
    while perf_counter() - begun < seconds:
        before = terminal.received
        terminal.look(1.0)
        lines.append((terminal.received - before) / 1000)
    return (machine.cpu_s(pid) - cpu) / (perf_counter() - begun) * 100, lines


def one_change(lab: Lab) -> list[Figure]:
    """Bytes for one node made ineligible, beside those of a whole screen."""
    terminal, node = lab.cluster.steady, Node(lab.cluster)
    home(terminal)
    still = median(_bytes(terminal) for _ in range(5))
    changed = []
    for _ in range(lab.count(15)):
        node.turn()
        changed.append(max(0.0, _bytes(terminal) - still))
        node.answered()
    node.close()
    terminal.press("?")
    terminal.until("Everywhere")
    terminal.quiet(0.3)
    before = terminal.received
    terminal.press("\x1b")
    terminal.until(r"▌ c1 ")
    terminal.quiet(0.3)
    screen = Baseline("a whole screen", float(terminal.received - before))
    goal = Goal(median=screen.value * ONE_CHANGE)
    note = "the second it comes in, less the clock's"
    return [spread("to the terminal for one change", "bytes", changed, goal, screen, note)]


def _bytes(terminal: Terminal) -> float:
    """Of one second, in which the clock ticks once."""
    before = terminal.received
    terminal.look(1.0)
    return float(terminal.received - before)


def slope(lab: Lab) -> list[Figure]:
    """Growth over 100,000 events: anywhere, where rows of a list come to hold their tasks; then
    on the same few rows again and again, where nothing new is to be kept."""
    terminal = lab.cluster.steady
    events = EVENTS // 10 if lab.quick else EVENTS
    home(terminal)
    before = machine.rss_mb(terminal.child.pid)
    anywhere = _grown(lab, terminal, events) * EVENTS / events
    _grown(lab, terminal, events // 5, NODE)
    again = _grown(lab, terminal, events, NODE) * EVENTS / events
    after = machine.rss_mb(terminal.child.pid)
    what, note = "memory: 100,000 events", f"{before:.0f} MB before, {after:.0f} MB after"
    return [
        Figure(
            f"{what} anywhere",
            "MB",
            anywhere,
            note="tasks that rows did not hold yet: until each has its own",
        ),
        Figure(f"{what} on rows that had theirs", "MB", again, goal=Goal(SLOPE_MB), note=note),
    ]


def _grown(lab: Lab, terminal: Terminal, events: int, node: str = "") -> float:
    """Megabytes by which so many events made the console larger."""
    cluster = lab.cluster
    before, last = machine.rss_mb(terminal.child.pid), cluster.index() + events
    with cluster.load(_MANY, node):
        while cluster.index() < last:
            terminal.look(1.0)
    terminal.look(5.0)
    return machine.rss_mb(terminal.child.pid) - before
