"""`plan`: what upgrading nodes would do, as text or as a file to take up later."""

import argparse
import asyncio
import shutil
import sys
from pathlib import Path

from nomad_console.cli.arguments import USAGE, Stopped
from nomad_console.cli.cluster import settings_of
from nomad_console.cli.patience import Patience
from nomad_console.cli.planning import asked, code_of, found, planned
from nomad_console.cli.wiring import following
from nomad_console.domain.plan import Plan
from nomad_console.operations.plan_file import document, write
from nomad_console.operations.planner import Planner
from nomad_console.tui.rendering.text import plain
from nomad_console.tui.rendering.upgrade_plan import EXACT, plan_lines, verdict


def run(options: argparse.Namespace) -> int:
    plan = asyncio.run(plan_of(options))
    if options.out:
        keep(plan, Path(options.out))
    if options.json:
        print(document(plan))
    elif not options.out:
        print(*map(plain, (*plan_lines(plan, columns()), verdict(plan))), sep="\n")
    return code_of(plan)


async def plan_of(options: argparse.Namespace) -> Plan:
    """The plan that the arguments ask for; nothing can be written on the way."""
    async with following(settings_of(options), read_only=True) as connections:
        planner = Planner(
            connections.settings, connections.nomad, connections.store, connections.scaling
        )
        wanted = asked(options, planner.options())
        patience = Patience(connections, options.timeout, quiet=options.json)
        nodes = await found(connections, options.nodes, patience)
        return await planned(connections, planner, nodes, wanted, patience)


def keep(plan: Plan, path: Path) -> None:
    try:
        write(plan, path)
    except OSError as error:
        raise Stopped(USAGE, f"cannot write the plan to {path}: {error}") from error
    print(f"plan {plan.run_id} is in {path}: upgrade --plan {path}", file=sys.stderr)


def columns() -> int:
    """The terminal's width; in a pipe lines are as long as they are."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else EXACT
