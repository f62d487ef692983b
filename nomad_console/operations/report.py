"""The report of a run, as plain lines for a screen, a file or a ticket."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from nomad_console.domain.text import duration, printable
from nomad_console.operations.counts import Counted
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.run import NodeUpgrade, Run

_OUTPUT_LINES = 5


def report(
    run: Run,
    output: Mapping[str, Sequence[str]],
    journal: str,
    counted: Counted | None = None,
) -> tuple[str, ...]:
    """What was done, how long it took, what proved it, what requests saw, what is left changed."""
    return tuple(printable(line) for line in _lines(run, output, journal, counted or Counted()))


def _lines(
    run: Run, output: Mapping[str, Sequence[str]], journal: str, counted: Counted
) -> Iterator[str]:
    plan = run.plan
    done = sum(1 for upgrade in run.upgrades if upgrade.ended_at is not None)
    yield f"Run {plan.run_id}: {done} of {len(plan.nodes)} nodes on {plan.target_version}"
    if run.started_at is not None:
        took = f", took {_between(run.started_at, run.ended_at)}" if run.ended_at else ""
        yield f"begun {run.started_at:%Y-%m-%d %H:%M:%S} UTC{took}"
    yield f"forecast {duration(plan.seconds)} without the time at gates"
    yield f"journal {journal}"
    for upgrade in run.upgrades:
        yield ""
        yield from _node(run, upgrade, output.get(upgrade.node, ()))
    failing = [(node.name, one) for node in plan.nodes for one in node.forecast.failing]
    yield ""
    yield "Foretold to lose requests:" if failing else "Nothing was foretold to lose requests."
    for name, one in failing:
        yield f"  {name}: {one.subject}: {one.why}"
    yield from probed(counted)
    yield ""
    changes = ledger(run)
    yield "Still different from the start:" if changes else "Nothing is left changed."
    for change in changes:
        undo = change.inverse or "cannot be undone"
        sure = "" if change.sure else " (not certain: no answer came)"
        yield f"  {change.name}: {change.change}{sure} - {undo}"


def probed(counted: Counted) -> Iterator[str]:
    """What the whole run's requests met with, URL by URL, and when nobody counted."""
    if not counted.consoles:
        return
    several = counted.consoles > 1
    over = f", counted by {counted.consoles} consoles" if several else ""
    yield ""
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


def _node(run: Run, upgrade: NodeUpgrade, output: Sequence[str]) -> Iterator[str]:
    name = run.plan.node(upgrade.node).name
    state = "done" if upgrade.ended_at else "under way" if upgrade.step else "not begun"
    if upgrade.skipped:
        state = f"skipped by {upgrade.skipped}"
    yield f"{name}: {state}"
    for record in upgrade.records:
        if record.step is None:
            continue
        yield f"  {record.step:<8}{_between(record.begun_at, record.ended_at):>7}"
        for standing in record.proofs:
            proof = standing.proof
            yield f"    {standing.since:%H:%M:%S} {proof.name}: {proof.evidence} ({proof.source})"
    for line in tuple(output)[-_OUTPUT_LINES:]:
        yield f"  | {line}"


def _between(start: datetime, end: datetime) -> str:
    return duration((end - start).total_seconds())
