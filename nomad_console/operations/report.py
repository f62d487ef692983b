"""The report of a run, as plain lines for a screen, a file or a ticket."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from nomad_console.domain.plan import ExpectedFailure
from nomad_console.domain.text import duration, printable
from nomad_console.operations.counts import Counted
from nomad_console.operations.story import Story, Stretch
from nomad_console.upgrade.gates import Standing, Truth
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.pace import run_waited_s
from nomad_console.upgrade.run import NodeUpgrade, Run

_OUTPUT_LINES = 5


def report(
    run: Run,
    output: Mapping[str, Sequence[str]],
    journal: str,
    counted: Counted | None = None,
    story: Story | None = None,
) -> tuple[str, ...]:
    """What requests saw, what was done, how long it took, what proved it, what is left changed."""
    lines = _lines(run, output, journal, counted or Counted(), story or Story())
    return tuple(printable(line) for line in lines)


def why(run: Run) -> str:
    """What holds the run, or what ended it before its time; "" where nothing did."""
    if run.hold is not None and run.active:
        return run.hold.reason
    back = run.restoring
    if back is None:
        return ""
    return back.reason if back.held in {"", back.reason} else f"{back.held}; then {back.reason}"


def where(run: Run) -> str:
    """Step and node, in words."""
    what = "the way back" if run.restoring is not None else run.upgrade.step or "the start"
    return printable(f"at {what} of {run.plan.node(run.upgrade.node).name}")


def foretold(run: Run) -> list[tuple[str, ExpectedFailure]]:
    """Whose requests the plan said are lost, by node; of a run that is over, where it drained."""
    drained = {one.node for one in run.upgrades if one.drained or not run.ended_at}
    return [
        (node.name, one)
        for node in run.plan.nodes
        if node.node_id in drained
        for one in node.forecast.failing
    ]


def state_of(run: Run, upgrade: NodeUpgrade) -> str:
    """Where one node's way has led, in a few words."""
    if upgrade.skipped:
        return f"skipped by {upgrade.skipped}"
    if upgrade.ended_at is not None and run.restoring is None:
        return "done"
    if upgrade.step is None:
        return "not begun"
    if run.restoring is not None:
        left = upgrade.node in run.restoring.left
        return "left as it was" if left else "restored" if run.ended_at else "being restored"
    return f"left at {upgrade.step}" if run.ended_at else "under way"


def _lines(
    run: Run,
    output: Mapping[str, Sequence[str]],
    journal: str,
    counted: Counted,
    story: Story,
) -> Iterator[str]:
    plan = run.plan
    done = sum(1 for upgrade in run.upgrades if state_of(run, upgrade) == "done")
    yield f"Run {plan.run_id}: {done} of {len(plan.nodes)} nodes on {plan.target_version}"
    if reason := why(run):
        yield f"{'held' if run.active and run.hold else run.outcome or 'on its way back'}: {reason}"
    yield from probed(counted)
    if run.started_at is not None:
        took = f", took {_between(run.started_at, run.ended_at)}" if run.ended_at else ""
        waited = run_waited_s(run, run.ended_at) if run.ended_at else 0.0
        took += f", {duration(waited)} of it waiting for the operator" if waited >= 1 else ""
        yield f"begun {run.started_at:%Y-%m-%d %H:%M:%S} UTC{took}"
    yield f"forecast {duration(plan.seconds)} without the time at gates"
    yield f"journal {journal}"
    for upgrade in run.upgrades:
        yield ""
        yield from _node(run, upgrade, output.get(upgrade.node, ()), story)
    yield ""
    failing = foretold(run)
    yield "Foretold to lose requests:" if failing else "Nothing was foretold to lose requests."
    for name, one in failing:
        yield f"  {name}: {one.subject}: {one.why}"
    yield ""
    changes = ledger(run)
    yield "Still different from the start:" if changes else "Nothing is left changed."
    for change in changes:
        undo = change.inverse or "cannot be undone"
        sure = "" if change.sure else " (not certain: no answer came)"
        yield f"  {change.name}: {change.change}{sure} - {undo}"
    if story.told:
        yield ""
        yield "What happened (UTC):"
    for told in story.told:
        yield f"  {told.at:%H:%M:%S} {told.text}"


