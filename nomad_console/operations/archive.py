"""The journals of this user, read back: what was done, by whom, when."""

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from nomad_console.domain.text import duration, printable
from nomad_console.operations.counts import Counted, summed
from nomad_console.operations.counts import kept as counts_of
from nomad_console.operations.hosts import tail
from nomad_console.operations.journal import Head, JournalError, read
from nomad_console.operations.lock_file import Holder, holders
from nomad_console.operations.performer import OUTPUT_LINES, output_of
from nomad_console.operations.report import (
    as_data,
    foretold,
    probed,
    report,
    state_of,
    unrecorded,
    where,
    why,
)
from nomad_console.operations.story import Story, Stretch, retold
from nomad_console.upgrade.gates import Standing, Undo
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.run import NodeUpgrade, Run


class Kept(NamedTuple):
    """A run as its journal tells it. `holder`: who conducts it now; None: nobody is known to."""

    path: Path
    head: Head
    run: Run
    torn: bool
    counted: Counted
    story: Story
    holder: Holder | None = None

    @property
    def id(self) -> str:
        return self.run.plan.run_id

    @property
    def outcome(self) -> str:
        """How it ended; of a run that is not over, who is at it or was last, and if it is held."""
        if self.run.outcome is not None:
            return self.run.outcome
        if self.holder is None and self.run.started_at is None:
            return "not begun"
        if self.holder is not None:
            held = ", held" if self.run.hold else ""
            said = f"under way by {self.holder.by} (process {self.holder.pid}){held}"
        else:
            said = f"{'held, left' if self.run.hold else 'left unfinished'} by {self.story.by}"
        return printable(said)

    @property
    def where(self) -> str:
        return where(self.run)

    @property
    def nodes(self) -> str:
        return " ".join(node.name for node in self.run.plan.nodes)


class Archive(NamedTuple):
    """The newest run first; `unreadable` says of each other file why it is no journal."""

    runs: tuple[Kept, ...]
    unreadable: tuple[str, ...]


def archive(journals: Path) -> Archive:
    """Every journal in the folder; one that cannot be read is named, and hides no other."""
    kept, unreadable = [], []
    for path in sorted(journals.glob("*.ndjson")):
        try:
            kept.append(read_kept(path))
        except JournalError as error:
            unreadable.append(str(error))
    living = {one.run_id: one for one in holders(journals)}
    kept = [one._replace(holder=living.get(one.id)) for one in kept]
    newest = sorted(kept, key=lambda one: one.head.begun_at, reverse=True)
    return Archive(tuple(newest), tuple(unreadable))


def read_kept(path: Path) -> Kept:
    """One of them. Raises JournalError."""
    chronicle = read(path)
    head, last = chronicle.head, next(reversed(chronicle.events), None)
    run, story = retold(head.plan, head.by, chronicle.events)
    counted = summed(counts_of(path), last.at if last else head.begun_at)
    return Kept(path, head, run, chronicle.torn, counted, story)


def document(kept: Kept) -> dict[str, Any]:
    """The run as plain data; times are UTC, what is not known is null."""
    run, plan = kept.run, kept.run.plan
    return {
        "id": kept.id,
        "outcome": kept.outcome,
        "why": why(run) or None,
        "probe": as_data(kept.counted),
        "by": kept.head.by,
        "under_way": holder_data(kept.holder),
        "cluster": kept.head.cluster,
        "begun_at": kept.head.begun_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "held": run.hold.reason if run.hold else None,
        "target_version": plan.target_version,
        "forecast_s": round(plan.seconds, 1),
        "nodes": [_node(kept, upgrade) for upgrade in run.upgrades],
        "foretold": [
            {"node": name, "subject": one.subject, "why": one.why} for name, one in foretold(run)
        ],
        "changed": [
            {"node": one.name, "change": one.change, "undo": one.inverse or None, "sure": one.sure}
            for one in ledger(run)
        ],
        "happened": [{"time": one.at.isoformat(), "what": one.text} for one in kept.story.told],
        "journal": str(kept.path),
        "torn": kept.torn,
    }


