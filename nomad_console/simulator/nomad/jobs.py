"""Job specifications as canonical Job structs, all durations divided by the world's speed.

Keys of a group's Meta that steer its simulated app: `sim.start` (s until it listens, 0.3),
`sim.stop` (s it takes to end after its signal, 1), `sim.on_signal` (finish: stops listening at
once, ends what is in flight, exits after `sim.stop`; die: cut at once; ignore: runs until it is
killed), `sim.latency` (s a request, 0.05), `sim.role` (edge), `sim.exit_after` (s until a batch
task ends by itself).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nomad_console.simulator.nomad import policies
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.pace import Pace

JobType = Literal["service", "batch", "system", "sysbatch"]
BATCH_TYPES = frozenset({"batch", "sysbatch"})  # end by themselves; nobody judges their health
SYSTEM_TYPES = frozenset({"system", "sysbatch"})  # a copy on every node that can have one
# durations among the keys; the others are words
SCALED_META = ("sim.start", "sim.stop", "sim.latency", "sim.exit_after")


@dataclass(frozen=True)
class ServiceSpec:
    """A group's service; without a check where `check_path` is empty."""

    name: str
    port: str = "http"
    provider: str = "consul"
    tags: tuple[str, ...] = ()
    check_path: str = "/"
    check_interval: float = 2.0
    check_timeout: float = 1.0


@dataclass(frozen=True)
class Disconnect:
    """The group's disconnect block."""

    lost_after: float
    replace: bool = True


@dataclass(frozen=True)
class GroupSpec:
    """One task group with one task; durations in seconds at speed 1."""

    name: str
    count: int = 1
    task: str = "app"
    cpu: int = 50
    memory: int = 64
    ports: Mapping[str, int] = field(default_factory=lambda: {"http": 0})  # 0: a dynamic port
    service: ServiceSpec | None = None
    shutdown_delay: float | None = None
    kill_timeout: float = 5.0
    max_parallel: int = 1
    min_healthy_time: float = 10.0
    healthy_deadline: float = 300.0
    progress_deadline: float = 600.0
    restart_attempts: int | None = None  # None: 3 for batch, else 2
    restart_delay: float = 15.0
    reschedule_delay: float = 30.0
    disconnect: Disconnect | None = None
    constraints: Sequence[tuple[str, str, str]] = ()  # (left, operand, right)
    spread: str = ""  # an attribute to spread over evenly
    meta: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, object] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobSpec:
    """One job; `row` makes the struct Nomad would hold of it."""

    id: str
    groups: Sequence[GroupSpec]
    type: JobType = "service"
    namespace: str = "default"
    datacenters: Sequence[str] = ("*",)
    node_pool: str = "default"
    priority: int = 50
    meta: Mapping[str, str] = field(default_factory=dict)
    constraints: Sequence[tuple[str, str, str]] = ()

    def row(self, pace: Pace | None = None, region: str = "global") -> Row:
        """Unregistered: indexes and Version are set when the job is registered."""
        pace = pace or Pace()
        return {
            "Affinities": None,
            "AllAtOnce": False,
            "Constraints": _constraints(self.constraints),
            "ConsulNamespace": "",
            "CreateIndex": 0,
            "Datacenters": list(self.datacenters),
            "DispatchIdempotencyToken": "",
            "Dispatched": False,
            "ID": self.id,
            "JobModifyIndex": 0,
            "Meta": dict(self.meta) or None,
            "ModifyIndex": 0,
            "Multiregion": None,
            "Name": self.id,
            "Namespace": self.namespace,
            "NodePool": self.node_pool,
            "NomadTokenID": "",
            "ParameterizedJob": None,
            "ParentID": "",
            "Payload": None,
            "Periodic": None,
            "Priority": self.priority,
            "Region": region,
            "Spreads": None,
            "Stable": False,
            "Status": "pending",
            "StatusDescription": "",
            "Stop": False,
            "SubmitTime": 0,
            "TaskGroups": [_group(group, self, pace) for group in self.groups],
            "Type": self.type,
            "UI": None,
            "Update": policies.update(pace, 1 if self.type in {"service", "system"} else 0),
            "VaultNamespace": "",
            "Version": 0,
            "VersionTag": None,
        }


def _constraints(constraints: Sequence[tuple[str, str, str]]) -> list[Row] | None:
    rows = [{"LTarget": le, "Operand": op, "RTarget": ri} for le, op, ri in constraints]
    return rows or None


def _group(group: GroupSpec, job: JobSpec, pace: Pace) -> Row:
    batch, health = job.type in BATCH_TYPES, (group.min_healthy_time, group.healthy_deadline)
    restart = policies.restart(pace, group.restart_attempts, group.restart_delay, batch=batch)
    reschedule = policies.reschedule(pace, group.reschedule_delay, batch=batch)
    migrate = policies.migrate(pace, group.max_parallel, *health)
    update = policies.update(pace, group.max_parallel, "checks", *health, group.progress_deadline)
    away = group.disconnect
    service = group.service
    return {
        "Affinities": None,
        "Constraints": _constraints([*group.constraints, *_implied(service)]),
        "Consul": None,
        "Count": group.count,
        "Disconnect": away and policies.disconnect(pace, away.lost_after, replace=away.replace),
        "EphemeralDisk": {"Migrate": False, "SizeMB": 300, "Sticky": False},
        "MaxClientDisconnect": None,
        "MaxRunDuration": None,
        "Meta": _group_meta(group.meta, pace),
        "Migrate": migrate if job.type == "service" else None,
        "Name": group.name,
        "Networks": _networks(group.ports),
        "PreventRescheduleOnLost": False,
        "ReschedulePolicy": None if job.type in SYSTEM_TYPES else reschedule,
        "RestartPolicy": restart,
        "Scaling": None,
        "Services": [_service(service, job.namespace, pace)] if service else None,
        "ShutdownDelay": None if group.shutdown_delay is None else pace.ns(group.shutdown_delay),
        "Spreads": _spreads(group.spread),
        "StopAfterClientDisconnect": None,
        "Tasks": [_task(group, restart, pace)],
        "Update": update if job.type in {"service", "system"} else None,
        "Volumes": None,
    }


