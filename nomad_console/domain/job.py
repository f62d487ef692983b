"""Jobs, as far as an upgrade depends on them. All durations in seconds."""

from collections.abc import Mapping

import msgspec


class Check(msgspec.Struct, frozen=True):
    name: str
    type: str
    path: str
    interval_s: float


class JobService(msgspec.Struct, frozen=True):
    name: str
    provider: str  # consul or nomad
    port_label: str
    tags: tuple[str, ...]
    checks: tuple[Check, ...]


class JobTask(msgspec.Struct, frozen=True):
    """`kill_signal` "" is the driver's default: SIGINT, SIGTERM for docker.

    `hook` is the lifecycle's: prestart, poststart, poststop, or "" for a main task.
    """

    name: str
    driver: str
    kill_timeout_s: float
    kill_signal: str
    shutdown_delay_s: float
    cpu_mhz: int
    memory_mb: int
    hook: str = ""
    sidecar: bool = False

    @property
    def signal(self) -> str:
        return self.kill_signal or ("SIGTERM" if self.driver == "docker" else "SIGINT")


class Constraint(msgspec.Struct, frozen=True):
    left: str
    operand: str
    right: str


class Migrate(msgspec.Struct, frozen=True):
    max_parallel: int
    min_healthy_s: float
    healthy_deadline_s: float


class Group(msgspec.Struct, frozen=True):
    """A task group. `migrate` None: Nomad's default, one at a time; batch and system have none."""

    name: str
    count: int
    migrate: Migrate | None
    shutdown_delay_s: float
    services: tuple[JobService, ...]
    tasks: tuple[JobTask, ...]
    static_ports: tuple[int, ...]
    constraints: tuple[Constraint, ...]
    meta: Mapping[str, str]
    wants: tuple[str, ...] = ()  # beyond CPU, memory and ports: cores, devices, volumes

    @property
    def kill_timeout_s(self) -> float:
        return max((task.kill_timeout_s for task in self.tasks), default=0.0)

    @property
    def stop_s(self) -> float:
        """The longest an ordinary stop may take: the delay, then the signal's time-out."""
        return self.shutdown_delay_s + max(
            (task.shutdown_delay_s + task.kill_timeout_s for task in self.tasks), default=0.0
        )


class Job(msgspec.Struct, frozen=True):
    namespace: str
    id: str
    type: str  # service, batch, system, sysbatch
    version: int
    status: str
    stopped: bool
    datacenters: tuple[str, ...]
    pool: str
    constraints: tuple[Constraint, ...]
    groups: tuple[Group, ...]
    modify_index: int

    def group(self, name: str) -> Group | None:
        return next((group for group in self.groups if group.name == name), None)


class JobStub(msgspec.Struct, frozen=True):
    """A row of /v1/jobs: enough to know that a job changed."""

    namespace: str
    id: str
    type: str
    status: str
    stopped: bool
    version: int | None
    modify_index: int
