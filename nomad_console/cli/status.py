"""`status`: one look at the cluster, for scripts."""

import argparse
import asyncio
import json
import sys
from datetime import datetime
from typing import Any

from nomad_console.cli.arguments import BLOCKED, DONE, UNREACHABLE
from nomad_console.domain.backend import Backend, Lack, peculiar, tried
from nomad_console.domain.node import Node
from nomad_console.domain.rights import READ_JOBS, Credential, Verdict
from nomad_console.domain.snapshot import ClusterSnapshot, ConsulSums, Source, SourceName
from nomad_console.domain.snapshot import SourceState as State
from nomad_console.domain.target import Target
from nomad_console.domain.text import duration, printable
from nomad_console.operations.archive import Kept
from nomad_console.operations.whereabouts import Live, OpenRuns
from nomad_console.settings.values import ClusterSettings


def document(snapshot: ClusterSnapshot, now: datetime) -> dict[str, Any]:
    """The look as plain data. What is not known is null, never 0 or an empty list."""
    return {
        "sources": {name: _source(snapshot, name, now) for name in SourceName},
        "rights": {name: _rights(held) for name, held in sorted(snapshot.rights.items())},
        "nodes": [
            _node(snapshot, node)
            for node in sorted(snapshot.nodes.values(), key=lambda node: (node.name, node.id))
        ],
        "services": [
            {"name": name, **_sums(snapshot.service_sums.get(name))}
            for name in sorted(snapshot.services)
        ],
        "targets": [
            {**_target(snapshot, target), "node": _owner(snapshot, target)}
            for _, target in sorted(snapshot.targets.items())
        ],
    }


def settled(snapshot: ClusterSnapshot) -> bool:
    """Nothing more is to come: every source has its data or has said why not."""
    states = {name: snapshot.source(name).state for name in SourceName}
    asked: list[Credential | Backend] = [*snapshot.rights.values(), *snapshot.backends.values()]
    if State.CONNECTING in states.values() or any(one.pending for one in asked):
        return False
    nomad, consul, alb = (states[name] == State.LIVE for name in SourceName)
    if nomad and not snapshot.nodes and not snapshot.nomad_index:
        return False
    if nomad and consul and not snapshot.services:
        return False
    return not alb or (snapshot.groups_complete and not (nomad and snapshot.ties.untied))