def probed(counted: Counted) -> Iterator[str]:
    """What the whole run's requests met with, URL by URL, and when nobody counted."""
    if not counted.consoles:
        yield "Probe: no probe was running, so nobody counted requests"
        return
    several = counted.consoles > 1
    over = f", counted by {counted.consoles} consoles" if several else ""
    yield f"Probe: {counted.failed} of {counted.sent} requests failed{over}"
    for since, until in counted.gaps:
        yield f"  not counted from {since:%H:%M:%S} to {until:%H:%M:%S} UTC"
    worst = " of the slower console" if several else ""
    for url in counted.urls:
        times = f", p50 {_ms(url.p50_s)}, p95 {_ms(url.p95_s)}{worst}"
        yield f"  {url.url}: {url.failed} of {url.sent} failed{times}"
        if url.first_failure is not None:
            yield f"    first {url.first_failure.at:%H:%M:%S} UTC: {url.first_failure.detail}"


def as_data(counted: Counted) -> dict[str, Any]:
    """The same as plain data; what is not known is null."""
    return {
        "sent": counted.sent if counted.consoles else None,
        "failed": counted.failed if counted.consoles else None,
        "consoles": counted.consoles,
        "not_counted": [
            {"from": since.isoformat(), "to": until.isoformat()} for since, until in counted.gaps
        ],
        "urls": [
            {
                "url": one.url,
                "sent": one.sent,
                "failed": one.failed,
                "p50_s": one.p50_s,
                "p95_s": one.p95_s,
                "first_failure": one.first_failure
                and {"time": one.first_failure.at.isoformat(), "detail": one.first_failure.detail},
            }
            for one in counted.urls
        ],
    }


def _ms(seconds: float | None) -> str:
    return "·" if seconds is None else f"{seconds * 1000:.0f} ms"


def _node(run: Run, upgrade: NodeUpgrade, output: Sequence[str], story: Story) -> Iterator[str]:
    yield f"{run.plan.node(upgrade.node).name}: {state_of(run, upgrade)}"
    if upgrade.version:
        yield f"  runs {upgrade.version}, by Nomad's list of nodes"
    for record in upgrade.records:
        if record.step is not None:
            waited = f" and {duration(record.waited_s)} waited" if record.waited_s >= 1 else ""
            yield f"  {record.step:<8}{duration(record.worked_s):>7}{waited}"
            yield from _proven(record.proofs)
    for one in unrecorded(upgrade, story):
        if one.ended_at is None:
            yield f"  {one.what}, under way since {one.begun_at:%H:%M:%S}"
        elif one.left:
            took = _between(one.begun_at, one.ended_at)
            yield f"  {one.what:<8}{took:>7}, not brought to its end"
        else:
            took = _between(one.begun_at, one.ended_at)
            yield f"  way back at {one.begun_at:%H:%M:%S}: {one.what}, {took}"
        yield from _proven(one.proofs)
    for line in tuple(output)[-_OUTPUT_LINES:]:
        yield f"  | {line}"


def unrecorded(upgrade: NodeUpgrade, story: Story) -> tuple[Stretch, ...]:
    """What the node's records do not hold: the step it was left in, and its way back."""
    recorded = {record.begun_at for record in upgrade.records if record.step is not None}
    return tuple(one for one in story.of_node(upgrade.node) if one.begun_at not in recorded)


def _proven(standings: Iterable[Standing]) -> Iterator[str]:
    for one in standings:
        proof = one.proof
        doubt = "" if proof.truth is Truth.TRUE else ": not proven"
        yield f"    {one.since:%H:%M:%S} {proof.name}: {proof.evidence} ({proof.source}){doubt}"


def _between(start: datetime, end: datetime) -> str:
    return duration((end - start).total_seconds())