def holder_data(holder: Holder | None) -> dict[str, Any] | None:
    """Who conducts a run now, as plain data."""
    if holder is None:
        return None
    return {"by": holder.by, "pid": holder.pid, "since": holder.since.isoformat()}


def _node(kept: Kept, upgrade: NodeUpgrade) -> dict[str, Any]:
    node = kept.run.plan.node(upgrade.node)
    rest = unrecorded(upgrade, kept.story)
    left = next((one for one in rest if one.left), None)
    return {
        "id": node.node_id,
        "name": node.name,
        "version": node.version,
        "runs": upgrade.version or None,
        "state": state_of(kept.run, upgrade),
        "step": upgrade.step,
        "done": upgrade.ended_at is not None,
        "steps": [
            _span(one.step, one.begun_at, one.ended_at, one.proofs)
            for one in upgrade.records
            if one.step is not None
        ],
        "left": _stretch(left) if left is not None else None,
        "way_back": [_stretch(one) for one in rest if isinstance(one.what, Undo)],
    }


def _stretch(one: Stretch) -> dict[str, Any]:
    return _span(one.what, one.begun_at, one.ended_at, one.proofs)


def _span(
    what: str, begun_at: datetime, ended_at: datetime | None, proofs: tuple[Standing, ...]
) -> dict[str, Any]:
    seconds = None if ended_at is None else round((ended_at - begun_at).total_seconds(), 3)
    return {
        "step": what,
        "begun_at": begun_at.isoformat(),
        "seconds": seconds,
        "proofs": {str(one.proof.name): one.proof.evidence for one in proofs},
    }


def text(kept: Kept) -> tuple[str, ...]:
    """The report as lines, with who did it and how it ended."""
    nodes = (node.node_id for node in kept.run.plan.nodes)
    output = {node: tail(output_of(kept.path, node), OUTPUT_LINES) for node in nodes}
    lines = report(kept.run, output, str(kept.path), kept.counted, kept.story)
    said = printable(f"{kept.outcome}; by {kept.head.by} on {kept.head.cluster}")
    return (lines[0], said, *lines[1:])


def markdown(kept: Kept) -> tuple[str, ...]:
    """The report for a ticket; nothing that the cluster sent can become markup."""
    data = document(kept)
    plan = kept.run.plan
    took = kept.run.ended_at - kept.head.begun_at if kept.run.ended_at else None
    times = f"took {duration(took.total_seconds())}" if took else "is not over"
    where = f"{_safe(kept.head.cluster)} by {_safe(kept.head.by)}"
    lines = [
        f"## Upgrade of {_safe(kept.nodes)} to {_safe(plan.target_version)}: {_safe(kept.outcome)}",
        "",
        f"Run `{kept.id}` on {where}, {kept.head.begun_at:%Y-%m-%d %H:%M:%S} UTC.",
        f"It {times}; forecast {duration(plan.seconds)} without the time at gates.",
    ]
    if data["why"]:
        lines += ["", f"{'Held' if data['held'] else 'Why'}: {_safe(data['why'])}"]
    lines += ["", *(_safe(one.strip()) + "  " for one in probed(kept.counted))]
    lines += ["", "| node | step | took | proven by |", "| --- | --- | --- | --- |"]
    for node in data["nodes"]:
        for step in (*node["steps"], *filter(None, [node["left"]]), *node["way_back"]):
            proofs = "; ".join(f"{name}: {evidence}" for name, evidence in step["proofs"].items())
            took_s = "·" if step["seconds"] is None else duration(step["seconds"])
            took_s += ", not to its end" if step is node["left"] else ""
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
    lines += _listed(
        "What happened (UTC)", [f"{one.at:%H:%M:%S} {one.text}" for one in kept.story.told]
    )
    return (*lines, "", f"Journal: `{kept.path}`")


def _listed(title: str, items: list[str]) -> list[str]:
    return ["", f"**{title}**", "", *(f"- {_safe(one)}" for one in items or ["nothing"])]


def _safe(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in printable(text))
