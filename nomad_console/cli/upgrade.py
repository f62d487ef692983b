"""`upgrade`: the same run without a screen, told as NDJSON."""

import argparse
import asyncio
import sys
from pathlib import Path

from nomad_console.cli.arguments import BLOCKED, SOME, USAGE, Stopped
from nomad_console.cli.narrating import Narrator
from nomad_console.cli.planning import asked, found, planned
from nomad_console.cli.wiring import Connections, following, settings_of, upgrades_on
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan
from nomad_console.live.interest import Interest
from nomad_console.operations.approval import Attendant, unaccepted
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.plan_file import PlanFileError, differences, options_of, read
from nomad_console.operations.planner import Planner
from nomad_console.operations.upgrades import UpgradeRefused, Upgrades

_SHAPES = ("target_version", "host_command", "system", "deadline", "bake")


def run(options: argparse.Namespace) -> int:
    kept = _kept(options)
    settings = settings_of(options)
    if settings.read_only or getattr(options, "read_only", False):
        raise Stopped(USAGE, "read-only: nothing can be upgraded")
    command = options.host_command or settings.host.command if kept is None else kept.host_command
    if not command and not sys.stderr.isatty():
        raise Stopped(
            USAGE,
            "there is no way to upgrade a host: give --host-command, set host.command, or stay at "
            "a terminal and do it by hand",
        )
    return asyncio.run(_upgrade(options, kept))


def _kept(options: argparse.Namespace) -> Plan | None:
    """The plan to take up; Stopped where the words ask for two things at once, or for nothing."""
    if not options.plan:
        if not options.nodes:
            raise Stopped(USAGE, "name the nodes, or a plan with --plan FILE")
        return None
    given = [name for name in _SHAPES if getattr(options, name) is not None]
    if options.nodes or given:
        what = "nodes" if options.nodes else f"--{given[0].replace('_', '-')}"
        raise Stopped(USAGE, f"a plan is taken up as it is: leave out {what}")
    try:
        return read(Path(options.plan))
    except PlanFileError as error:
        raise Stopped(USAGE, str(error)) from error


async def _upgrade(options: argparse.Namespace, kept: Plan | None) -> int:
    narrator = Narrator(words=sys.stderr.isatty() and not options.json)
    async with following(settings_of(options), read_only=False) as connections:
        upgrades = upgrades_on(connections)
        plan = await _plan(connections, upgrades.planner, options, kept)
        narrator.planned(plan)
        _refuse(plan, options.accept)
        conductor = _begin(upgrades, plan)
        conductor.listen(lambda event, before: narrator.happened(event, before, conductor.run))
        connections.feeds.look_at(Interest.of_run(plan))
        attendant = Attendant(
            conductor, connections.clock, approve=options.approve == "all", freezing=True
        )
        await _drive(conductor, attendant)
        at = connections.clock.now().isoformat(timespec="milliseconds")
        return narrator.ended(conductor, at)


async def _drive(conductor: Conductor, attendant: Attendant) -> None:
    """Until the run is over, or held with nothing under way."""
    async with asyncio.TaskGroup() as tasks:
        conducting = tasks.create_task(conductor.conduct())
        conductor.start()
        await attendant.attend()
        conducting.cancel()


async def _plan(
    connections: Connections, planner: Planner, options: argparse.Namespace, kept: Plan | None
) -> Plan:
    usual = planner.options()
    if kept is None:
        nodes = await found(connections, options.nodes, options.timeout)
        return await planned(connections, planner, nodes, asked(options, usual), options.timeout)
    nodes = tuple(node.node_id for node in kept.nodes)
    wanted = options_of(kept, usual)
    await found(connections, [], options.timeout)
    plan = await planned(connections, planner, nodes, wanted, options.timeout)
    changed = differences(kept, plan)
    if changed:
        raise Stopped(BLOCKED, f"the plan does not fit any more: {'; '.join(changed)}")
    return plan


def _refuse(plan: Plan, accepted: tuple[str, ...]) -> None:
    """Stopped where the plan is blocked, or has findings that nobody accepted."""
    blocks = [one for one in plan.findings if one.level is Level.BLOCK]
    if blocks:
        raise Stopped(BLOCKED, f"blocked: {_named(blocks)}")
    open_ones = unaccepted(plan, accepted)
    if open_ones:
        ids = ",".join(one.id for one in open_ones)
        raise Stopped(SOME, f"to be accepted: {_named(open_ones)}\n  --accept {ids}")


def _named(findings: list[Finding] | tuple[Finding, ...]) -> str:
    return "".join(f"\n  {one.id}: {one.evidence} → {one.cure}" for one in findings)


def _begin(upgrades: Upgrades, plan: Plan) -> Conductor:
    try:
        return upgrades.begin(plan)
    except UpgradeRefused as refusal:
        raise Stopped(BLOCKED, str(refusal)) from refusal
