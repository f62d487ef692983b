"""An allocation with its tasks' history, and a job."""

from datetime import datetime

from nomad_console.domain.allocation import Allocation, TaskEvent
from nomad_console.domain.job import Group
from nomad_console.domain.survey import job_type
from nomad_console.domain.text import duration
from nomad_console.tui.rendering import allocations
from nomad_console.tui.rendering.age import age, from_ns, seconds_between
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.document import Document, Entry, Link, fact, heading, rows
from nomad_console.tui.rendering.table import Key
from nomad_console.tui.rendering.text import UNKNOWN, Cell, Line, Tone

_BAD = {"Driver Failure", "Alloc Unhealthy", "Not Restarting", "Failed Restarts", "Killed"}


def allocation_document(at: At, key: Key) -> Document | None:
    row = allocations.build(at.snapshot, key)
    if row is None:
        return None
    one = row.allocation
    entries = [
        *_facts(row, at),
        *heading("Task events", "oldest first; Nomad keeps the newest ten of each task"),
        *_time_line(one, at.now),
        *heading("Chain", "what it took over from, and what takes over"),
        *_chain(at, one),
    ]
    return Document(f"Allocation {allocations.label(one)} on {one.node_name}", tuple(entries))


def _facts(row: allocations.AllocationRow, at: At) -> list[Entry]:
    one = row.allocation
    version = "·" if one.job_version is None else str(one.job_version)
    return [
        Entry(_link_line("node", one.node_name), Link("nodes", one.node_id)),
        Entry(_link_line("job", one.job_id), Link("jobs", (one.namespace, one.job_id))),
        fact("group", Cell(one.group), Cell(f"  namespace {one.namespace}", Tone.DIM)),
        fact("job version", Cell(version)),
        fact("state", allocations.state(row, at)),
        fact("wanted", Cell(one.desired), Cell("  to be moved" if one.migrate else "", Tone.BUSY)),
        fact("health", allocations.health(row, at), Cell("  canary" if one.canary else "")),
        fact("restarts", allocations.restarts(row, at)),
        fact("created", age(from_ns(one.create_time_ns), at.now), Cell(" ago")),
        fact("said", Cell(one.description or "nothing", Tone.DIM)),
        fact("id", Cell(one.id)),
    ]


def _link_line(name: str, text: str) -> Line:
    return (*fact(name, Cell(text, Tone.STRONG)).line, Cell("  →", Tone.BUSY))


def _time_line(one: Allocation, now: datetime) -> list[Entry]:
    """The events of all tasks in one order, each with the pause since the one before."""
    if one.tasks is None:
        return [fact("tasks", UNKNOWN)]
    found = sorted(
        ((event, task.name) for task in one.tasks for event in task.events),
        key=lambda pair: pair[0].time_ns,
    )
    lines: list[tuple[Line, Link | None]] = []
    before: datetime | None = None
    for event, task in found:
        at = from_ns(event.time_ns)
        pause = f"+{duration(seconds_between(before, at))}" if before and at else ""
        before = at or before
        cells = (
            Cell(f"{at:%H:%M:%S}Z" if at else "·", Tone.DIM),
            Cell(pause, Tone.DIM),
            age(at, now),
            Cell(task),
            Cell(event.type, _tone(event)),
            Cell(_said(event)),
        )
        lines.append((cells, None))
    return rows(("TIME", "AFTER", "AGO", "TASK", "EVENT", "WHAT"), lines)


def _tone(event: TaskEvent) -> Tone:
    if event.type in _BAD or event.oom_killed:
        return Tone.BAD
    if event.type == "Terminated":
        return Tone.BAD if event.exit_code or event.signal else Tone.DIM
    return Tone.GOOD if event.type == "Started" else Tone.BUSY


def _said(event: TaskEvent) -> str:
    parts = [event.message]
    if event.type == "Terminated":
        parts.append(
            f"exit {event.exit_code}" + (f", signal {event.signal}" if event.signal else "")
        )
    if event.oom_killed:
        parts.append("out of memory")
    if event.kill_timeout_s:
        parts.append(f"kill_timeout {event.kill_timeout_s:g} s")
    return " · ".join(part for part in parts if part)