def text(snapshot: ClusterSnapshot, now: datetime) -> str:
    """The look as lines for people."""
    lines = []
    for name in SourceName:
        source = snapshot.source(name)
        age = "" if source.true_at is None else f" {duration((now - source.true_at).seconds)} old"
        lines.append(printable(f"{name:<7}{source.word}{age}  {source.told}").rstrip())
    lines += [printable(line) for line in (*lacking(snapshot), *peculiarities(snapshot))]
    rows = [("NODE", "VERSION", "STATE", "ALLOCS", "CONSUL", "ALB")]
    for node in sorted(snapshot.nodes.values(), key=lambda node: (node.name, node.id)):
        data = _node(snapshot, node)
        allocations, consul, targets = data["allocations"], data["consul"], data["targets"]
        rows.append(
            (
                node.name,
                node.version,
                _state(node),
                "·" if allocations is None else _running(**allocations),
                "·"
                if consul is None
                else "{passing} ok {warning} warn {critical} crit".format(**consul),
                "·" if targets is None else _counted([t["state"] for t in targets]),
            )
        )
    widths = [max(len(printable(row[column])) for row in rows) for column in range(len(rows[0]))]
    lines.append("")
    lines += [
        "  ".join(
            printable(cell).ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def lacking(snapshot: ClusterSnapshot) -> list[str]:
    """What our tokens may not, one line each backend; nothing where all is allowed or proven."""
    lines = []
    for name, held in sorted(snapshot.rights.items()):
        refused = [one.name for one in held.rights if one.verdict is Verdict.NO]
        if name == SourceName.NOMAD and snapshot.hides_work:
            refused.append(READ_JOBS)
        if held.trouble:
            lines.append(f"{name:<7}{held.trouble}; {held.cure}")
        elif refused:
            lines.append(f"{name:<7}the {held.who} may not: {'; '.join(refused)}")
    return lines


def peculiarities(snapshot: ClusterSnapshot) -> list[str]:
    """Versions that nobody tried, and what is missing there; nothing of those that were."""
    told = ((name, peculiar(name, one)) for name, one in sorted(snapshot.backends.items()))
    return [f"{name:<7}{said}" for name, said in told if said]


def live_document(live: tuple[Live, ...]) -> list[dict[str, Any]]:
    """Runs that somebody conducts now; what lies in a journal elsewhere is null."""
    return [
        {
            "id": one.holder.run_id,
            "by": one.holder.by,
            "pid": one.holder.pid,
            "since": one.holder.since.isoformat(),
            "node": run.plan.node(run.upgrade.node).name if run else None,
            "step": run.upgrade.step if run else None,
            "held": run.hold.reason if run and run.hold else None,
        }
        for one in live
        for run in [one.kept.run if one.kept is not None else None]
    ]


def live_text(live: tuple[Live, ...]) -> list[str]:
    lines = []
    for one in live:
        held = f", held: {one.kept.run.hold.reason}" if one.kept and one.kept.run.hold else ""
        absent = "; its journal is not in this state folder"
        where = f" {one.kept.where}{held}" if one.kept else absent
        who = f"{one.holder.by} (process {one.holder.pid})"
        lines += [
            printable(f"RUN {one.holder.run_id} UNDER WAY{where}"),
            printable(f"  by {who} since {one.holder.since:%Y-%m-%d %H:%M:%S} UTC"),
        ]
    return [*lines, ""] if lines else []


def left_document(left: tuple[Kept, ...]) -> list[dict[str, Any]]:
    """Runs that are not over and that nobody conducts any more."""
    return [
        {
            "id": one.id,
            "by": one.head.by,
            "begun_at": one.head.begun_at.isoformat(),
            "node": one.run.plan.node(one.run.upgrade.node).name,
            "step": one.run.upgrade.step,
            "held": one.run.hold.reason if one.run.hold else None,
        }
        for one in left
    ]


def left_text(left: tuple[Kept, ...], now: datetime) -> list[str]:
    """The same, before anything else is said of the cluster."""
    lines = []
    for one in left_document(left):
        age = duration((now - datetime.fromisoformat(one["begun_at"])).total_seconds())
        held = f", held: {one['held']}" if one["held"] else ""
        where = f"at {one['step'] or 'the start'} of {one['node']}{held}"
        lines += [
            printable(f"RUN {one['id']} LEFT BEHIND {where}"),
            printable(
                f"  begun {age} ago by {one['by']}: nomad-console resume|restore {one['id']}"
            ),
        ]
    return [*lines, ""] if lines else []


def run(options: argparse.Namespace) -> int:
    from nomad_console.cli.cluster import settings_of

    settings = settings_of(options)
    snapshot, now, runs = asyncio.run(_seen(settings, options.timeout))
    if options.json:
        open_runs = {
            "abandoned": left_document(runs.left),
            "under_way": live_document(runs.live),
        }
        unverified = {"unverified": list(settings.unverified)}
        print(json.dumps({**open_runs, **unverified, **document(snapshot, now)}, indent=1))
        say_silent(snapshot)
    else:
        doubts = [f"{name:<7}certificates are not verified" for name in settings.unverified]
        said = (*left_text(runs.left, now), *live_text(runs.live), *doubts, text(snapshot, now))
        print(*said, sep="\n")
    if not silent(snapshot):
        return DONE
    return BLOCKED if only_refused(snapshot) else UNREACHABLE


async def _seen(
    settings: ClusterSettings, seconds: float
) -> tuple[ClusterSnapshot, datetime, OpenRuns]:
    """The cluster and its runs, looked at side by side."""
    from nomad_console.cli.wiring import following, until, whereabouts_on

    async with following(settings, read_only=True) as connections:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(whereabouts_on(connections).look())
            await until(connections, settled, seconds)
        return connections.store.latest, connections.clock.now(), looking.result()


def say_silent(snapshot: ClusterSnapshot, *, early: bool = False) -> bool:
    """Name on stderr each backend that is configured and does not answer; whether there is one.

    `early`: only Nomad was waited for.
    """
    found = silent(snapshot)
    for source in found:
        said = f"{source.name}: {source.word}: {source.told or 'no answer in time'}"
        if early and source.name != SourceName.NOMAD and not source.told:
            said = f"{source.name}: not asked yet"
        print(printable(said), file=sys.stderr)
    return bool(found)


def silent(snapshot: ClusterSnapshot) -> list[Source]:
    """The backends that are configured and do not answer."""
    return [
        source
        for source in map(snapshot.source, SourceName)
        if source.state not in {State.LIVE, State.OFF}
    ]


def only_refused(snapshot: ClusterSnapshot) -> bool:
    """Every backend answers, and some refuse our token."""
    return all(source.state is State.REFUSED for source in silent(snapshot))


def _source(snapshot: ClusterSnapshot, name: str, now: datetime) -> dict[str, Any]:
    source = snapshot.source(name)
    age = None if source.true_at is None else round((now - source.true_at).total_seconds(), 1)
    said = {"state": source.word, "age_s": age, **_backend(snapshot, name)}
    return {**said, "reason": source.reason, "hint": source.hint} if source.reason else said


def _backend(snapshot: ClusterSnapshot, name: str) -> dict[str, Any]:
    """What answers there, where that is asked for."""
    found = snapshot.backends.get(name)
    if found is None:
        return {}
    tested = tried(name, found.version) if found.version else None
    missing = [lack.value for lack in Lack if lack in found.lacks]
    return {"version": found.version or None, "tried": tested, "missing": missing}


def _rights(held: Credential) -> dict[str, Any]:
    """Who we are to a backend; never a secret."""
    ends = held.expires_at.isoformat() if held.expires_at else None
    said = {one.name: {"may": one.verdict, "because": one.because} for one in held.rights}
    return {"who": held.who, "expires_at": ends, "trouble": held.trouble or None, "rights": said}


def _node(snapshot: ClusterSnapshot, node: Node) -> dict[str, Any]:
    work, instances = snapshot.work_of(node.id), snapshot.instances_of(node)
    tied = snapshot.source(SourceName.ALB).true_at is not None
    return {
        "id": node.id,
        "name": node.name,
        "status": node.status,
        "eligibility": node.eligibility,
        "draining": node.draining,
        "version": node.version,
        "allocations": None
        if work is None
        else {**work._asdict(), "at_least": snapshot.hides_work},
        "consul": None if instances is None else _sums(instances),
        "targets": [_target(snapshot, target) for target in snapshot.targets_of(node.id)]
        if tied and node.id not in snapshot.ties.untied
        else None,
    }


def _state(node: Node) -> str:
    """What is worst first: a machine that is lost drains nothing, whatever was asked of it."""
    words = ["draining"] if node.draining else [] if node.eligible else ["ineligible"]
    return ", ".join(words if node.ready and words else [node.status, *words])


def _running(running: int, total: int, *, at_least: bool) -> str:
    """`+` where the token may not see all of them."""
    return f"{running}/{total}{'+' if at_least else ''}"


def _sums(sums: ConsulSums | None) -> dict[str, int | None]:
    return dict.fromkeys(ConsulSums._fields) if sums is None else dict(sums._asdict())


def _target(snapshot: ClusterSnapshot, target: Target) -> dict[str, Any]:
    group = snapshot.groups.get(target.key.group)
    return {
        "group": group.name if group else target.key.group,
        "id": target.key.id,
        "port": target.key.port,
        "state": target.state,
    }


def _owner(snapshot: ClusterSnapshot, target: Target) -> str | None:
    node = snapshot.nodes.get(snapshot.ties.node_of.get(target.key, ""))
    return node.name if node else None


def _counted(states: list[str]) -> str:
    return ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))) or "none"
