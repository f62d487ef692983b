"""Garbage collection: what is over vanishes without an event."""

from nomad_console.simulator.nomad.allocations import client_terminal
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.state import Row, State, job_key

CLOSED = frozenset({"complete", "failed", "canceled"})


def collect_garbage(core: Core) -> None:
    """A forced collection: dead jobs, closed evaluations, terminal allocations, down nodes."""
    state = core.state
    change = state.change("GarbageCollected")
    change.quiet = True
    dead = {key for key, job in state.jobs.items() if job["Status"] == "dead"}
    for alloc_id, row in state.allocations.items():
        if client_terminal(row) and _needless(state, row, dead):
            change.remove("allocations", alloc_id)
    for evaluation_id, row in state.evaluations.items():
        if row["Status"] in CLOSED:
            change.remove("evaluations", evaluation_id)
    for deployment_id, row in state.deployments.items():
        if row["Status"] != "running":
            change.remove("deployments", deployment_id)
    for key in dead:
        change.remove("jobs", key)
    for node_id, row in state.nodes.items():
        if row["Status"] == "down" and not state.allocs_by_node[node_id]:
            change.remove("nodes", node_id)
    if change.removals:
        state.write(change)


def _needless(state: State, row: Row, dead: set[tuple[str, str]]) -> bool:
    """A batch job's finished copies stay while the job does: they say it has run."""
    key = job_key(row)
    job = state.jobs.get(key)
    return job is None or key in dead or job["Type"] not in {"batch", "sysbatch"}