def _implied(service: ServiceSpec | None) -> list[tuple[str, str, str]]:
    """The constraint Nomad adds to a group with services."""
    if service is None:
        return []
    if service.provider == "nomad":
        return [("${attr.nomad.service_discovery}", "=", "true")]
    return [("${attr.consul.version}", "semver", ">= 1.8.0")]


def _group_meta(meta: Mapping[str, str], pace: Pace) -> dict[str, str] | None:
    scaled = {
        key: f"{pace(float(value)):.6g}" if key in SCALED_META else value
        for key, value in meta.items()
    }
    return scaled or None


def _networks(ports: Mapping[str, int]) -> list[Row] | None:
    """Host networking, as raw_exec tasks have it: a static port is one a node gives only once."""
    if not ports:
        return None
    dynamic = [{"HostNetwork": "default", "Label": label} for label, to in ports.items() if not to]
    static = [
        {"HostNetwork": "default", "Label": label, "Value": to} for label, to in ports.items() if to
    ]
    network: Row = {}
    if dynamic:
        network["DynamicPorts"] = dynamic
    if static:
        network["ReservedPorts"] = static
    return [network]


def _spreads(attribute: str) -> list[Row] | None:
    if not attribute:
        return None
    return [{"Attribute": attribute, "SpreadTarget": None, "Weight": 100}]


def _service(service: ServiceSpec, namespace: str, pace: Pace) -> Row:
    return {
        "Address": "",
        "AddressMode": "auto",
        "CanaryMeta": None,
        "CanaryTags": None,
        "Checks": [_check(service, pace)] if service.check_path else None,
        "Cluster": "default",
        "Connect": None,
        "EnableTagOverride": False,
        "Identity": None,
        "Kind": "",
        "Meta": None,
        "Name": service.name,
        "Namespace": namespace if service.provider == "nomad" else "default",
        "OnUpdate": "require_healthy",
        "PortLabel": service.port,
        "Provider": service.provider,
        "TaggedAddresses": None,
        "Tags": list(service.tags) or None,
        "TaskName": "",
        "Weights": None,
    }


def _check(service: ServiceSpec, pace: Pace) -> Row:
    return {
        "AddressMode": "",
        "Args": None,
        "Body": "",
        "CheckRestart": None,
        "Command": "",
        "Expose": False,
        "FailuresBeforeCritical": 0,
        "FailuresBeforeWarning": 0,
        "GRPCService": "",
        "GRPCUseTLS": False,
        "Header": None,
        "InitialStatus": "",
        "Interval": pace.ns(service.check_interval),
        "Method": "",
        "Name": f'service: "{service.name}" check',
        "Notes": "",
        "OnUpdate": "require_healthy",
        "Path": service.check_path,
        "PortLabel": "",
        "Protocol": "",
        "SuccessBeforePassing": 0,
        "TLSServerName": "",
        "TLSSkipVerify": False,
        "TaskName": "",
        "Timeout": pace.ns(service.check_timeout),
        "Type": "http",
    }


def _task(group: GroupSpec, restart: Row, pace: Pace) -> Row:
    return {
        "Actions": None,
        "Affinities": None,
        "Artifacts": None,
        "CSIPluginConfig": None,
        "Config": dict(group.config) or {"command": "/usr/local/bin/app"},
        "Constraints": None,
        "Consul": None,
        "DispatchPayload": None,
        "Driver": "raw_exec",
        "Env": dict(group.env) or None,
        "Identities": None,
        "Identity": {
            "Audience": ["nomadproject.io"],
            "ChangeMode": "",
            "ChangeSignal": "",
            "Env": False,
            "ExtraClaims": None,
            "File": False,
            "Filepath": "",
            "Name": "default",
            "ServiceName": "",
            "TTL": 0,
        },
        "KillSignal": "",
        "KillTimeout": pace.ns(group.kill_timeout),
        "Kind": "",
        "Leader": False,
        "Lifecycle": None,
        "LogConfig": {"Disabled": False, "MaxFileSizeMB": 10, "MaxFiles": 10},
        "Meta": None,
        "Name": group.task,
        "Resources": resources(group.cpu, group.memory),
        "RestartPolicy": restart,
        "ScalingPolicies": None,
        "Schedule": None,
        "Secrets": None,
        "Services": None,
        "ShutdownDelay": 0,
        "Templates": None,
        "User": "",
        "Vault": None,
        "VolumeMounts": None,
    }


def resources(
    cpu: int, memory: int, disk: int = 0, networks: list[Row] | None = None, memory_max: int = 0
) -> Row:
    """MHz and MB: what a task asks for and, in the form of Nomad before 0.9, what a copy holds."""
    return {
        "CPU": cpu,
        "Cores": 0,
        "Devices": None,
        "DiskMB": disk,
        "IOPS": 0,
        "MemoryMB": memory,
        "MemoryMaxMB": memory_max,
        "NUMA": None,
        "Networks": networks,
        "SecretsMB": 0,
    }
