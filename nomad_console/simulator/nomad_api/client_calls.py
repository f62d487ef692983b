"""Calls that go through to a client: its statistics, its allocations' checks and files.

None of it comes from a store, so there is no index. The figures are made up from what the node
holds: they are there to be shown, and nothing follows from them.
"""

from datetime import datetime

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.agents import Agent
from nomad_console.simulator.nomad_api.calls import Answer, Call
from nomad_console.simulator.nomad_api.view import View

ORIGIN = "Origin"  # Vary of what passes through to clients: these paths are open to CORS
_DISK = 270_553_174_016  # bytes


def client_stats(view: View, call: Call, agent: Agent) -> Answer:
    call.need("node")
    identity = call.query.fields.get("node_id") or agent.node_id
    row = view.state.nodes.get(identity)
    if row is None:
        raise Refusal(404, f"Unknown node {identity}")
    need_path(row)
    memory = row["NodeResources"]["Memory"]["MemoryMB"] * 1024 * 1024
    held = len(view.state.allocs_by_node.get(identity, ()))
    busy = min(95.0, 5.0 + held)
    machine = view.cluster.machines[row["Name"]]
    disk = {
        "Available": _DISK // 3,
        "Device": "/dev/vda",
        "InodesUsedPercent": 3.5,
        "Mountpoint": "/",
        "Size": _DISK,
        "Used": _DISK // 5,
        "UsedPercent": 20.5,
    }
    return Answer(
        {
            "AllocDirStats": {**disk, "Device": "", "Mountpoint": ""},
            "CPU": [
                {
                    "CPU": f"cpu{core}",
                    "Idle": 100.0 - busy,
                    "System": busy / 2,
                    "TotalPercent": busy,
                    "TotalTicks": busy * 20.0,
                    "User": busy / 2,
                }
                for core in range(2)
            ],
            "CPUTicksConsumed": busy * 40.0,
            "DeviceStats": None,
            "DiskStats": [disk],
            "Memory": {
                "Available": memory * 3 // 4,
                "Free": memory // 2,
                "Total": memory,
                "Used": memory // 4,
            },
            "Timestamp": view.timeline.nanoseconds(),
            "Uptime": int(view.timeline.elapsed() - machine.booted_at),
        },
        vary=ORIGIN,
    )


def need_path(node: Row) -> None:
    """A client that sends no heartbeats cannot be asked either."""
    if node["Status"] in {"down", "disconnected"}:
        raise Refusal(404, "No path to node")


def reachable(view: View, identity: str) -> Row:
    """The allocation, where its client can be asked about it."""
    row: Row | None = view.state.allocations.get(identity)
    if row is None:
        raise Refusal(404, f'Unknown allocation "{identity}"')
    node = view.state.nodes.get(row["NodeID"])
    if node is not None:
        need_path(node)
    return row


def allocation_stats(view: View, call: Call) -> Answer:
    row = reachable(view, call.path["id"])
    call.need_in(row["Namespace"], "read-job")
    return Answer(
        {
            "ResourceUsage": {
                "CpuStats": {
                    "Measured": None,
                    "Percent": 0.0,
                    "SystemMode": 0.0,
                    "ThrottledPeriods": 0,
                    "ThrottledTime": 0,
                    "TotalTicks": 0.0,
                    "UserMode": 0.0,
                },
                "DeviceStats": [],
                "MemoryStats": {
                    "Cache": 0,
                    "KernelMaxUsage": 0,
                    "KernelUsage": 0,
                    "MappedFile": 0,
                    "MaxUsage": 0,
                    "Measured": None,
                    "RSS": 0,
                    "Swap": 0,
                    "Usage": 0,
                },
            },
            "Tasks": {},
            "Timestamp": 0,
        },
        vary=ORIGIN,
    )


def allocation_checks(view: View, call: Call) -> Answer:
    """Nomad's own checks only: Consul's are Consul's."""
    row = reachable(view, call.path["id"])
    call.need_in(row["Namespace"], "read-job")
    return Answer(None, vary=ORIGIN)


def list_files(view: View, call: Call) -> Answer:
    row = reachable(view, call.path["id"])
    call.need_in(row["Namespace"], "read-fs")
    created = datetime.fromtimestamp(row["CreateTime"] / 1e9, view.timeline.now().tzinfo)
    return Answer(
        [
            {
                "FileMode": "drwxrwxrwx",
                "IsDir": True,
                "ModTime": created.isoformat().replace("+00:00", "Z"),
                "Name": name,
                "Size": 4096,
            }
            for name in ("alloc", *(row.get("TaskStates") or ()))
        ],
        vary=ORIGIN,
    )
