"""What others cost here, today: a DataTable, the standard library's JSON, a poll of everything."""

import json
import random
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path
from queue import Queue
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

from nomad_console.clients.nomad_wire import AllocationWire, allocation
from nomad_console.clients.wire import rows_of
from tests.benchmarks import machine
from tests.benchmarks.figures import Baseline, Figure, spread
from tests.benchmarks.lab import COLUMNS, PATIENCE_S, ROWS, Cluster, Lab, seen
from tests.benchmarks.writes import NODE, Node
from tests.support.terminal import Terminal, python

PROGRAMS = Path(__file__).parent / "programs"
_LIST = "/v1/allocations?namespace=*&task_states=false"
_FIRST = 3  # row of the grid's first line


def data_table(lab: Lab) -> list[Figure]:
    """Build, sort and one cell of a Textual DataTable; its rows are as many as ours."""
    rows = lab.cluster.world["allocations"]
    words = (str(PROGRAMS / "grid.py"), str(rows))
    env = lab.cluster.simulator.environ
    with python(*words, columns=COLUMNS, rows=ROWS, env=env) as terminal:
        terminal.until("ready")
        terminal.press("\t")
        build = _until(terminal, "b", "svc-000[0]")
        terminal.quiet(0.5)
        sorts = [_until(terminal, "s", first) for first in _turns(rows, lab.count(8))]
        terminal.quiet(0.5)
        cells = [_until(terminal, "c", f" {one}x ") for one in range(1, lab.count(20) + 1)]
    note = f"{rows:,} rows"
    return [
        Figure("DataTable: build", "ms", build, note=note),
        spread("DataTable: sort", "ms", sorts, note=note),
        spread("DataTable: one cell", "ms", cells, note=note),
    ]


def _turns(rows: int, many: int) -> list[str]:
    """The first line after each sort: from the end, from the start, and so on."""
    names = [f"svc-{number // 100:03d}[{number % 100}]" for number in range(rows)]
    first, last = min(names), max(names)
    return [last if turn % 2 == 0 else first for turn in range(many)]


def _until(terminal: Terminal, key: str, text: str) -> float:
    """Milliseconds from the key until a line shows the text."""
    pressed = perf_counter()
    terminal.press(key)
    shown = seen(terminal, lambda one: any(text in one.row(y) for y in (1, 2, _FIRST)), PATIENCE_S)
    return (shown - pressed) * 1000


def decoding(lab: Lab) -> list[Figure]:
    """The same answer read by json.loads and into our records."""
    body = _body(lab.cluster)
    theirs, ours = [], []
    for _ in range(lab.count(5)):
        begun = perf_counter()
        rows = json.loads(body)
        middle = perf_counter()
        records = [allocation(wire) for wire in rows_of("nomad", _LIST, body, AllocationWire)]
        ours.append((perf_counter() - middle) * 1000)
        theirs.append((middle - begun) * 1000)
        assert len(rows) == len(records)
    note = f"{len(body) / 1e6:.0f} MB, {len(records):,} allocations"
    stdlib = Baseline("json.loads", median(theirs))
    return [
        spread("decoding: json.loads, no records made", "ms", theirs, note=note),
        spread("decoding: to our records", "ms", ours, baseline=stdlib, note=note),
    ]


def _body(cluster: Cluster) -> bytes:
    where = urlsplit(cluster.simulator.env["NOMAD_ADDR"])
    connection = HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE_S)
    connection.request("GET", _LIST)
    body = connection.getresponse().read()
    connection.close()
    return body


def polled(lab: Lab) -> list[Figure]:
    """A program that reads every list each two seconds: how late it knows, and what it takes."""
    cluster, chance = lab.cluster, random.Random(1)
    command = [sys.executable, str(PROGRAMS / "poll.py"), NODE]
    process = subprocess.Popen(
        command, env=cluster.simulator.environ, stdout=subprocess.PIPE, text=True
    )
    said: Queue[tuple[float, str]] = Queue()
    reader = threading.Thread(target=_read, args=(process, said), daemon=True)
    reader.start()
    said.get(timeout=PATIENCE_S)
    node, late = Node(cluster), []
    cpu, sent = machine.cpu_s(process.pid), cluster.requests("nomad")["sent"]
    begun = perf_counter()
    for _ in range(lab.count(12)):
        threading.Event().wait(chance.uniform(0.0, 2.0))
        turned = perf_counter()
        wanted = node.turn()
        node.answered()
        late.append((_known(said, turned, wanted) - turned) * 1000)
    seconds = perf_counter() - begun
    cpu = (machine.cpu_s(process.pid) - cpu) / seconds * 100
    sent = (cluster.requests("nomad")["sent"] - sent) * 8 / 1e6 / seconds
    process.kill()
    process.wait()
    reader.join()
    node.close()
    return [
        spread("2 s poll of everything: change known", "ms", late),
        Figure("2 s poll of everything: CPU", "%", cpu, note="quiet cluster"),
        Figure("2 s poll of everything: from Nomad", "Mbit/s", sent),
    ]


def _read(process: "subprocess.Popen[str]", said: "Queue[tuple[float, str]]") -> None:
    for line in process.stdout or ():
        said.put((perf_counter(), line.strip()))


def _known(said: "Queue[tuple[float, str]]", since: float, wanted: str) -> float:
    while True:
        at, word = said.get(timeout=PATIENCE_S)
        if at > since and word == wanted:
            return at
