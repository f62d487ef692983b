"""The console itself, and `watch`: the same, read-only."""

import argparse
import asyncio
import sys

from nomad_console.cli.arguments import BUG, DONE, USAGE
from nomad_console.cli.wiring import Connections, connected, settings_of, upgrades_on
from nomad_console.domain.text import printable
from nomad_console.operations.calls import undoing
from nomad_console.operations.upgrades import Upgrades
from nomad_console.settings.values import ClusterSettings, Missing, Tls
from nomad_console.tui.app import ConsoleApp
from nomad_console.tui.upgrading import UpgradeScreens
from nomad_console.tui.widgets.header import ClusterFacts


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # Textual writes to stderr
        print("nomad-console: the console needs a terminal; scripts use `status`", file=sys.stderr)
        return USAGE
    asked = options.command == "watch" or getattr(options, "read_only", False)
    return asyncio.run(_console(settings, read_only=asked or settings.read_only))


async def _console(settings: ClusterSettings, *, read_only: bool) -> int:
    async with connected(settings, read_only=read_only) as connections:
        upgrades = None if read_only else upgrades_on(connections)
        app = application(connections, upgrades)
        await app.run_async()
    if upgrades is not None:
        say_what_is_left(upgrades)
    return BUG if app.return_code else DONE


def application(connections: Connections, upgrades: Upgrades | None) -> ConsoleApp:
    """The console on these connections; without `upgrades` nothing in it can write."""
    settings = connections.settings
    return ConsoleApp(
        ClusterFacts(settings.label, settings.colour, warnings(settings)),
        connections.store,
        connections.feeds,
        connections.lookups,
        UpgradeScreens(upgrades) if upgrades else None,
        connections.clock,
        read_only=connections.read_only,
    )


def warnings(settings: ClusterSettings) -> tuple[str, ...]:
    """What must be seen as long as the console runs."""
    checked: list[tuple[str, Tls]] = [("Nomad", settings.nomad.tls)]
    if not isinstance(settings.consul, Missing):
        checked.append(("Consul", settings.consul.tls))
    return tuple(f"{name} TLS UNCHECKED" for name, tls in checked if tls.skip_verify)


def say_what_is_left(upgrades: Upgrades) -> None:
    """A run that is not over: what it changed, and the commands that put it back."""
    conductor = upgrades.current
    if conductor is None or not conductor.run.active:
        return
    print(f"Run {conductor.run.plan.run_id} is not over. Journal: {conductor.journal_path}")
    lines = undoing(conductor.run)
    print("Nothing is changed." if not lines else "To put back what it changed:")
    for line in lines:
        print(f"  {printable(line)}")
