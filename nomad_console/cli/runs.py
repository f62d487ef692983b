"""`runs`: what was done, by whom, when; the report of a run."""

import argparse
import asyncio
import json
import sys

from nomad_console.cli.arguments import DONE, USAGE, Stopped
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName
from nomad_console.domain.text import printable
from nomad_console.live.interest import Interest
from nomad_console.operations.archive import Archive, Kept, archive, document, markdown, text
from nomad_console.operations.journal import folder
from nomad_console.operations.upgrades import UpgradeRefused
from nomad_console.settings.values import ClusterSettings
from nomad_console.upgrade.ledger import ledger

_LOOK_S = 10.0


def run(options: argparse.Namespace) -> int:
    kept = archive(folder())
    for said in kept.unreadable:
        print(f"nomad-console: {printable(said)}", file=sys.stderr)
    if options.close and not options.id:
        raise Stopped(USAGE, "say which run to close")
    if options.id:
        chosen = one(kept, options.id)
        if options.close:
            close(options, chosen)
        elif options.json:
            print(json.dumps(document(chosen), indent=1))
        else:
            print(*(markdown(chosen) if options.markdown else text(chosen)), sep="\n")
    elif options.json:
        print(json.dumps([document(each) for each in kept.runs], indent=1))
    else:
        print(*table(kept.runs, markdown=options.markdown), sep="\n")
    return DONE


def close(options: argparse.Namespace, kept: Kept) -> None:
    """Give the run up where it stands: what is found then is journaled, its lock is freed."""
    from nomad_console.cli.cluster import settings_of
    from nomad_console.cli.upgrade import refuse_unable

    settings = settings_of(options)
    refuse_unable(options, settings, by_hand=False)
    if kept.head.cluster != settings.label:
        theirs = printable(kept.head.cluster)
        raise Stopped(USAGE, f"run {kept.id} is of {theirs}, this is {settings.label}")
    found, closed = asyncio.run(_closed(settings, kept))
    print(f"run {kept.id}: {closed.outcome}, by {printable(closed.story.by)}; its lock is free")
    for said in found or ("nobody looked: the cluster did not answer",):
        print(f"  {said}")
    for change in ledger(closed.run) if kept.run.ended_at is None else ():
        doubt = "" if change.sure else " (not certain)"
        print(printable(f"  by its journal {change.name} {change.change}{doubt}"))


async def _closed(settings: ClusterSettings, kept: Kept) -> tuple[tuple[str, ...], Kept]:
    from nomad_console.cli.status import settled
    from nomad_console.cli.upgrade import refused
    from nomad_console.cli.wiring import following, until, upgrades_on

    async with following(settings, read_only=False) as connections:
        connections.feeds.look_at(Interest.of_run(kept.run.plan))
        await until(connections, settled, _LOOK_S)
        found = as_found(connections.store.latest, kept)
        try:
            return found, await upgrades_on(connections).close(kept.id, found)
        except UpgradeRefused as refusal:
            raise refused(refusal) from refusal


def as_found(snapshot: ClusterSnapshot, kept: Kept) -> tuple[str, ...]:
    """One line for each node of the run that Nomad lists now."""
    lines = []
    for plan in kept.run.plan.nodes:
        node = snapshot.nodes.get(plan.node_id)
        if node is None:
            continue
        said = [node.status, node.eligibility, *(["draining"] if node.draining else [])]
        said.append(node.version)
        if snapshot.source(SourceName.ALB).true_at is not None:
            for target in plan.targets:
                there = snapshot.targets.get(target.key)
                said.append(f"{target} {there.state if there else 'not registered'}")
        lines.append(printable(f"{plan.name}: {', '.join(said)}"))
    return tuple(lines)


def one(kept: Archive, run_id: str) -> Kept:
    """The run whose id begins so; Stopped where there is none or more than one."""
    found = [each for each in kept.runs if each.id.startswith(run_id)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(each.id for each in (found or kept.runs)) or "none"
    what = "could be any of" if found else "is no run of yours; there are"
    raise Stopped(USAGE, f'"{printable(run_id)}" {what} {known}')


def table(runs: tuple[Kept, ...], *, markdown: bool = False) -> list[str]:
    """One line a run, the newest first."""
    rows = [("RUN", "BEGUN (UTC)", "BY", "CLUSTER", "OUTCOME", "TO", "NODES")]
    rows += [
        (
            each.id,
            f"{each.head.begun_at:%Y-%m-%d %H:%M}",
            printable(each.head.by),
            printable(each.head.cluster),
            each.outcome,
            printable(each.run.plan.target_version),
            printable(each.nodes),
        )
        for each in runs
    ]
    if markdown:
        lines = [
            f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows
        ]
        return [lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]]
    if not runs:
        return ["no run was begun here yet"]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
