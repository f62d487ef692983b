"""How soon a console that was never here holds a whole cluster, read off its screen."""

import re
from collections.abc import Callable
from time import perf_counter

from tests.benchmarks.figures import Figure, Goal, spread
from tests.benchmarks.lab import FIRST_ROW, PATIENCE_S, Cluster, Lab, total
from tests.support.terminal import Terminal

GOALS = {"Nomad": 2.0, "Consul": 3.0, "visible targets": 5.0}
TIES_S = 120.0
_FOUND = "read off the screen, from the command to the bytes, nothing cached"


def data_in(lab: Lab) -> list[Figure]:
    times: dict[str, list[float]] = {name: [] for name in GOALS}
    for _ in range(lab.count(3)):
        for name, seconds in arrived(lab.cluster).items():
            times[name].append(seconds)
    world = lab.cluster.world
    size = f"{world['nodes']:,} nodes, {world['allocations']:,} allocations"
    return [
        spread(f"data in: {name}", "s", times[name], Goal(median=goal), note=f"{size}; {_FOUND}")
        for name, goal in GOALS.items()
    ]


def arrived(cluster: Cluster) -> dict[str, float]:
    with cluster.console(cluster.cold()) as terminal:
        return watch(terminal, cluster, at_most=PATIENCE_S)


def watch(terminal: Terminal, cluster: Cluster, at_most: float) -> dict[str, float]:
    """Seconds from the command until each part was on screen, whole."""
    parts, found = whole(cluster), dict[str, float]()
    while len(found) < len(parts):
        if perf_counter() - terminal.begun_at > at_most or not terminal.read(1.0):
            raise AssertionError(f"only {sorted(found)} in time\n{terminal.text}")
        for name in parts.keys() - found:
            if parts[name](terminal):
                found[name] = terminal.received_at - terminal.begun_at
    return found


def whole(cluster: Cluster) -> dict[str, Callable[[Terminal], bool]]:
    """How the screen says that a part is complete."""
    world = cluster.world

    def live(terminal: Terminal, source: str) -> bool:
        return re.search(rf"{source} [\d. ]*●", terminal.row(0)) is not None

    def nomad(terminal: Terminal) -> bool:
        return (
            live(terminal, "nomad")
            and total(terminal, "1 Nodes") == world["nodes"]
            and total(terminal, "2 Allocations") >= world["allocations"]
        )

    def consul(terminal: Terminal) -> bool:
        return live(terminal, "consul") and total(terminal, "3 Services") >= cluster.services

    def targets(terminal: Terminal) -> bool:
        rows = [terminal.row(y) for y in range(FIRST_ROW, FIRST_ROW + 18)]
        nodes = [row for row in rows if re.match(r"│[▌ ] c\d+ ", row)]
        return bool(nodes) and all(re.match(r"[^│]*│?[^│]* 2 ok  [^│]*│", row[1:]) for row in nodes)

    return {"Nomad": nomad, "Consul": consul, "visible targets": targets}


def ties(lab: Lab) -> list[Figure]:
    """`status --json` where nobody has been ends when every tie is known."""
    look = lab.cluster.first_look
    untied = sum(node["targets"] is None for node in look.document["nodes"])
    goal = Goal(median=TIES_S)
    note = f"`status --json`, nothing cached; {untied} nodes without"
    found = [Figure("data in: all ties", "s", look.seconds, goal=goal, note=note)]
    return [*found, Figure("nodes left without ties", "", untied, goal=Goal(median=0))]
