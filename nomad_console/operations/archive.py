"""The journals of this user, read back: what was done, by whom, when."""

from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

from nomad_console.domain.text import duration, printable
from nomad_console.operations.counts import Counted, summed
from nomad_console.operations.counts import kept as counts_of
from nomad_console.operations.journal import Head, JournalError, read
from nomad_console.operations.report import as_data, probed, report
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.machine import advance
from nomad_console.upgrade.run import NodeUpgrade, Run


class Kept(NamedTuple):
    """A run as its journal tells it."""

    path: Path
    head: Head
    run: Run
    torn: bool
    counted: Counted

    @property
    def id(self) -> str:
        return self.run.plan.run_id

    @property
    def outcome(self) -> str:
        """done, restored or stopped; of a run that is not over, whether it is held."""
        if self.run.outcome is not None:
            return self.run.outcome
        if self.run.started_at is None:
            return "not begun"
        return "not over, held" if self.run.hold else "not over"

    @property
    def nodes(self) -> str:
        return " ".join(node.name for node in self.run.plan.nodes)


class Archive(NamedTuple):
    """The newest run first; `unreadable` says of each other file why it is no journal."""

    runs: tuple[Kept, ...]
    unreadable: tuple[str, ...]


def archive(where: Path) -> Archive:
    """Every journal in the folder; one that cannot be read is named, and hides no other."""
    kept, unreadable = [], []
    for path in sorted(where.glob("*.ndjson")):
        try:
            kept.append(read_kept(path))
        except JournalError as error:
            unreadable.append(str(error))
    newest = sorted(kept, key=lambda one: one.head.begun_at, reverse=True)
    return Archive(tuple(newest), tuple(unreadable))


def read_kept(path: Path) -> Kept:
    """One of them. Raises JournalError."""
    chronicle = read(path)
    begun, last = chronicle.head.begun_at, next(reversed(chronicle.events), None)
    run = reduce(
        lambda now, event: advance(now, event)[0], chronicle.events, Run.of(chronicle.head.plan)
    )
    return Kept(
        path,
        chronicle.head,
        run,
        chronicle.torn,
        summed(counts_of(path), last.at if last else begun),
    )


def document(kept: Kept) -> dict[str, Any]:
    """The run as plain data; times are UTC, what is not known is null."""
    run, plan = kept.run, kept.run.plan
    return {
        "id": kept.id,
        "outcome": kept.outcome,
        "by": kept.head.by,
        "cluster": kept.head.cluster,
        "begun_at": kept.head.begun_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "held": run.hold.reason if run.hold else None,
        "target_version": plan.target_version,
        "forecast_s": round(plan.seconds, 1),
        "nodes": [_node(run, upgrade) for upgrade in run.upgrades],
        "foretold": [
            {"node": node.name, "subject": one.subject, "why": one.why}
            for node in plan.nodes
            for one in node.forecast.failing
        ],
        "changed": [
            {"node": one.name, "change": one.change, "undo": one.inverse or None, "sure": one.sure}
            for one in ledger(run)
        ],
        "probe": as_data(kept.counted),
        "journal": str(kept.path),
        "torn": kept.torn,
    }


def _node(run: Run, upgrade: NodeUpgrade) -> dict[str, Any]:
    node = run.plan.node(upgrade.node)
    return {
        "id": node.node_id,
        "name": node.name,
        "version": node.version,
        "step": upgrade.step,
        "done": upgrade.ended_at is not None,
        "steps": [
            {
                "step": one.step,
                "begun_at": one.begun_at.isoformat(),
                "seconds": round((one.ended_at - one.begun_at).total_seconds(), 3),
                "proofs": {
                    str(standing.proof.name): standing.proof.evidence for standing in one.proofs
                },
            }
            for one in upgrade.records
            if one.step is not None
        ],
    }


def text(kept: Kept) -> tuple[str, ...]:
    """The report as lines, with who did it and how it ended."""
    lines = report(kept.run, {}, str(kept.path), kept.counted)
    held = f": {kept.run.hold.reason}" if kept.run.hold and not kept.run.ended_at else ""
    said = printable(f"{kept.outcome}{held}; by {kept.head.by} on {kept.head.cluster}")
    return (lines[0], said, *lines[1:])


def markdown(kept: Kept) -> tuple[str, ...]:
    """The report for a ticket; nothing that the cluster sent can become markup."""
    data = document(kept)
    plan = kept.run.plan
    took = kept.run.ended_at - kept.head.begun_at if kept.run.ended_at else None
    times = f"took {duration(took.total_seconds())}" if took else "is not over"
    where = f"{_safe(kept.head.cluster)} by {_safe(kept.head.by)}"
    lines = [
        f"## Upgrade of {_safe(kept.nodes)} to {_safe(plan.target_version)}: {kept.outcome}",
        "",
        f"Run `{kept.id}` on {where}, {kept.head.begun_at:%Y-%m-%d %H:%M:%S} UTC.",
        f"It {times}; forecast {duration(plan.seconds)} without the time at gates.",
    ]
    if data["held"]:
        lines += ["", f"Held: {_safe(data['held'])}"]
    lines += ["", "| node | step | took | proven by |", "| --- | --- | --- | --- |"]
    for node in data["nodes"]:
        for step in node["steps"]:
            proofs = "; ".join(f"{name}: {evidence}" for name, evidence in step["proofs"].items())
            took_s = duration(step["seconds"])
            lines.append(f"| {_safe(node['name'])} | {step['step']} | {took_s} | {_safe(proofs)} |")
    lines += _listed(
        "Foretold to lose requests",
        [f"{one['node']}: {one['subject']}: {one['why']}" for one in data["foretold"]],
    )
    lines += _listed(
        "Still different from the start",
        [
            f"{one['node']}: {one['change']} ({one['undo'] or 'for good'})"
            for one in data["changed"]
        ],
    )
    if kept.counted.consoles:
        lines += _listed(
            "What the probe met with", [one.strip() for one in probed(kept.counted) if one]
        )
    return (*lines, "", f"Journal: `{kept.path}`")


def _listed(title: str, items: list[str]) -> list[str]:
    return ["", f"**{title}**", "", *(f"- {_safe(one)}" for one in items or ["nothing"])]


def _safe(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in printable(text))
