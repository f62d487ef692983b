"""Garbage collection: what is over vanishes without an event."""

from collections.abc import Callable

from nomad_console.simulator.nomad.allocations import client_terminal
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.jobs import BATCH_TYPES
from nomad_console.simulator.nomad.state import Row, State, Table, job_key

CLOSED = frozenset({"complete", "failed", "canceled"})


def collect_garbage(core: Core) -> None:
    """A forced collection: dead jobs, closed evaluations, terminal allocations, down nodes.

    With it goes the proof of what a drain moved where.
    """
    state = core.state
    change = state.change("GarbageCollected")
    change.quiet = True
    dead = {key for key, job in state.jobs.items() if job["Status"] == "dead"}
    tests: dict[Table, Callable[[Row], bool]] = {
        "allocations": lambda row: client_terminal(row) and _needless(state, row, dead),
        "evaluations": lambda row: row["Status"] in CLOSED,
        "deployments": lambda row: row["Status"] != "running",
        "jobs": lambda row: row["Status"] == "dead",
        "nodes": lambda row: row["Status"] == "down" and not state.allocs_by_node[row["ID"]],
    }
    for table, gone in tests.items():
        for key, row in state.table(table).items():
            if gone(row):
                change.remove(table, key)
    if change.removals:
        state.write(change)


def _needless(state: State, row: Row, dead: set[tuple[str, str]]) -> bool:
    """A batch job's finished copies stay while the job does: they say it has run."""
    key = job_key(row)
    job = state.jobs.get(key)
    return job is None or key in dead or job["Type"] not in BATCH_TYPES
