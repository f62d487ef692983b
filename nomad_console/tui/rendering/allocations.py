"""Allocations: what each does now, and what replaces it."""

from datetime import datetime
from typing import NamedTuple

from nomad_console.domain.allocation import (
    STOP_SIGNS,
    TERMINAL,
    Allocation,
    ClientStatus,
    TaskEvent,
)
from nomad_console.domain.names import natural
from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.domain.survey import job_type
from nomad_console.tui.rendering.age import age, epoch, from_ns, seconds_between
from nomad_console.tui.rendering.columns import At, Column, words
from nomad_console.tui.rendering.table import NEVER, Key, Table
from nomad_console.tui.rendering.text import NOTHING, UNKNOWN, Cell, Tone

_HOPS = 20
_MOVED_S = 600.0  # one that was stopped is looked at so long, for what took its place
_FAILED_S = 3600.0  # and a failure so long


class AllocationRow(NamedTuple):
    """`last` is the end of the chain of replacements, None where there is none yet."""

    allocation: Allocation
    last: Allocation | None
    awaited: bool  # a replacement is named but was not listed yet
    kind: str = ""  # service, batch, system or sysbatch; "": nothing says so yet


def build(snapshot: ClusterSnapshot, allocation_id: str) -> AllocationRow | None:
    one = snapshot.allocations.get(allocation_id)
    if one is None:
        return None
    kind = job_type(snapshot, one)
    if not one.next_id:
        return AllocationRow(one, None, awaited=False, kind=kind)
    last = replacement(snapshot, one)
    return AllocationRow(one, last, awaited=last is None, kind=kind)


def replacement(snapshot: ClusterSnapshot, allocation: Allocation) -> Allocation | None:
    """The newest known allocation that took over, over all hops."""
    last = None
    following = snapshot.allocations.get(allocation.next_id)
    for _ in range(_HOPS):
        if following is None:
            break
        last, following = following, snapshot.allocations.get(following.next_id)
    return last


def touched(old: ClusterSnapshot, new: ClusterSnapshot, changes: Changes) -> set[Key] | None:
    """The changed ones, those they replace, over all hops, and those of jobs heard of only now."""
    keys: set[Key] = set(changes.allocations)
    if old.job_stubs is not new.job_stubs:
        for job in new.job_stubs.keys() - old.job_stubs.keys():
            keys |= new.by_job.get(job, frozenset())
    for changed in changes.allocations:
        one = new.allocations.get(changed)
        for _hop in range(_HOPS):
            if one is None or not one.previous_id or one.previous_id in keys:
                break
            keys.add(one.previous_id)
            one = new.allocations.get(one.previous_id)
    return keys


def stopping_since(one: Allocation) -> datetime | None:
    """When its tasks were told to end; the allocation's own change where no event says."""
    times = [
        event.time_ns
        for task in one.tasks or ()
        for event in task.events
        if event.type in STOP_SIGNS
    ]
    return from_ns(min(times, default=one.modify_time_ns))


def ended(one: Allocation) -> TaskEvent | None:
    """The newest exit of any of its tasks."""
    exits = [
        event for task in one.tasks or () for event in task.events if event.type == "Terminated"
    ]
    return max(exits, key=lambda event: event.time_ns, default=None)


def state_word(one: Allocation) -> str:
    if one.desired != "run" and one.client == ClientStatus.RUNNING:
        return "stopping"
    if one.desired != "run" and one.client == ClientStatus.PENDING:
        return "never started"
    return one.client


def state(row: AllocationRow, at: At) -> Cell:
    one, word = row.allocation, state_word(row.allocation)
    match word:
        case "stopping":
            return Cell(_stopping(one, at), Tone.BUSY)
        case ClientStatus.RUNNING:
            moving = one.migrate
            return Cell("running, to move" if moving else word, Tone.BUSY if moving else Tone.GOOD)
        case ClientStatus.COMPLETE | ClientStatus.FAILED:
            bad = word == ClientStatus.FAILED
            return Cell(f"{word}{_exit(one)}", Tone.BAD if bad else Tone.DIM)
        case ClientStatus.PENDING:
            return Cell(word, Tone.BUSY)
    return Cell(word, Tone.BAD if word in {"lost", "unknown"} else Tone.DIM)


def _stopping(one: Allocation, at: At) -> str:
    since = stopping_since(one)
    if since is None:
        return "stopping"
    gone = int(seconds_between(since, at.now))
    job = at.snapshot.jobs.get((one.namespace, one.job_id))
    group = job.group(one.group) if job else None
    return f"stopping {gone}s of {group.stop_s:g}s" if group else f"stopping {gone}s"


def _exit(one: Allocation) -> str:
    last = ended(one)
    if last is None:
        return ""
    if last.oom_killed:
        return " (out of memory)"
    killed = last.signal == 9 or last.exit_code == 137  # noqa: PLR2004 — SIGKILL, and a shell's word for it
    return " (killed)" if killed else f" (exit {last.exit_code})"


def health(row: AllocationRow, _: At) -> Cell:
    one = row.allocation
    if one.healthy is not None:
        return Cell("healthy", Tone.GOOD) if one.healthy else Cell("UNHEALTHY", Tone.BAD)
    if one.terminal or row.kind in {"batch", "sysbatch"}:
        return NOTHING
    return UNKNOWN


