"""Where measures are taken: a simulated cluster in its own process, and consoles on it in ptys."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Self
from urllib.parse import urlsplit

from tests.benchmarks.figures import Figure
from tests.support.demos import WHOLE, homeless
from tests.support.simulator import Simulator, running_simulator
from tests.support.terminal import Terminal, console

COLUMNS, ROWS = 200, 50
NODES, ALLOCATIONS = 5_000, 50_000
PATIENCE_S = 120.0
TIES_S = 400.0  # the longest that all ties may take
CALM = 5  # node readings a second, below which ties count as confirmed
FIRST_ROW = 3  # of the nodes on a dashboard


def seen(terminal: Terminal, wanted: Callable[[Terminal], object], at_most: float) -> float:
    """`perf_counter` when the bytes came that made it true."""
    end = perf_counter() + at_most
    while not wanted(terminal):
        left = end - perf_counter()
        if left <= 0 or not terminal.read(left):
            raise AssertionError(f"never seen: {wanted}\n{terminal.text}")
    return terminal.received_at


def total(terminal: Terminal, title: str) -> int:
    """All rows of a pane, as its title says: `2 Allocations of c1 · 10 of 50,000`."""
    for y in range(1, ROWS):
        if found := re.search(rf"{title} (?:[^─╮]*? · [\d,]+ of )?([\d,]+)", terminal.row(y)):
            return int(found[1].replace(",", ""))
    return 0


def home(terminal: Terminal) -> None:
    """The first node, everything linked, nothing filtered, sorted by name."""
    terminal.press("1", "g")
    terminal.until(r"▌ c1 ")
    terminal.quiet(0.2, at_most=1.0)


@dataclass
class Cluster:
    """One simulated cluster, with the home of a console that has been here before."""

    simulator: Simulator
    stack: ExitStack
    where: Path
    _homes: int = 0

    @property
    def world(self) -> dict[str, Any]:
        """As it is now: allocations grow in number, for a batch job runs again and again."""
        found: dict[str, Any] = self.simulator.control("GET", "/world")
        return found

    @cached_property
    def services(self) -> int:
        _, found = self.simulator.call("CONSUL_HTTP_ADDR", "GET", "/v1/catalog/services")
        return len(found)

    def cold(self) -> dict[str, str]:
        """The environment of a console that was never here."""
        self._homes += 1
        where = self.where / f"home{self._homes}"
        where.mkdir()
        return self.simulator.environ | homeless(where)

    @cached_property
    def first_look(self) -> "Look":
        """`status --json` where nobody has been: it ends when every tie is known."""
        env = self.cold()
        words = [sys.executable, "-m", "nomad_console", "status", "--json"]
        begun = perf_counter()
        done = subprocess.run(
            [*words, "--timeout", f"{TIES_S:g}"], env=env, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return Look(perf_counter() - begun, json.loads(done.stdout), env)

    def warm(self) -> Mapping[str, str]:
        return self.first_look.env

    @contextmanager
    def console(self, env: Mapping[str, str], columns: int = COLUMNS) -> Iterator[Terminal]:
        with console(columns=columns, rows=ROWS, env=env) as terminal:
            yield terminal

    @cached_property
    def steady(self) -> Terminal:
        """A console that has everything and reads in the background no more; kept to the end."""
        terminal = self.stack.enter_context(self.console(self.warm()))
        terminal.until(WHOLE, PATIENCE_S)
        least = self.world["allocations"]
        terminal.until(lambda _: total(terminal, "2 Allocations") >= least, PATIENCE_S)
        before = self.node_readings()
        while True:
            terminal.look(4.0)
            now = self.node_readings()
            if now - before < 4 * CALM:
                return terminal
            before = now

    def node_readings(self) -> int:
        found: int = self.requests("nomad")["requests"].get("GET /v1/node/:id", 0)
        return found

    def requests(self, api: str) -> dict[str, Any]:
        """What the simulator counted of one API so far."""
        found: dict[str, Any] = self.simulator.control("GET", "/requests")[api]
        return found

    @contextmanager
    def load(self, rate: float, node: str = "") -> Iterator[None]:
        """So many writes a second, each an allocation's task that started anew."""
        self.simulator.fault("add-load", events=rate, node=node)
        try:
            yield
        finally:
            self.simulator.fault("add-load", events=0)

    def index(self) -> int:
        """Nomad's index of allocations: every write of a load raises it by one."""
        where = urlsplit(self.simulator.env["NOMAD_ADDR"])
        connection = HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", "/v1/allocations?per_page=1")
            response = connection.getresponse()
            response.read()
            return int(response.headers["X-Nomad-Index"])
        finally:
            connection.close()


@dataclass(frozen=True)
class Look:
    """One `status --json`: how long it took, what it said, and its home."""

    seconds: float
    document: dict[str, Any]
    env: Mapping[str, str]


class Lab:
    """Clusters as measures ask for them, one at a time; figures that others compare with."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self._stack = ExitStack()
        self._cluster: Cluster | None = None
        self._scale = 0.0
        self._known: dict[Callable[[Lab], list[Figure]], list[Figure]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def cluster(self) -> Cluster:
        """The one that goals are about; a tenth of it in a hurry."""
        return self.scaled(0.1 if self.quick else 1.0)

    def scaled(self, scale: float, **options: Any) -> Cluster:
        """So many times as large; the one before is ended."""
        if self._cluster is None or scale != self._scale:
            self._stack.close()
            nodes, allocations = round(NODES * scale), round(ALLOCATIONS * scale)
            simulator = self._stack.enter_context(
                running_simulator(nodes=nodes, allocs=allocations, **options)
            )
            where = Path(self._stack.enter_context(TemporaryDirectory()))
            stack = self._stack.enter_context(ExitStack())
            self._cluster, self._scale = Cluster(simulator, stack, where), scale
        return self._cluster

    def count(self, many: int) -> int:
        """How many samples; a fifth in a hurry."""
        return max(3, many // 5) if self.quick else many

    def seconds(self, many: float) -> float:
        return many / 5 if self.quick else many

    def taken(self, measure: "Callable[[Lab], list[Figure]]") -> list[Figure]:
        """Its figures, measured once."""
        if measure not in self._known:
            self._known[measure] = measure(self)
        return self._known[measure]
