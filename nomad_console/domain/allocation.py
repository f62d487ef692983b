"""Allocations and their tasks."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class ClientStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    LOST = "lost"
    UNKNOWN = "unknown"


TERMINAL = frozenset({ClientStatus.COMPLETE, ClientStatus.FAILED, ClientStatus.LOST})
STOP_SIGNS = frozenset({"Waiting for shutdown delay", "Killing"})


class TaskEvent(msgspec.Struct, frozen=True, gc=False):
    """One line of a task's history; Nomad keeps the newest ten."""

    type: str
    time_ns: int
    message: str
    exit_code: int
    signal: int
    kill_timeout_s: float
    oom_killed: bool


class Task(msgspec.Struct, frozen=True, gc=False):
    name: str
    state: str  # pending, running, dead
    failed: bool
    restarts: int
    started_at: datetime | None
    finished_at: datetime | None
    events: tuple[TaskEvent, ...]


class Claim(msgspec.Struct, frozen=True, gc=False, order=True, array_like=True):
    """What an allocation has of its node until its tasks have ended. MHz, MB, host ports."""

    cpu_mhz: int
    memory_mb: int
    ports: tuple[int, ...] = ()


def claim_of(parts: Iterable[tuple[str, bool, int, int]], ports: tuple[int, ...] = ()) -> Claim:
    """From hook, sidecar, MHz, MB of each task.

    Tasks that do not run together share their room (nomad/structs: AllocatedResources.Comparable).
    """
    parts = tuple(parts)
    if len(parts) == 1:  # as with most: this is asked for every allocation of a cluster
        return Claim(*parts[0][2:], ports)
    sums = {phase: [0, 0] for phase in ("sidecar", "prestart", "poststop", "main")}
    for hook, sidecar, cpu, memory in parts:
        phase = hook if hook in sums else "main"
        taken = sums["sidecar" if phase == "prestart" and sidecar else phase]
        taken[0] += cpu
        taken[1] += memory
    always = sums.pop("sidecar")
    cpu, memory = (max(phase[i] for phase in sums.values()) + always[i] for i in (0, 1))
    return Claim(cpu, memory, ports)


class Allocation(msgspec.Struct, frozen=True, gc=False):
    """One allocation. None stands for "this answer did not say", never for empty.

    `healthy` None: no verdict yet. Times in nanoseconds since 1970.
    """

    id: str
    namespace: str
    name: str
    job_id: str
    group: str
    node_id: str
    node_name: str
    desired: str  # run, stop, evict
    client: str  # ClientStatus, or what the server said
    description: str
    migrate: bool
    healthy: bool | None
    canary: bool
    next_id: str
    create_index: int
    modify_index: int
    create_time_ns: int
    modify_time_ns: int
    job_type: str | None = None
    job_version: int | None = None
    previous_id: str | None = None
    tasks: tuple[Task, ...] | None = None
    claim: Claim | None = None

    @property
    def terminal(self) -> bool:
        """Its tasks have ended, as far as Nomad knows."""
        return self.client in TERMINAL

    @property
    def index_in_group(self) -> str:
        """`web[2]` of `web.web[2]`."""
        return self.name.partition(".")[2] or self.name

    @property
    def restarts(self) -> int | None:
        return None if self.tasks is None else sum(task.restarts for task in self.tasks)


def merged(old: Allocation | None, new: Allocation) -> Allocation:
    """The newer of two readings of one allocation, completed by what only the older said.

    At the same index the new reading wins: task states do not raise it in every answer.
    """
    if old is None:
        return new
    newer, older = (new, old) if new.modify_index >= old.modify_index else (old, new)
    missing: dict[str, object] = {
        name: getattr(older, name)
        for name in ("job_type", "job_version", "previous_id", "tasks", "claim")
        if getattr(newer, name) is None and getattr(older, name) is not None
    }
    return msgspec.structs.replace(newer, **missing) if missing else newer


def outlined(allocation: Allocation) -> Allocation:
    """Without the history of its tasks: of their events those that say how they stop and ended.

    That is all that rules and tables read; the rest, ten events a task, is two thirds of a row.
    """
    if not any(task.events for task in allocation.tasks or ()):
        return allocation
    tasks = tuple(
        msgspec.structs.replace(task, events=_telling(task.events))
        for task in allocation.tasks or ()
    )
    return msgspec.structs.replace(allocation, tasks=tasks)


def _telling(events: tuple[TaskEvent, ...]) -> tuple[TaskEvent, ...]:
    exits = (event for event in events if event.type == "Terminated")
    newest = max(exits, key=lambda event: event.time_ns, default=None)
    return tuple(event for event in events if event is newest or event.type in STOP_SIGNS)


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """`failed` names, per task group, the dimensions or constraints that left no place."""

    id: str
    namespace: str
    job_id: str
    type: str
    status: str
    triggered_by: str
    description: str
    node_id: str
    failed: Mapping[str, str]
    create_index: int
    modify_index: int


class Deployment(msgspec.Struct, frozen=True, gc=False):
    id: str
    namespace: str
    job_id: str
    job_version: int
    status: str
    description: str
    create_index: int
    modify_index: int
