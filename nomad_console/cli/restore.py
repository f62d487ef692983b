"""`restore`: put back what a run that is not over changed."""

import argparse
import asyncio
import sys

from nomad_console.cli.arguments import DONE
from nomad_console.cli.cluster import settings_of
from nomad_console.cli.driving import drive
from nomad_console.cli.leftovers import left_behind
from nomad_console.cli.narrating import Narrator
from nomad_console.cli.patience import Patience
from nomad_console.cli.planning import found
from nomad_console.cli.upgrade import refuse_unable, refused
from nomad_console.cli.wiring import following, upgrades_on
from nomad_console.operations.approval import Orders
from nomad_console.operations.archive import Kept
from nomad_console.operations.upgrades import UpgradeRefused, Watching
from nomad_console.settings.values import ClusterSettings


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    kept = left_behind(settings, options.id)
    refuse_unable(options, settings, by_hand=False)
    return asyncio.run(_restore(options, settings, kept))


async def _restore(options: argparse.Namespace, settings: ClusterSettings, kept: Kept) -> int:
    narrator = Narrator(
        words=sys.stderr.isatty() and not options.json, quiet=options.json, restored=DONE
    )
    async with following(settings, read_only=False) as connections:
        await found(connections, [], Patience(connections, options.timeout, quiet=options.json))
        upgrades = upgrades_on(connections)
        try:
            watching = Watching(tuple(options.probe))
            await upgrades.restore(kept.id, watching, takeover=options.takeover)
        except UpgradeRefused as refusal:
            raise refused(refusal) from refusal
        return await drive(connections, upgrades, narrator, Orders())
