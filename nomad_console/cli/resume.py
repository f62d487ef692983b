"""`resume`: go on without a screen with a run that is not over."""

import argparse
import asyncio
import sys

from nomad_console.cli.cluster import settings_of
from nomad_console.cli.driving import drive
from nomad_console.cli.leftovers import left_behind
from nomad_console.cli.narrating import Narrator
from nomad_console.cli.patience import Patience
from nomad_console.cli.planning import found
from nomad_console.cli.upgrade import (
    orders_of,
    refuse_unable,
    refuse_unaccepted,
    refused,
    watching_of,
)
from nomad_console.cli.wiring import following, upgrades_on
from nomad_console.operations.approval import EVERYTHING
from nomad_console.operations.archive import Kept
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.upgrades import UpgradeRefused
from nomad_console.settings.values import ClusterSettings


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    kept = left_behind(settings, options.id)
    refuse_unable(options, settings, by_hand=not kept.run.plan.host_command)
    refuse_unaccepted(kept.run.plan, (*kept.run.accepted, *options.accept))
    return asyncio.run(_resume(options, settings, kept))


async def _resume(options: argparse.Namespace, settings: ClusterSettings, kept: Kept) -> int:
    narrator = Narrator(words=sys.stderr.isatty() and not options.json, quiet=options.json)
    async with following(settings, read_only=False) as connections:
        await found(connections, [], Patience(connections, options.timeout, quiet=options.json))
        upgrades = upgrades_on(connections)
        try:
            conductor = await upgrades.resume(
                kept.id, watching_of(options), takeover=options.takeover
            )
        except UpgradeRefused as refusal:
            raise refused(refusal) from refusal
        conductor.start()
        _go_on(conductor, options)
        return await drive(connections, upgrades, narrator, orders_of(options))


def _go_on(conductor: Conductor, options: argparse.Namespace) -> None:
    """Answer what evidence cannot, and let go of what held the run before.

    Where nobody saw the host command's end and nobody says whether it ran, it stays held for that.
    """
    run = conductor.run
    news = [one for one in run.plan.to_accept if one not in run.accepted]
    if news and (EVERYTHING in options.accept or set(news) <= set(options.accept)):
        conductor.accept(*news)
    if options.host_step is not None:
        conductor.answer_host(ran=options.host_step == "ran")
    if run.hold is not None:
        conductor.release()
