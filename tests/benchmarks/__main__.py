"""`python -m tests.benchmarks [NAME…]`: what is promised, measured, as one table.

Exit code 1 where a goal is missed by more than a third.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from types import MappingProxyType

from tests.benchmarks import (
    arrival,
    asking,
    baselines,
    changes,
    cost,
    growth,
    hands,
    machine,
    runs,
    start,
)
from tests.benchmarks.figures import Figure
from tests.benchmarks.lab import Lab
from tests.benchmarks.table import judged, rendered

Measure = Callable[[Lab], list[Figure]]
MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "help": start.help_and_version,
        "decoding": baselines.decoding,
        "datatable": baselines.data_table,
        "ties": arrival.ties,
        "data": arrival.data_in,
        "paint": start.first_paint,
        "poll": baselines.polled,
        "requests": asking.requests,
        "cpu": cost.processor,
        "change": cost.one_change,
        "changes-200": changes.at_200,
        "changes-2000": changes.at_2000,
        "keys-200": hands.keys_at_200,
        "keys-2000": hands.keys_at_2000,
        "tables": hands.whole_tables,
        "slope": cost.slope,
        "growth": growth.growth,
        "run": runs.over_waits,
    }
)
LONG = {"growth", "run"}


def main(words: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(words)
    every = MEASURES if options.all else MEASURES.keys() - LONG
    names = options.names or [name for name in MEASURES if name in every]
    head = machine.described()
    print(head, flush=True)
    figures: list[Figure] = []
    with Lab(quick=options.quick) as lab:
        for name in names:
            begun = perf_counter()
            found = lab.taken(MEASURES[name])
            print(f"{name}: {perf_counter() - begun:.0f} s", file=sys.stderr)
            print(rendered(found), file=sys.stderr, flush=True)  # kept where a later one fails
            figures += found
    print(_size(quick=options.quick), rendered(figures), sep="\n\n")
    if options.json:
        document = {"machine": head.splitlines(), "figures": [_plain(one) for one in figures]}
        options.json.write_text(json.dumps(document, indent=1), encoding="utf-8")
    failures = judged(figures)
    print(*failures, sep="\n", file=sys.stderr)
    return 1 if failures else 0


def _size(*, quick: bool) -> str:
    if quick:
        return "A tenth of the cluster and a fifth of the samples: a look, not a result."
    return "5,000 nodes, 50,000 allocations, the console 200×50 in a pty."


def _plain(one: Figure) -> dict[str, object]:
    return {**asdict(one), "verdict": one.verdict, "ratio": one.ratio}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--all", action="store_true", help="those of many minutes too")
    parser.add_argument("--quick", action="store_true", help="small and rough")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
