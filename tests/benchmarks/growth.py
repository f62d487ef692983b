"""What ten times the cluster costs: no figure may grow faster than the size."""

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from time import perf_counter

from tests.benchmarks import arrival, changes, hands, machine
from tests.benchmarks.cost import watched
from tests.benchmarks.figures import Figure, Goal
from tests.benchmarks.lab import PATIENCE_S, Cluster, Lab, home, seen
from tests.benchmarks.table import number
from tests.benchmarks.writes import Node
from tests.support.terminal import Terminal

TIMES = 10.0
ENOUGH_GB = 14.0  # for a simulator of 50,000 nodes, and all else
SLOWER = 0.1  # speed of the largest world: at 1 its checks alone take a core
_RATE = 200


def growth(lab: Lab) -> list[Figure]:
    """Each size from a cold start; CPU with the ties still being read."""
    sizes = [0.1, 1.0]
    found = [_measured(lab.scaled(size), lab) for size in sizes]
    lacking = ""
    if lab.quick:
        lacking = "not at 10×: in a hurry"
    elif machine.free_gb() < ENOUGH_GB:
        lacking = (
            f"not at 10×: its simulator needs {ENOUGH_GB:g} GB, {machine.free_gb():.0f} are free"
        )
    else:
        found.append(_measured(lab.scaled(10.0, speed=SLOWER), lab))
    return [_grown(name, unit, found, lacking) for name, unit in found[0]]


def _grown(
    name: str, unit: str, found: Sequence[Mapping[tuple[str, str], float]], lacking: str
) -> Figure:
    values = [one[name, unit] for one in found]
    steps = [after / before for before, after in pairwise(values)]
    said = " → ".join(number(value) for value in values)
    return Figure(
        f"growth by ten: {name}",
        "×",
        max(steps),
        goal=Goal(median=TIMES),
        note="; ".join(part for part in (f"{said} {unit}", lacking) if part),
    )


def _measured(cluster: Cluster, lab: Lab) -> dict[tuple[str, str], float]:
    """By name and unit."""
    found: dict[tuple[str, str], float] = {}
    with cluster.console(cluster.cold()) as terminal:
        arrived = arrival.watch(terminal, cluster, at_most=5 * PATIENCE_S)
        found |= {(f"data in: {name}", "s"): seconds for name, seconds in arrived.items()}
        with cluster.load(_RATE):
            terminal.look(2.0)
            cpu, lines = watched(terminal, lab.seconds(30))
            found["CPU", "%"] = cpu
            found["memory", "MB"] = machine.rss_mb(terminal.child.pid)
            found["to the terminal", "kB/s"] = median(lines)
            found["change to screen", "ms"] = _change(terminal, cluster, lab.count(30))
            found["key to screen", "ms"] = _key(terminal, lab.count(100))
            tables = hands.tables(terminal, lab.count(10))
            found |= {(f"{name} all rows", "ms"): median(times) for name, times in tables.items()}
    return found


def _change(terminal: Terminal, cluster: Cluster, many: int) -> float:
    node, chance = Node(cluster), random.Random(1)
    home(terminal)
    samples = [changes.one(terminal, node, chance) for _ in range(many)]
    node.close()
    return median(samples)


def _key(terminal: Terminal, many: int) -> float:
    home(terminal)
    samples = []
    for key, row in hands.walk(many):
        pressed = perf_counter()
        terminal.press(key)
        samples.append((seen(terminal, hands.cursor_on(row), PATIENCE_S) - pressed) * 1000)
        terminal.look(0.05)
    return median(samples)
