"""From a write at Nomad's API to the bytes that show it."""

import random
from collections.abc import Callable
from statistics import median
from time import perf_counter

from tests.benchmarks.baselines import polled
from tests.benchmarks.figures import Baseline, Figure, Goal, spread
from tests.benchmarks.lab import FIRST_ROW, PATIENCE_S, Lab, home, seen
from tests.benchmarks.writes import Node
from tests.support.terminal import Terminal

AT_200 = Goal(median=50, p95=150)
AT_2000 = Goal(most=1000)
BEHIND = 2.0
WORDS = {"ineligible": " ineligible ", "eligible": " ready "}  # as the screen has them


def at_200(lab: Lab) -> list[Figure]:
    samples, note = changes(lab, 200, lab.count(100))
    poll = lab.taken(polled)[0]
    known = Baseline("2 s poll", poll.median)
    return [spread("change to screen at 200 events/s", "ms", samples, AT_200, known, note)]


def at_2000(lab: Lab) -> list[Figure]:
    samples, note = changes(lab, 2000, lab.count(100))
    quarter = max(1, len(samples) // 4)
    behind = median(samples[-quarter:]) / median(samples[:quarter])
    what = "change to screen at 2,000 events/s"
    return [
        spread(what, "ms", samples, AT_2000, note=note),
        Figure("… its last quarter over its first", "×", behind, goal=Goal(median=BEHIND)),
    ]


def changes(lab: Lab, rate: float, many: int) -> tuple[list[float], str]:
    """Milliseconds from the request until seen; what the simulator did meanwhile, in words."""
    cluster, chance = lab.cluster, random.Random(rate)
    terminal = cluster.steady
    home(terminal)
    node = Node(cluster)
    with cluster.load(rate):
        terminal.look(2.0)
        first, begun = cluster.index(), perf_counter()
        samples = [one(terminal, node, chance) for _ in range(many)]
        made = (cluster.index() - first) / (perf_counter() - begun)
        answers = [node.round_trip_ms() for _ in range(lab.count(20))]
    node.close()
    own = f"the simulator's own answer {median(answers):.0f} ms"
    return samples, f"{made:,.0f} writes/s were made; {own}"


def one(terminal: Terminal, node: Node, chance: random.Random) -> float:
    """Milliseconds, at a moment that nothing else decides."""
    terminal.look(chance.uniform(0.1, 0.4))
    sent = perf_counter()
    shown = seen(terminal, shows(WORDS[node.turn()]), PATIENCE_S)
    node.answered()
    return (shown - sent) * 1000


def shows(word: str) -> Callable[[Terminal], bool]:
    return lambda terminal: word in terminal.row(FIRST_ROW)
