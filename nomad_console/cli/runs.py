"""`runs`: what was done, by whom, when; the report of a run."""

import argparse
import json
import sys

from nomad_console.cli.arguments import DONE, USAGE, Stopped
from nomad_console.domain.text import printable
from nomad_console.operations.archive import Archive, Kept, archive, document, markdown, text
from nomad_console.operations.journal import folder


def run(options: argparse.Namespace) -> int:
    kept = archive(folder())
    for said in kept.unreadable:
        print(f"nomad-console: {printable(said)}", file=sys.stderr)
    if options.id:
        chosen = one(kept, options.id)
        if options.json:
            print(json.dumps(document(chosen), indent=1))
        else:
            print(*(markdown(chosen) if options.markdown else text(chosen)), sep="\n")
    elif options.json:
        print(json.dumps([document(each) for each in kept.runs], indent=1))
    else:
        print(*table(kept.runs, markdown=options.markdown), sep="\n")
    return DONE


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
