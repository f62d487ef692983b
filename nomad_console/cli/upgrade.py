"""`upgrade`: the same run without a screen, told as NDJSON."""

import argparse
import asyncio
import sys
from pathlib import Path

from nomad_console.cli.arguments import BLOCKED, SOME, USAGE, Stopped
from nomad_console.cli.cluster import settings_of
from nomad_console.cli.driving import drive
from nomad_console.cli.narrating import Narrator
from nomad_console.cli.patience import Patience
from nomad_console.cli.planning import asked, found, planned
from nomad_console.cli.wiring import Connections, following, upgrades_on
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan
from nomad_console.domain.text import printable
from nomad_console.operations.approval import EVERYTHING, Orders, unaccepted
from nomad_console.operations.plan_file import PlanFileError, differences, options_of, read
from nomad_console.operations.planner import Planner
from nomad_console.operations.upgrades import UpgradeRefused, Watching
from nomad_console.settings.values import ClusterSettings

_SHAPES = ("target_version", "host_command", "system", "deadline", "bake", "batch")


def run(options: argparse.Namespace) -> int:
    kept = _kept(options)
    settings = settings_of(options)
    command = options.host_command or settings.host.command if kept is None else kept.host_command
    refuse_unable(options, settings, by_hand=not command)
    return asyncio.run(_upgrade(options, settings, kept))


def refuse_unable(options: argparse.Namespace, settings: ClusterSettings, *, by_hand: bool) -> None:
    """Stopped where nothing may be written, or nobody is there to upgrade a host by hand."""
    if settings.read_only or getattr(options, "read_only", False):
        raise Stopped(USAGE, "read-only: nothing can be written")
    if by_hand and not sys.stderr.isatty():
        raise Stopped(
            USAGE,
            "there is no way to upgrade a host: give --host-command, set host.command, or stay at "
            "a terminal and do it by hand",
        )


def orders_of(options: argparse.Namespace) -> Orders:
    return Orders(
        approve=options.approve == "all",
        restore=options.on_failure == "restore",
        freeze=options.on_hangup == "freeze",
    )


def watching_of(options: argparse.Namespace) -> Watching:
    return Watching(tuple(options.probe), options.probe_budget)


def refused(refusal: UpgradeRefused) -> Stopped:
    """As a command's end; where another run stands in the way, what to do about it."""
    ways = "; resume or restore it, give it up with runs ID --close, or say --takeover"
    cure = ways if refusal.takeover else ""
    return Stopped(BLOCKED, f"{refusal}{cure}")


def refuse_unaccepted(plan: Plan, accepted: tuple[str, ...]) -> None:
    """Stopped where the plan has findings that nobody accepted, or has not what was accepted."""
    known = {one.id for one in plan.findings}
    strange = [one for one in accepted if one != EVERYTHING and one not in known]
    if strange:
        asks = ", ".join(plan.to_accept) or "nothing"
        named = ", ".join(printable(one) for one in strange)
        raise Stopped(USAGE, f"--accept: no finding {named}; to be accepted: {asks}")
    left = unaccepted(plan, accepted)
    if left:
        ids = ",".join(one.id for one in left)
        raise Stopped(SOME, f"to be accepted: {_named(left)}\n  --accept {ids}")


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


async def _upgrade(
    options: argparse.Namespace, settings: ClusterSettings, kept: Plan | None
) -> int:
    narrator = Narrator(words=sys.stderr.isatty() and not options.json, quiet=options.json)
    async with following(settings, read_only=False) as connections:
        upgrades = upgrades_on(connections)
        plan = await _plan(connections, upgrades.planner, options, kept)
        narrator.planned(plan)
        blocks = [one for one in plan.findings if one.level is Level.BLOCK]
        if blocks:
            raise Stopped(BLOCKED, f"blocked: {_named(blocks)}")
        refuse_unaccepted(plan, options.accept)
        try:
            conductor = await upgrades.begin(plan, watching_of(options), takeover=options.takeover)
        except UpgradeRefused as refusal:
            raise refused(refusal) from refusal
        if plan.to_accept:
            conductor.accept(*plan.to_accept)
        conductor.start()
        return await drive(connections, upgrades, narrator, orders_of(options))


async def _plan(
    connections: Connections, planner: Planner, options: argparse.Namespace, kept: Plan | None
) -> Plan:
    usual = planner.options()
    patience = Patience(connections, options.timeout, quiet=options.json)
    if kept is None:
        nodes = await found(connections, options.nodes, patience)
        return await planned(connections, planner, nodes, asked(options, usual), patience)
    nodes = tuple(node.node_id for node in kept.nodes)
    wanted = options_of(kept, usual)
    await found(connections, [], patience)
    plan = await planned(connections, planner, nodes, wanted, patience)
    changed = differences(kept, plan)
    if changed:
        raise Stopped(BLOCKED, f"the plan does not fit any more: {'; '.join(changed)}")
    return plan


def _named(findings: list[Finding] | tuple[Finding, ...]) -> str:
    return "".join(f"\n  {one.id}: {one.evidence} → {one.cure}" for one in findings)
