"""What stands behind the screens, put together while the first one is up."""

from nomad_console.cli.wiring import Connections, whereabouts_on
from nomad_console.operations.upgrades import Upgrades
from nomad_console.tui.app import Backing
from nomad_console.tui.left_runs import LeftRuns
from nomad_console.tui.upgrading import UpgradeScreens


def backing_on(connections: Connections, upgrades: Upgrades | None) -> Backing:
    """Without `upgrades` nothing can be written."""
    left = LeftRuns(whereabouts_on(connections).look)
    screens = UpgradeScreens(upgrades, left) if upgrades else None
    return Backing(connections.feeds, connections.lookups, screens, left)
