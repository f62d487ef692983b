"""A job's status, derived from its allocations and evaluations (state_store.go getJobStatus)."""

from nomad_console.simulator.nomad.allocations import client_terminal
from nomad_console.simulator.nomad.jobs import SYSTEM_TYPES
from nomad_console.simulator.nomad.state import Change, Row, State, job_key


def put_job_status(state: State, change: Change, job: Row, *, active: bool = False) -> None:
    """Add the job to the change where what the change puts alters its status.

    `active`: the change itself starts something of it.
    """
    key = (job["Namespace"], job["ID"])
    pending = [row for table, row in change.puts if table == "jobs" and _is(row, key)]
    current = pending[-1] if pending else state.jobs.get(key)
    if current is None:
        return
    status = "running" if active else derived_status(state, change, current)
    if status != current["Status"]:
        for at, (table, row) in enumerate(change.puts):
            if table == "jobs" and row is current:
                change.puts[at] = (table, {**row, "Status": status})
                return
        change.put("jobs", {**current, "Status": status, "ModifyIndex": change.index})


def _is(row: Row, key: tuple[str, str]) -> bool:
    return (row["Namespace"], row["ID"]) == key


def derived_status(state: State, change: Change, job: Row) -> str:
    """A live copy makes it running, an open evaluation pending; what the change puts counts."""
    key = (job["Namespace"], job["ID"])
    if job["Type"] in SYSTEM_TYPES and not job["Stop"]:
        return "running"
    written = {
        row["ID"]: row
        for table, row in change.puts
        if table == "allocations" and job_key(row) == key
    }
    ids = state.allocs_by_job[key] | written.keys()
    if any(not client_terminal(written.get(row_id) or state.allocations[row_id]) for row_id in ids):
        return "running"
    open_evaluations = {
        row_id
        for row_id in state.evaluations_by_job[key]
        if state.evaluations[row_id]["Status"] in {"pending", "blocked"}
    }
    for table, row in change.puts:
        if table == "evaluations" and job_key(row) == key:
            (
                open_evaluations.add
                if row["Status"] in {"pending", "blocked"}
                else open_evaluations.discard
            )(row["ID"])
    if open_evaluations:
        return "pending"
    return "dead" if job["Stop"] or ids or state.evaluations_by_job[key] else "pending"
