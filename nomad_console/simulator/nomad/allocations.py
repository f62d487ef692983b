"""Allocation structs: how they begin, and what their fields mean."""

from collections.abc import Mapping
from typing import Any

from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.jobs import resources
from nomad_console.simulator.nomad.state import Row

CLIENT_TERMINAL = frozenset({"complete", "failed", "lost"})  # of ClientStatus
STOPPED = frozenset({"stop", "evict"})  # of DesiredStatus
NO_TRANSITION: Row = {  # null means false; shared by all, as rows are never changed in place
    "ForceReschedule": None,
    "Migrate": None,
    "MigrateDisablePlacement": None,
    "NoShutdownDelay": None,
    "Reschedule": None,
}


def client_terminal(allocation: Row) -> bool:
    """Its client says it is over, or the servers gave it up as lost."""
    return allocation["ClientStatus"] in CLIENT_TERMINAL


def server_terminal(allocation: Row) -> bool:
    """The servers want it gone; its tasks may run for long yet."""
    return allocation["DesiredStatus"] in STOPPED


def terminal(allocation: Row) -> bool:
    return client_terminal(allocation) or server_terminal(allocation)


def healthy(allocation: Row) -> bool | None:
    """None: not known yet."""
    status = allocation["DeploymentStatus"]
    known: bool | None = None if status is None else status["Healthy"]
    return known


def marked_to_migrate(allocation: Row) -> bool:
    """By a drain or an operator's stop; the scheduler acts on the mark later."""
    return allocation["DesiredTransition"]["Migrate"] is True


def group_of(job: Row, name: str) -> Row | None:
    return next((group for group in job["TaskGroups"] if group["Name"] == name), None)


def desired_by_server(allocation: Row, core: Core, index: int, **fields: Any) -> Row:
    """The row after the servers changed what they want of it.

    AllocModifyIndex moves only here: it is what the row's client watches.
    """
    return {
        **allocation,
        "ModifyIndex": index,
        "AllocModifyIndex": index,
        "ModifyTime": core.now_ns(),
        **fields,
    }


def new_allocation(
    core: Core,
    index: int,
    job: Row,
    group: Row,
    node: Row,
    ports: Mapping[str, int],
    **fields: Any,
) -> Row:
    """One its client has not seen yet, kept with its job; `fields`: what differs from a first."""
    now = core.now_ns()
    row: Row = {
        "AllocModifyIndex": index,
        "AllocStates": None,
        "ClientDescription": "",
        "ClientStatus": "pending",
        "CreateIndex": index,
        "CreateTime": now,
        "DeploymentID": "",
        "DeploymentStatus": None,
        "DesiredDescription": "",
        "DesiredStatus": "run",
        "DesiredTransition": NO_TRANSITION,
        "EvalID": "",
        "FollowupEvalID": "",
        "ID": core.ids.uuid(),
        "JobID": job["ID"],
        "JobType": job["Type"],
        "JobVersion": job["Version"],
        "Metrics": None,
        "ModifyIndex": index,
        "ModifyTime": now,
        "Name": "",
        "Namespace": job["Namespace"],
        "NetworkStatus": None,
        "NextAllocation": "",
        "NodeID": node["ID"],
        "NodeName": node["Name"],
        "PreemptedAllocations": None,
        "PreemptedByAllocation": "",
        "PreviousAllocation": "",
        "RescheduleTracker": None,
        "SigningKeyID": node["IdentitySigningKeyID"],
        "TaskGroup": group["Name"],
        "TaskStates": None,
        **_all_resources(group, node, ports),
        **fields,
    }
    core.state.allocation_jobs[row["ID"]] = job
    return row


def judged(index: int, *, healthy: bool, at: str) -> Row:
    """The DeploymentStatus of a copy whose client has come to a verdict."""
    return {"Canary": False, "Healthy": healthy, "ModifyIndex": index, "Timestamp": at}


def _all_resources(group: Row, node: Row, ports: Mapping[str, int]) -> Row:
    """What it holds, in the new form and in the three old ones."""
    tasks = group["Tasks"]
    address = node["Attributes"]["unique.network.ip-address"]
    networks = _networks(group, ports, address)
    disk = group["EphemeralDisk"]["SizeMB"]
    cpu = sum(task["Resources"]["CPU"] for task in tasks)
    memory = sum(task["Resources"]["MemoryMB"] for task in tasks)
    held = [{"HostIP": address, "Label": label, "Value": port} for label, port in ports.items()]
    return {
        "AllocatedResources": {
            "Shared": {"DiskMB": disk, "Networks": networks, "Ports": held or None},
            "TaskLifecycles": {task["Name"]: None for task in tasks},
            "Tasks": {task["Name"]: _task_resources(task) for task in tasks},
        },
        "Resources": resources(cpu, memory, disk, networks, memory_max=memory),
        "SharedResources": resources(0, 0, disk, networks),
        "TaskResources": {task["Name"]: task["Resources"] for task in tasks},
    }


def _task_resources(task: Row) -> Row:
    resources = task["Resources"]
    return {
        "Cpu": {"CpuShares": resources["CPU"], "ReservedCores": None},
        "Devices": None,
        "Memory": {
            "MemoryMB": resources["MemoryMB"],
            "MemoryMaxMB": resources["MemoryMaxMB"],
        },
        "Networks": None,
    }


def _networks(group: Row, ports: Mapping[str, int], address: str) -> list[Row] | None:
    if not group["Networks"]:
        return None
    network: Row = {"IP": address}
    for kind in ("DynamicPorts", "ReservedPorts"):
        wanted = group["Networks"][0].get(kind)
        if wanted:
            network[kind] = [{**port, "Value": ports[port["Label"]]} for port in wanted]
    return [network]
