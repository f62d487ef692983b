"""What a table repaints, and where its cursor stays."""

from typing import Any

import msgspec
import pytest
from textual.geometry import Region

from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.tui.widgets.fleet_table import FleetTable
from tests.support.tables import TableApp, many_nodes


def renamed(snapshot: ClusterSnapshot, key: str, **changes: object) -> ClusterSnapshot:
    node = msgspec.structs.replace(snapshot.nodes[key], **changes)
    return msgspec.structs.replace(snapshot, nodes={**snapshot.nodes, key: node})


def told(*keys: str) -> Changes:
    return Changes(nodes=frozenset(keys))


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[Region]:
    """Every region a table asked to have painted; an empty one stands for all of it."""
    found: list[Region] = []
    original = FleetTable.refresh

    def refresh(self: FleetTable[Any], *regions: Region, **options: bool) -> FleetTable[Any]:
        found.extend(regions or [Region()])
        return original(self, *regions, **options)

    monkeypatch.setattr(FleetTable, "refresh", refresh)
    return found


async def test_a_change_paints_its_own_cells_only(painted: list[Region]) -> None:
    app = TableApp(many_nodes(30))
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        painted.clear()
        app.follow(renamed(app.snapshot, "n00004", status="down"), told("n00004"))
        assert [(region.y, region.height) for region in painted] == [(5, 1)]
        assert painted[0].x > 10
        assert painted[0].right < 40


async def test_a_change_out_of_sight_or_without_effect_paints_nothing(
    painted: list[Region],
) -> None:
    app = TableApp(many_nodes(100))
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        painted.clear()
        app.follow(renamed(app.snapshot, "n00090", status="down"), told("n00090"))
        app.follow(renamed(app.snapshot, "n00002", modify_index=999), told("n00002"))
        assert painted == []


async def test_the_cursor_keeps_its_row_and_its_height() -> None:
    app = TableApp(many_nodes(100))
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        await pilot.press(*["down"] * 30)
        await pilot.pause()
        height = app.table.cursor - int(app.table.scroll_y)
        fewer = {key: node for key, node in app.snapshot.nodes.items() if key > "n00009"}
        gone = set(app.snapshot.nodes) - set(fewer)
        app.follow(msgspec.structs.replace(app.snapshot, nodes=fewer), told(*gone))
        assert (app.table.cursor_key, app.table.cursor) == ("n00030", 20)
        assert app.table.cursor - int(app.table.scroll_y) == height


async def test_the_next_row_takes_the_cursor_of_one_that_leaves() -> None:
    app = TableApp(many_nodes(3))
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        await pilot.press("end")
        fewer = {key: node for key, node in app.snapshot.nodes.items() if key != "n00002"}
        app.follow(msgspec.structs.replace(app.snapshot, nodes=fewer), told("n00002"))
        assert app.table.cursor_key == "n00001"


async def test_rows_wait_with_their_new_place_while_the_cursor_moves() -> None:
    app = TableApp(many_nodes(5))
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        await pilot.press("down")
        app.follow(renamed(app.snapshot, "n00000", name="c99"), told("n00000"))
        assert app.lines[1].split()[0] == "c99"
        app.follow(app.snapshot, Changes(), 0.5)
        assert app.lines[1].split()[0] == "c99"
        app.follow(app.snapshot, Changes(), 1.0)
        assert app.lines[5].split()[0] == "c99"
        assert app.table.cursor_key == "n00001"


async def test_a_step_among_fifty_thousand_rows_paints_two_lines(painted: list[Region]) -> None:
    app = TableApp(many_nodes(50_000))
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.pause()
        painted.clear()
        app.table.action_down()
        assert sorted((region.y, region.height) for region in painted) == [(1, 1), (2, 1)]
        app.table.action_page(100)
        assert len(app.lines) == 50
        name = app.snapshot.nodes[app.table.cursor_key or ""].name
        assert [line for line in app.lines if line.startswith(f"▌ {name} ")]


async def test_the_cursor_stays_on_the_first_row_until_somebody_puts_it_on_one() -> None:
    everything = many_nodes(9)
    late = {key: node for key, node in everything.nodes.items() if key > "n00004"}
    app = TableApp(msgspec.structs.replace(everything, nodes=late))
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        assert app.table.cursor_key == "n00005"
        app.follow(everything, told(*everything.nodes))
        assert (app.table.cursor_key, app.table.cursor) == ("n00000", 0)
        await pilot.press("S")
        assert app.table.cursor_key == "n00008"
        await pilot.press("space", "S")
        assert (app.table.cursor_key, app.table.cursor) == ("n00008", 8)
