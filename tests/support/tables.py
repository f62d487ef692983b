"""A table alone on a screen."""

import msgspec
from textual.app import App, ComposeResult

from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.tui.rendering.columns import At
from nomad_console.tui.rendering.nodes import NODES, NodeRow
from nomad_console.tui.widgets.fleet_table import FleetTable
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import a_node


def many_nodes(count: int) -> ClusterSnapshot:
    nodes = {
        f"n{number:05}": msgspec.structs.replace(
            a_node(1), id=f"n{number:05}", name=f"c{number}", address=f"10.0.0.{number}"
        )
        for number in range(count)
    }
    return ClusterSnapshot(at=EPOCH, number=1, nodes=nodes)


class TableApp(App[None]):
    """Shows one table of nodes; `follow` hands it a snapshot."""

    CSS = "FleetTable { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, snapshot: ClusterSnapshot) -> None:
        super().__init__()
        self.table: FleetTable[NodeRow] = FleetTable(NODES, At(snapshot, EPOCH))
        self.snapshot = snapshot
        self.elapsed = 0.0

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self.follow, self.snapshot, Changes(everything=True))

    def follow(self, snapshot: ClusterSnapshot, changes: Changes, seconds: float = 0.05) -> None:
        self.snapshot, self.elapsed = snapshot, self.elapsed + seconds
        differing = self.table.records.follow(snapshot, changes)
        self.table.follow(At(snapshot, EPOCH), self.elapsed, differing)

    @property
    def lines(self) -> list[str]:
        height = self.table.size.height
        return [self.table.render_line(y).text.rstrip() for y in range(height)]