def _chain(at: At, one: Allocation) -> list[Entry]:
    rows_of = at.snapshot.allocations
    chain, seen = [one], {one.id}
    while (before := rows_of.get(chain[0].previous_id or "")) and before.id not in seen:
        chain.insert(0, before)
        seen.add(before.id)
    while (after := rows_of.get(chain[-1].next_id)) and after.id not in seen:
        chain.append(after)
        seen.add(after.id)
    lines: list[tuple[Line, Link | None]] = []
    for each in chain:
        row = allocations.AllocationRow(each, None, awaited=False, kind=job_type(at.snapshot, each))
        here = each.id == one.id
        cells = (
            Cell("▶" if here else " "),
            Cell(each.id[:8], Tone.STRONG if here else Tone.PLAIN),
            Cell(each.node_name),
            allocations.state(row, at),
            allocations.health(row, at),
        )
        lines.append((cells, None if here else Link("allocations", each.id)))
    return rows(("", "ID", "NODE", "STATE", "HEALTH"), lines)


def job_document(at: At, key: Key) -> Document | None:
    namespace, name = key
    job, stub = at.snapshot.jobs.get(key), at.snapshot.job_stubs.get(key)
    known = job or stub
    if known is None:
        return None
    entries = [
        fact("namespace", Cell(namespace)),
        fact("type", Cell(known.type)),
        fact("status", Cell("stopped" if known.stopped else known.status)),
        fact("version", UNKNOWN if known.version is None else Cell(str(known.version))),
    ]
    for group in job.groups if job else ():
        entries += [*heading(f"Group {group.name}"), *_group(group)]
    if job is None:
        entries.append(fact("groups", UNKNOWN))
    blocked = [one for one in at.snapshot.blocked.values() if (one.namespace, one.job_id) == key]
    for evaluation in blocked:
        why = "; ".join(f"{group}: {text}" for group, text in evaluation.failed.items())
        entries.append(fact("blocked", Cell(why or evaluation.description, Tone.BAD)))
    entries += [*heading("Allocations"), *_of_job(at, namespace, name)]
    return Document(f"Job {name}", tuple(entries))


def _group(group: Group) -> list[Entry]:
    move = group.migrate
    moving = f"{move.max_parallel} at a time" if move else "by default, one at a time"
    ports = ", ".join(str(port) for port in group.static_ports) or "none"
    entries = [
        fact("count", Cell(str(group.count))),
        fact("moves", Cell(moving)),
        fact("stop", Cell(f"up to {group.stop_s:g} s: shutdown_delay, then kill_timeout")),
        fact("static ports", Cell(ports)),
    ]
    for task in group.tasks:
        text = (
            f"{task.driver} · kill_timeout {task.kill_timeout_s:g} s · "
            f"{task.kill_signal or 'default signal'} · {task.cpu_mhz} MHz · {task.memory_mb} MB"
        )
        entries.append(fact(f"task {task.name}", Cell(text)))
    for service in group.services:
        checks = ", ".join(check.name for check in service.checks) or "no check"
        text = f"in {service.provider} · {checks}"
        entries.append(fact(f"service {service.name}", Cell(text)))
    return entries


def _of_job(at: At, namespace: str, name: str) -> list[Entry]:
    found = [
        one
        for one in at.snapshot.allocations.values()
        if one.job_id == name and one.namespace == namespace
    ]
    found.sort(key=lambda one: (one.terminal, len(one.name), one.name))
    lines: list[tuple[Line, Link | None]] = []
    for one in found[:500]:
        row = allocations.AllocationRow(one, None, awaited=False, kind=job_type(at.snapshot, one))
        cells = (
            Cell(allocations.label(one), Tone.STRONG),
            Cell(one.node_name),
            allocations.state(row, at),
            allocations.health(row, at),
            age(from_ns(one.create_time_ns), at.now),
        )
        lines.append((cells, Link("allocations", one.id)))
    return rows(("ALLOCATION", "NODE", "STATE", "HEALTH", "AGE"), lines)
