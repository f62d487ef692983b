"""Rows as Nomad writes them: stubs in lists, whole structs with their empty fields left out.

Lists give every key, null or empty; whole structs and events leave empty ones out, as their
JSON tags say `omitempty`. A reader must take both for the same.
"""

from collections.abc import Callable

from nomad_console.simulator.nomad.allocations import NO_TRANSITION
from nomad_console.simulator.nomad.state import Row, State
from nomad_console.simulator.nomad_api.structs import names

_OF_LISTS = {"JobType", "JobVersion"}  # a whole allocation carries its Job instead
_NODE_STUB = names("""
    CreateIndex Datacenter Drain Drivers HostVolumes ID LastDrain ModifyIndex Name NodeClass
    NodePool SchedulingEligibility Status StatusDescription
""")
_JOB_STUB = names("""
    CreateIndex Datacenters ID JobModifyIndex ModifyIndex Multiregion Name Namespace NodePool
    ParentID Priority Status StatusDescription Stop SubmitTime Type
""")


def lean(row: Row) -> Row:
    """Allocations and evaluations, read whole or in an event: no field that is empty."""
    return {
        name: value
        for name, value in row.items()
        if value
        and name not in _OF_LISTS
        and not (name == "DesiredTransition" and not any(value.values()))
    }


def node_stub(row: Row, *, os: bool, resources: bool) -> Row:
    """Version stands here alone; in the whole node it is an attribute."""
    attributes: dict[str, str] = row["Attributes"]
    stub: Row = {
        "Address": attributes.get("unique.network.ip-address", ""),
        **{name: row[name] for name in _NODE_STUB},
        "Version": attributes.get("nomad.version", ""),
    }
    if os:
        stub["Attributes"] = {"os.name": attributes.get("os.name", "")}
    if resources:
        stub["NodeResources"] = row["NodeResources"]
        stub["ReservedResources"] = row["ReservedResources"]
    return stub


def allocation_stub(row: Row, job: Row, *, states: bool, resources: bool) -> Row:
    """Every key is there, whatever is empty."""
    get = row.get
    stub: Row = {
        "ClientDescription": get("ClientDescription", ""),
        "ClientStatus": row["ClientStatus"],
        "CreateIndex": row["CreateIndex"],
        "CreateTime": row["CreateTime"],
        "DeploymentStatus": get("DeploymentStatus"),
        "DesiredDescription": get("DesiredDescription", ""),
        "DesiredStatus": row["DesiredStatus"],
        "DesiredTransition": get("DesiredTransition") or NO_TRANSITION,
        "EvalID": row["EvalID"],
        "FollowupEvalID": get("FollowupEvalID", ""),
        "ID": row["ID"],
        "JobID": row["JobID"],
        "JobType": job["Type"],
        "JobVersion": job["Version"],
        "ModifyIndex": row["ModifyIndex"],
        "ModifyTime": row["ModifyTime"],
        "Name": row["Name"],
        "Namespace": row["Namespace"],
        "NextAllocation": get("NextAllocation", ""),
        "NodeID": row["NodeID"],
        "NodeName": row["NodeName"],
        "PreemptedAllocations": get("PreemptedAllocations"),
        "PreemptedByAllocation": get("PreemptedByAllocation", ""),
        "RescheduleTracker": get("RescheduleTracker"),
        "TaskGroup": row["TaskGroup"],
        "TaskStates": (get("TaskStates") or None) if states else None,
    }
    if resources:
        stub["AllocatedResources"] = get("AllocatedResources")
    return stub


def allocation_whole(state: State, row: Row) -> Row:
    return lean({**row, "Job": state.allocation_jobs[row["ID"]]})


def job_stub(row: Row, summary: Row, *, meta: bool) -> Row:
    stub: Row = {
        **{name: row[name] for name in _JOB_STUB},
        "JobSummary": summary,
        "ParameterizedJob": row["ParameterizedJob"] is not None,
        "Periodic": row["Periodic"] is not None,
    }
    if meta and row["Meta"]:
        stub["Meta"] = row["Meta"]
    return stub


def payload(topic: str, row: Row) -> Row:
    """An event's row: allocations come without their job, nodes without their secret."""
    match topic:
        case "Allocation" | "Evaluation":
            return {topic: lean(row)}
        case "Node":
            return {topic: {**row, "SecretID": ""} if row.get("SecretID") else row}
    return {topic: row}


def job_status(
    row: Row, allocations: list[Row], deployment: Row | None, versions: Callable[[str], int]
) -> Row:
    """One entry of jobs/statuses; `versions` gives an allocation's job version by its id."""
    return {
        "Allocs": [
            {
                "ClientStatus": allocation["ClientStatus"],
                "DeploymentStatus": {
                    "Canary": (allocation.get("DeploymentStatus") or {}).get("Canary", False),
                    "Healthy": (allocation.get("DeploymentStatus") or {}).get("Healthy"),
                },
                "FollowupEvalID": allocation.get("FollowupEvalID", ""),
                "Group": allocation["TaskGroup"],
                "HasPausedTask": False,
                "ID": allocation["ID"],
                "JobVersion": versions(allocation["ID"]),
                "NodeID": allocation["NodeID"],
            }
            for allocation in allocations
        ],
        "ChildStatuses": None,
        "Datacenters": row["Datacenters"],
        "GroupCountSum": sum(group["Count"] for group in row["TaskGroups"]),
        "ID": row["ID"],
        "IsPack": False,
        "LatestDeployment": deployment and _latest(deployment),
        "ModifyIndex": row["ModifyIndex"],
        "Name": row["Name"],
        "Namespace": row["Namespace"],
        "NodePool": row["NodePool"],
        "ParentID": row["ParentID"],
        "Priority": row["Priority"],
        "Status": row["Status"],
        "Stop": row["Stop"],
        "SubmitTime": row["SubmitTime"],
        "Type": row["Type"],
        "Version": row["Version"],
    }


def _latest(deployment: Row) -> Row:
    groups = deployment["TaskGroups"].values()
    return {
        "AllAutoPromote": False,
        "ID": deployment["ID"],
        "IsActive": deployment["Status"] in {"running", "paused", "pending", "blocked"},
        "JobVersion": deployment["JobVersion"],
        "RequiresPromotion": any(
            group["DesiredCanaries"] and not group["Promoted"] for group in groups
        ),
        "Status": deployment["Status"],
        "StatusDescription": deployment["StatusDescription"],
    }
