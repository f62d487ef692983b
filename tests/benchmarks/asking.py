"""What a console asks of the backends, counted by the simulator."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from tests.benchmarks.baselines import polled
from tests.benchmarks.figures import Baseline, Figure, Goal, spread
from tests.benchmarks.lab import Cluster, Lab
from tests.support.terminal import Terminal

CONNECTIONS = 4  # one stream, three pooled
DESCRIBES = 2.0  # a second
CONSUL_MBIT = 1.0  # the line an operator may have
_WINDOW_S = 10.0


@dataclass(frozen=True)
class Reading:
    """The simulator's counters at one moment; `sent` in bytes."""

    at: float
    connections: int
    sent: dict[str, int]
    requests: dict[str, Counter[str]]

    @property
    def describes(self) -> int:
        return sum(n for name, n in self.requests["aws"].items() if name.startswith("Describe"))


def requests(lab: Lab) -> list[Figure]:
    """From a cold start on, 200 events a second going on."""
    cluster = lab.cluster
    before = _read(cluster)
    with cluster.load(200), cluster.console(cluster.cold()) as terminal:
        readings = [before, *_readings(terminal, cluster, lab.seconds(75))]
    last, half = readings[-1], readings[len(readings) // 2]
    most = max(one.connections for one in readings) - before.connections
    mbit = {api: _mbit(half, last, api) for api in ("nomad", "consul")}
    poll = lab.taken(polled)[2]
    return [
        Figure(
            "connections to Nomad",
            "",
            most,
            goal=Goal(median=CONNECTIONS),
            note="the most at once, from a cold start on",
        ),
        spread(
            "describes a second at AWS",
            "/s",
            list(_rates(readings)),
            Goal(most=DESCRIBES),
            note=f"windows of {_WINDOW_S:g} s, from a cold start on",
        ),
        Figure(
            "from Consul",
            "Mbit/s",
            mbit["consul"],
            goal=Goal(median=CONSUL_MBIT),
            note=f"{_mbit(before, half, 'consul'):.2g} while starting",
        ),
        Figure(
            "from Nomad at 200 events/s",
            "Mbit/s",
            mbit["nomad"],
            baseline=Baseline("2 s poll", poll.median),
            note="ties still being read",
        ),
        Figure(
            "listings of allocations by one start",
            "pages",
            _pages(before, last),
            note=f"of {cluster.world['allocations']:,} rows and of what is on screen",
        ),
    ]


def _read(cluster: Cluster) -> Reading:
    found = cluster.simulator.control("GET", "/requests")
    return Reading(
        perf_counter(),
        found["nomad"]["open"],
        {name: api["sent"] for name, api in found.items()},
        {name: Counter(api["requests"]) for name, api in found.items()},
    )


def _readings(terminal: Terminal, cluster: Cluster, seconds: float) -> list[Reading]:
    begun, found = perf_counter(), []
    while perf_counter() - begun < seconds:
        terminal.look(0.1)
        found.append(_read(cluster))
    return found


def _rates(readings: Sequence[Reading]) -> list[float]:
    """Describes a second in every window; of n evenly spaced calls n - 1 gaps lie in it."""
    found, first = [], 0
    for last in range(len(readings)):
        while readings[last].at - readings[first].at > _WINDOW_S:
            first += 1
        if first:
            before, after = readings[first - 1], readings[last]
            calls = after.describes - before.describes
            found.append(max(0, calls - 1) / (after.at - before.at))
    return found or [0.0]


def _mbit(first: Reading, last: Reading, api: str) -> float:
    return (last.sent[api] - first.sent[api]) * 8 / 1e6 / max(1e-9, last.at - first.at)


def _pages(first: Reading, last: Reading) -> int:
    kind = "GET /v1/allocations"
    return last.requests["nomad"][kind] - first.requests["nomad"][kind]
