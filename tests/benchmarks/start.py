"""From the command to the first word: help, version, first paint."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.benchmarks.figures import Baseline, Figure, Goal, spread
from tests.benchmarks.lab import COLUMNS, PATIENCE_S, ROWS, Lab, seen
from tests.support.terminal import Terminal, python

HELP_MS = 60.0
PAINT_S = 0.15
_HEAVY = ("textual", "rich", "httpx", "requests", "nomad", "consul", "boto3", "botocore")
_OURS = ("nomad_console.clients", "nomad_console.tui", "nomad_console.live")
_MODULES = f"""
import contextlib, io, sys
from nomad_console.cli.arguments import main
for word in ("--help", "--version"):
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        main([word])
print(*(name for name in {(*_HEAVY, *_OURS)!r} if name in sys.modules))
"""


def help_and_version(lab: Lab) -> list[Figure]:
    words = {
        "pass": ("-c", "pass"),
        "--help": ("-m", "nomad_console", "--help"),
        "--version": ("-m", "nomad_console", "--version"),
    }
    times: dict[str, list[float]] = {name: [] for name in words}
    for _ in range(lab.count(15)):
        for name, command in words.items():
            begun = perf_counter()
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            times[name].append((perf_counter() - begun) * 1000)
    bare = Baseline("python -c pass", median(times["pass"]))
    found = [
        spread(
            f"{name}, beyond the interpreter",
            "ms",
            [taken - bare.value for taken in times[name]],
            Goal(median=HELP_MS),
            bare,
        )
        for name in ("--help", "--version")
    ]
    done = subprocess.run(
        [sys.executable, "-c", _MODULES], check=True, capture_output=True, text=True
    )
    loaded = done.stdout.split()
    goal = Goal(median=0)
    what = "Textual and clients imported by them"
    return [*found, Figure(what, "modules", len(loaded), goal=goal, note=" ".join(loaded))]


def first_paint(lab: Lab) -> list[Figure]:
    """A second start: its bytecode is on disk, and what the first one kept."""
    env = dict(lab.cluster.warm())
    program = Path(__file__).parent / "programs" / "bare.py"
    bare, ours = [], []
    for _ in range(lab.count(7) + 1):
        bare.append(_painted((str(program),), env, lambda one: "bare" in one.row(0)))
        ours.append(_painted(("-m", "nomad_console"), env, lambda one: "1 Nodes" in one.row(1)))
    own = Baseline("bare Textual", median(bare[1:]))
    return [
        spread("first paint of bare Textual", "s", bare[1:]),
        spread("first paint", "s", ours[1:], Goal(median=own.value + PAINT_S), own),
    ]


def _painted(
    words: tuple[str, ...], env: dict[str, str], wanted: Callable[[Terminal], bool]
) -> float:
    with python(*words, columns=COLUMNS, rows=ROWS, env=env) as terminal:
        return seen(terminal, wanted, PATIENCE_S) - terminal.begun_at
