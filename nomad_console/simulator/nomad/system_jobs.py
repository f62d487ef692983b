"""What a system job lacks and has too much of: one copy on every node that can have one.

As the node reconciler of Nomad's scheduler: a copy that is lost or drained is not moved elsewhere.
"""

from nomad_console.simulator.nomad.allocations import (
    client_terminal,
    group_of,
    marked_to_migrate,
    server_terminal,
    terminal,
)
from nomad_console.simulator.nomad.constraints import in_reach
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.reconcile import (
    LOST,
    NOT_NEEDED,
    UPDATING,
    Reconciled,
    Want,
    out_of_reach,
    same_tasks,
)
from nomad_console.simulator.nomad.state import Row

TAINTED = "alloc not needed as node is tainted"


def reconcile_system(
    core: Core, job: Row, evaluation: Row
) -> tuple[Reconciled, list[tuple[Want, Row]]]:
    """What must change, and the copies to place with the node each belongs on.

    A copy told to stop is followed by another on its node only where that is an update.
    """
    result = Reconciled()
    placed: list[tuple[Want, Row]] = []
    live: dict[tuple[str, str], Row] = {}
    last: dict[tuple[str, str], Row] = {}
    key = (job["Namespace"], job["ID"])
    for allocation_id in sorted(core.state.allocs_by_job[key]):
        row = core.state.allocations[allocation_id]
        seat = (row["NodeID"], row["TaskGroup"])
        if not terminal(row):
            live[seat] = row
        if seat not in last or last[seat]["CreateIndex"] < row["CreateIndex"]:
            last[seat] = row
    for row in live.values():
        _keep_or_stop(core, job, row, result)
    stopped = {row["ID"] for row, _ in result.stops}
    restarted = {row["ID"] for row, fields in result.stops if _updating(fields)}
    for node in _nodes(core, job, evaluation):
        for group in () if job["Stop"] else job["TaskGroups"]:
            seat = (node["ID"], group["Name"])
            current = live.get(seat)
            if current is not None and current["ID"] not in stopped:
                continue
            previous = last.get(seat)
            if _finished(job, previous) or (current is not None and current["ID"] not in restarted):
                continue
            name = f"{job['ID']}.{group['Name']}[0]"
            placed.append((Want(group["Name"], name, previous), node))
            result.tally(group["Name"], "Place")
    return result, placed


def _updating(fields: Row) -> bool:
    return bool(fields["DesiredDescription"] == UPDATING)


def _nodes(core: Core, job: Row, evaluation: Row) -> list[Row]:
    """Where copies may be placed: all ready nodes, or the one the evaluation is about."""
    about = evaluation.get("NodeID")
    candidates = (
        [core.state.nodes[about]]
        if about in core.state.nodes
        and evaluation["TriggeredBy"] in {"node-update", "queued-allocs"}
        else core.state.nodes.values()
    )
    return [
        node
        for node in candidates
        if node["Status"] == "ready"
        and node["SchedulingEligibility"] == "eligible"
        and in_reach(node, job)
    ]


def _finished(job: Row, previous: Row | None) -> bool:
    """A sysbatch copy that ended well is not run again in the same version."""
    return (
        job["Type"] == "sysbatch"
        and previous is not None
        and previous["ClientStatus"] == "complete"
        and not server_terminal(previous)
        and previous["JobVersion"] == job["Version"]
    )


def _keep_or_stop(core: Core, job: Row, row: Row, result: Reconciled) -> None:
    name = row["TaskGroup"]
    node = core.state.nodes.get(row["NodeID"])
    status = "down" if node is None else node["Status"]
    if job["Stop"] or group_of(job, name) is None:
        result.stop(row, NOT_NEEDED)
        result.tally(name, "Stop")
    elif row["ClientStatus"] == "unknown":
        if status != "disconnected":
            result.stop(row, LOST, ClientStatus="lost")
            result.tally(name, "Stop")
    elif status == "disconnected" and not client_terminal(row):
        result.updates.append((row, out_of_reach(row, core)))
        result.tally(name, "Disconnect")
    elif status == "down":
        result.stop(row, LOST, ClientStatus="lost")
        result.tally(name, "Stop")
    elif marked_to_migrate(row):
        result.stop(row, TAINTED)
        result.tally(name, "Stop")
    elif row["JobVersion"] != job["Version"]:
        _bring_up_to_date(core, job, row, result)
    else:
        result.tally(name, "Ignore")


def _bring_up_to_date(core: Core, job: Row, row: Row, result: Reconciled) -> None:
    if same_tasks(core.state.allocation_jobs[row["ID"]], job, row["TaskGroup"]):
        result.updates.append((row, {"JobVersion": job["Version"]}))
        result.tally(row["TaskGroup"], "InPlaceUpdate")
    else:
        result.stop(row, UPDATING)
        result.tally(row["TaskGroup"], "DestructiveUpdate")
