"""Node structs as a client registers them, and the events a node collects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.state import Row

NODE_EVENTS_KEPT = 10  # structs.MaxRetainedNodeEvents


@dataclass(frozen=True)
class NodeSpec:
    """What a client machine brings along; `cpu_mhz` is the sum of its cores."""

    name: str
    address: str
    http_port: int
    zone: str
    instance_id: str
    version: str
    node_class: str = ""
    node_pool: str = "default"
    meta: Mapping[str, str] = field(default_factory=dict)
    cpu_mhz: int = 4000
    memory_mb: int = 8192
    http_host: str = ""  # of its own API, where that is not the machine's address

    @property
    def http_address(self) -> str:
        return f"{self.http_host or self.address}:{self.http_port}"


def node_row(core: Core, spec: NodeSpec, index: int) -> Row:
    """A node that has just been registered and is ready."""
    event = node_event(core, index, "Node registered", "Cluster")
    return {
        "Attributes": _attributes(core, spec),
        "CSIControllerPlugins": {},
        "CSINodePlugins": {},
        "CgroupParent": "nomad.slice",
        "ComputedClass": core.ids.computed_class(),
        "CreateIndex": index,
        "Datacenter": core.datacenter,
        "Drain": False,
        "DrainStrategy": None,
        "Drivers": _drivers(core.stamp()),
        "Events": [event],
        "GCVolumesOnNodeGC": False,
        "HTTPAddr": spec.http_address,
        "HostNetworks": None,
        "HostVolumes": {},
        "ID": core.ids.uuid(),
        "IdentitySigningKeyID": core.ids.uuid(),
        "LastAllocUpdateIndex": 0,
        "LastDrain": None,
        "LastMissedHeartbeatIndex": 0,
        "Links": {
            "consul": f"{core.datacenter}.{spec.name}",
            "aws.ec2": f"{spec.zone}.{spec.instance_id}",
        },
        "Meta": {"instance_id": spec.instance_id, "connect.log_level": "info", **spec.meta},
        "ModifyIndex": index,
        "Name": spec.name,
        "NodeClass": spec.node_class,
        "NodeMaxAllocs": 0,
        "NodePool": spec.node_pool,
        "NodeResources": _resources(core, spec),
        "ReservedResources": {
            "Cpu": {"CpuShares": 0, "ReservedCpuCores": None},
            "Disk": {"DiskMB": 0},
            "Memory": {"MemoryMB": 0},
            "Networks": {"ReservedHostPorts": ""},
        },
        "SchedulingEligibility": "eligible",
        "SecretID": "",
        "Status": "ready",
        "StatusDescription": "",
        "StatusUpdatedAt": core.now_s(),
        "TLSEnabled": False,
    }


def node_event(
    core: Core, index: int, message: str, subsystem: str, details: dict[str, str] | None = None
) -> Row:
    return {
        "CreateIndex": index,
        "Details": details,
        "Message": message,
        "Subsystem": subsystem,
        "Timestamp": core.stamp(),
    }


def with_event(node: Row, event: Row, **fields: Any) -> Row:
    """The node with one more event and other fields, written at the event's index."""
    events = [*node["Events"], event][-NODE_EVENTS_KEPT:]
    return {**node, "Events": events, "ModifyIndex": event["CreateIndex"], **fields}


def with_version(node: Row, version: str) -> Row:
    """As registered by a new binary: all else, eligibility too, is kept (upsertNodeTxn)."""
    return {**node, "Attributes": {**node["Attributes"], "nomad.version": version}}


def _attributes(core: Core, spec: NodeSpec) -> dict[str, str]:
    """Fingerprints. A real node has some hundred; these are those that jobs and consoles read."""
    cores = 2
    return {
        "consul.connect": "false",
        "consul.datacenter": core.datacenter,
        "consul.dns.port": "8600",
        "consul.ft.namespaces": "false",
        "consul.grpc": "-1",
        "consul.server": "false",
        "consul.sku": "oss",
        "consul.version": "1.8.7",
        "cpu.arch": "amd64",
        "cpu.frequency": str(spec.cpu_mhz // cores),
        "cpu.modelname": "Intel(R) Xeon(R) Processor",
        "cpu.numcores": str(cores),
        "cpu.reservablecores": str(cores),
        "cpu.totalcompute": str(spec.cpu_mhz),
        "cpu.usablecompute": str(spec.cpu_mhz),
        "driver.exec": "1",
        "driver.raw_exec": "1",
        "kernel.arch": "x86_64",
        "kernel.name": "linux",
        "kernel.version": "6.1.0-18-amd64",
        "nomad.service_discovery": "true",
        "nomad.version": spec.version,
        "os.name": "debian",
        "os.signals": "SIGINT,SIGTERM,SIGKILL,SIGHUP,SIGQUIT,SIGUSR1,SIGUSR2,SIGCONT,SIGSTOP",
        "os.version": "12.11",
        "platform.aws.instance-type": "m6i.large",
        "platform.aws.placement.availability-zone": spec.zone,
        "memory.totalbytes": str(spec.memory_mb * 1024 * 1024),
        "unique.advertise.address": spec.http_address,
        "unique.consul.name": spec.name,
        "unique.hostname": spec.name,
        "unique.network.ip-address": spec.address,
        "unique.platform.aws.instance-id": spec.instance_id,
        "unique.platform.aws.local-ipv4": spec.address,
        "unique.storage.bytestotal": "270553174016",
        "unique.storage.volume": "/dev/vda",
    }


def _drivers(stamp: str) -> Row:
    """On machines without cgroups, as recorded, `exec` is there but not healthy."""
    return {
        "raw_exec": {
            "Attributes": {"driver.raw_exec": "true"},
            "Detected": True,
            "HealthDescription": "Healthy",
            "Healthy": True,
            "UpdateTime": stamp,
        },
        "exec": {
            "Attributes": {},
            "Detected": True,
            "HealthDescription": "Failed to discover cgroup mount point",
            "Healthy": False,
            "UpdateTime": stamp,
        },
    }


def _resources(core: Core, spec: NodeSpec) -> Row:
    address = {
        "Address": spec.address,
        "Alias": "default",
        "Family": "ipv4",
        "Gateway": "",
        "ReservedPorts": "",
    }
    return {
        "Cpu": {"CpuShares": spec.cpu_mhz, "ReservableCpuCores": [0, 1], "TotalCpuCores": 2},
        "Devices": None,
        "Disk": {"DiskMB": 258019},
        "MaxDynamicPort": 32000,
        "Memory": {"MemoryMB": spec.memory_mb},
        "MinDynamicPort": 20000,
        "Networks": [
            {"Mode": "bridge"},
            {
                "CIDR": f"{spec.address}/32",
                "Device": "eth0",
                "IP": spec.address,
                "MBits": 10000,
                "Mode": "host",
            },
        ],
        "NodeNetworks": [
            {"Addresses": None, "Device": "", "MacAddress": "", "Mode": "bridge", "Speed": 0},
            {
                "Addresses": [address],
                "Device": "eth0",
                "MacAddress": core.ids.mac_address(),
                "Mode": "host",
                "Speed": 10000,
            },
        ],
        "Processors": {
            "Topology": {
                "Cores": [],
                "Distances": None,
                "Nodes": [0],
                "OverrideTotalCompute": 0,
                "OverrideWitholdCompute": 0,
            }
        },
    }
