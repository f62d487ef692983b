"""A drain as it goes: what each allocation does now, and what takes its place."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from nomad_console.domain.allocation import Allocation, ClientStatus, TaskEvent
from nomad_console.domain.job import Group
from nomad_console.domain.plan import SystemJobs
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.domain.survey import job_type
from nomad_console.upgrade.run import Run

KILLED_CODE, KILLED_SIGNAL = 137, 9
_SLACK_S = 0.5  # between the kill timeout and the report of the end


class Doing(StrEnum):
    WAITING = "waiting"  # for its turn
    DELAY = "shutdown_delay"  # left the catalog, serves on
    STOPPING = "stopping"  # got its signal
    GONE = "gone"
    KILLED = "KILLED"  # had not stopped in time
    BATCH = "batch"  # left alone until the deadline
    KEPT = "kept"  # a system allocation that stays
    LOST = "lost"  # its node is: out of reach, its tasks may run on


class Hop(msgspec.Struct, frozen=True):
    """One replacement. `healthy_in_s`: the least time to its verdict; None: unknown, or given."""

    id: str
    node: str
    client: str
    healthy: bool | None
    healthy_in_s: float | None


class Moving(msgspec.Struct, frozen=True):
    """`for_s` of at most `of_s` in what it does now; `then_s` may follow (the kill timeout).

    `exit_code` is of its last task to end; None: not ended, or not told. Killed: after `for_s`.
    """

    id: str
    name: str
    job_id: str
    job_type: str
    doing: Doing
    for_s: float
    of_s: float
    then_s: float
    exit_code: int | None
    replacements: tuple[Hop, ...]
    blocked: bool

    @property
    def gone(self) -> bool:
        return self.doing in {Doing.GONE, Doing.KILLED}


class Progress(msgspec.Struct, frozen=True):
    """`total` leaves out what is kept. `deadline_left_s` None: no drain is set just now.

    `lost` is the node's status where its heartbeats are missed: nothing on it can be told to stop.
    """

    moving: tuple[Moving, ...]
    gone: int
    total: int
    deadline_left_s: float | None
    lost: str = ""


def progress(snapshot: ClusterSnapshot, run: Run, node_id: str) -> Progress:
    """The drain of one of the run's nodes, by the snapshot's own time.

    Shows what was on the node when the plan was made or its step began, and what came since.
    """
    upgrade = run.of_node(node_id)
    began = upgrade.begun_index if upgrade is not None else 0
    planned = {one.id for node in run.plan.nodes for one in node.allocations}
    rows = [
        one
        for one in snapshot.allocations_of(node_id)
        if not one.terminal or one.id in planned or one.modify_index > began
    ]
    moving = [_moving(snapshot, run, one) for one in rows]
    moving.sort(key=lambda one: (one.doing == Doing.KEPT, one.name, one.id))
    counted = [one for one in moving if one.doing != Doing.KEPT]
    node = snapshot.nodes.get(node_id)
    return Progress(
        tuple(moving),
        sum(one.gone for one in counted),
        len(counted),
        _deadline_left(snapshot, node_id),
        node.status if node is not None and node.lost else "",
    )


def _deadline_left(snapshot: ClusterSnapshot, node_id: str) -> float | None:
    detail = snapshot.details.get(node_id)
    if detail is None or detail.drain is None or detail.drain.force_deadline is None:
        return None
    return max(0.0, (detail.drain.force_deadline - snapshot.at).total_seconds())


def _moving(snapshot: ClusterSnapshot, run: Run, one: Allocation) -> Moving:
    kind = job_type(snapshot, one)
    job = snapshot.jobs.get((one.namespace, one.job_id))
    group = job.group(one.group) if job else None
    doing, for_s, of_s, then_s = Doing.LOST, 0.0, 0.0, 0.0
    if not _lost(snapshot, one):
        doing, for_s, of_s, then_s = _stage(snapshot, run, one, kind, group)
    ended = _last(one, "Terminated")
    blocked = any(
        (evaluation.namespace, evaluation.job_id) == (one.namespace, one.job_id)
        for evaluation in snapshot.blocked.values()
    )
    return Moving(
        id=one.id,
        name=one.index_in_group,
        job_id=one.job_id,
        job_type=kind,
        doing=doing,
        for_s=for_s,
        of_s=of_s,
        then_s=then_s,
        exit_code=ended.exit_code if ended else None,
        replacements=_hops(snapshot, one, group, run.plan.policy.expect_healthy_s),
        blocked=blocked and one.desired == "stop" and not one.next_id,
    )


def _stage(
    snapshot: ClusterSnapshot, run: Run, one: Allocation, kind: str, group: Group | None
) -> tuple[Doing, float, float, float]:
    """What it does, for how long, of how long, and what may follow. Seconds."""
    killing, ended = _last(one, "Killing"), _last(one, "Terminated")
    timeout = group.kill_timeout_s if group else 0.0
    if one.terminal:
        after = _between(killing, ended)
        by_force = (
            ended is not None
            and not ended.oom_killed
            and (ended.signal == KILLED_SIGNAL or ended.exit_code == KILLED_CODE)
        )
        allowed = killing.kill_timeout_s if killing else 0.0
        if by_force and after is not None and after >= allowed - _SLACK_S:
            return Doing.KILLED, after, allowed, 0.0
        return Doing.GONE, 0.0, 0.0, 0.0
    if one.desired == "run":
        if kind == "system" and run.plan.system == SystemJobs.KEEP:
            return Doing.KEPT, 0.0, 0.0, 0.0
        return (Doing.BATCH if kind in {"batch", "sysbatch"} else Doing.WAITING), 0.0, 0.0, 0.0
    if killing is not None:
        since = _since(snapshot, killing.time_ns)
        return Doing.STOPPING, since, killing.kill_timeout_s or timeout, 0.0
    delay = group.shutdown_delay_s if group else 0.0
    return Doing.DELAY, _since(snapshot, one.modify_time_ns), delay, timeout


def _lost(snapshot: ClusterSnapshot, one: Allocation) -> bool:
    """Its node is, and it had not ended before; what task states say is as old as that."""
    node = snapshot.nodes.get(one.node_id)
    ended = one.terminal and one.client != ClientStatus.LOST
    return node is not None and node.lost and not ended


def _last(one: Allocation, kind: str) -> TaskEvent | None:
    """The newest event of a kind over all tasks."""
    events = [event for task in one.tasks or () for event in task.events if event.type == kind]
    return max(events, key=lambda event: event.time_ns, default=None)


def _between(earlier: TaskEvent | None, later: TaskEvent | None) -> float | None:
    if earlier is None or later is None:
        return None
    return (later.time_ns - earlier.time_ns) / 1e9


def _since(snapshot: ClusterSnapshot, time_ns: int) -> float:
    then = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=time_ns / 1000)
    return max(0.0, (snapshot.at - then).total_seconds())


def _hops(
    snapshot: ClusterSnapshot, one: Allocation, group: Group | None, default_s: float
) -> tuple[Hop, ...]:
    """The chain of replacements, followed to its end; a loop or an unread one ends it."""
    hops: list[Hop] = []
    seen = {one.id}
    now: Allocation | None = one
    while now is not None and now.next_id and now.next_id not in seen:
        seen.add(now.next_id)
        now = snapshot.allocations.get(now.next_id)
        if now is not None:
            left = _healthy_in(snapshot, now, group, default_s)
            hops.append(Hop(now.id, now.node_name, now.client, now.healthy, left))
    return tuple(hops)


def _healthy_in(
    snapshot: ClusterSnapshot, one: Allocation, group: Group | None, default_s: float
) -> float | None:
    """At the earliest: min_healthy_time after its tasks started, if its checks pass."""
    starts = [task.started_at for task in one.tasks or () if task.started_at is not None]
    if one.healthy is not None or one.client != "running" or not starts:
        return None
    least = group.migrate.min_healthy_s if group and group.migrate else default_s
    return max(0.0, least - (snapshot.at - max(starts)).total_seconds())