def tasks(row: AllocationRow, _: At) -> Cell:
    found = row.allocation.tasks
    if found is None:
        return UNKNOWN
    running = sum(task.state == "running" for task in found)
    return Cell(f"{running}/{len(found)}", Tone.PLAIN if running == len(found) else Tone.WARN)


def restarts(row: AllocationRow, _: At) -> Cell:
    count = row.allocation.restarts
    if count is None:
        return UNKNOWN
    return Cell(str(count), Tone.WARN if count else Tone.PLAIN)


def successor(row: AllocationRow, _: At) -> Cell:
    one = row.last
    if one is None:
        return UNKNOWN if row.awaited else Cell("")
    verdict = {True: ", healthy", False: ", UNHEALTHY", None: ""}[one.healthy]
    bad = one.healthy is False or one.client in {"failed", "lost"}
    good = one.healthy and one.client == ClientStatus.RUNNING
    tone = Tone.BAD if bad else Tone.GOOD if good else Tone.BUSY
    return Cell(f"{one.node_name} {one.client}{verdict}", tone)


def label(one: Allocation) -> str:
    """`web[2]`, by the job."""
    _, bracket, index = one.name.rpartition("[")
    return f"{one.job_id}[{index}" if bracket else one.name


def over(row: AllocationRow) -> float:
    """When it has become history.

    Batch work that came to its end is so at once, a failure that nothing took the place of never.
    """
    one = row.allocation
    if one.client not in TERMINAL:
        return NEVER
    end, batch = one.modify_time_ns / 1e9, row.kind in {"batch", "sysbatch"}
    if one.client == ClientStatus.COMPLETE:
        return end if batch and one.desired == "run" else end + _MOVED_S
    wanted = one.desired == "run" or one.client == ClientStatus.LOST
    return NEVER if wanted and not one.next_id and not batch else end + _FAILED_S


def _order(row: AllocationRow) -> str:
    one = row.allocation
    return f"{one.job_id}\0{one.group}\0{len(one.name):04}{one.name}\0{one.create_index:020}"


def _words(row: AllocationRow) -> str:
    one, last = row.allocation, row.last
    health = {True: "healthy", False: "unhealthy", None: ""}[one.healthy]
    return (
        f"{label(one)} {one.group} {one.node_name} {state_word(one)}{_exit(one) * one.terminal} "
        f"{health} {f'{last.node_name} {last.client}' if last else ''} {row.kind} "
        f"{one.namespace}"
    )


ALLOCATIONS: Table[AllocationRow] = Table(
    kind="allocations",
    title="Allocations",
    columns=(
        Column(
            "job",
            "JOB",
            lambda row, _: Cell(label(row.allocation), Tone.STRONG),
            lambda row: row.allocation.job_id,
            order=_order,
            low=8,
            high=36,
            keep=99,
        ),
        words("group", "GROUP", lambda row: row.allocation.group, high=20, keep=40),
        words(
            "node",
            "NODE",
            lambda row: row.allocation.node_name,
            order=lambda row: natural(row.allocation.node_name),
            high=24,
            keep=60,
        ),
        Column(
            "tasks",
            "TASKS",
            tasks,
            lambda row: None if row.allocation.tasks is None else len(row.allocation.tasks),
            right=True,
            keep=55,
        ),
        Column(
            "state",
            "STATE",
            state,
            lambda row: state_word(row.allocation),
            low=10,
            high=24,
            keep=95,
        ),
        Column(
            "health",
            "HEALTH",
            health,
            lambda row: (
                None
                if row.allocation.healthy is None
                else "healthy"
                if row.allocation.healthy
                else "unhealthy"
            ),
            low=9,
            keep=75,
        ),
        Column(
            "restarts",
            "RESTARTS",
            restarts,
            lambda row: row.allocation.restarts,
            right=True,
            keep=30,
        ),
        Column(
            "age",
            "AGE",
            lambda row, at: age(from_ns(row.allocation.create_time_ns), at.now),
            lambda row: epoch(from_ns(row.allocation.create_time_ns)),
            right=True,
            low=5,
            keep=65,
            moment=True,
        ),
        Column(
            "replacement",
            "→ REPLACEMENT",
            successor,
            lambda row: f"{row.last.node_name} {row.last.client}" if row.last else None,
            low=13,
            high=48,
            keep=70,
        ),
        Column(
            "type",
            "TYPE",
            lambda row, _: Cell(row.kind, Tone.DIM) if row.kind else UNKNOWN,
            lambda row: row.kind or None,
            high=9,
            keep=20,
        ),
        words(
            "namespace",
            "NAMESPACE",
            lambda row: row.allocation.namespace,
            Tone.DIM,
            high=16,
            keep=15,
        ),
        Column(
            "id",
            "ID",
            lambda row, _: Cell(row.allocation.id[:8], Tone.DIM),
            lambda row: row.allocation.id,
            low=8,
            keep=10,
        ),
    ),
    keys=lambda snapshot: snapshot.allocations,
    build=build,
    touched=touched,
    words=_words,
    sort="job",
    over=over,
)
