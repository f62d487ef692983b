"""Keys, marks, order and mouse of the table."""

from nomad_console.domain.snapshot import Changes
from nomad_console.tui.rendering.columns import column
from nomad_console.tui.rendering.nodes import NODES
from tests.support.tables import TableApp, many_nodes


async def test_keys_move_the_cursor_and_the_page() -> None:
    app = TableApp(many_nodes(100))
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.pause()
        steps = [
            ("down", 1),
            ("pagedown", 10),
            ("pageup", 1),
            ("end", 99),
            ("down", 99),
            ("up", 98),
            ("home", 0),
            ("up", 0),
            ("j", 1),
            ("k", 0),
        ]
        for key, index in steps:
            await pilot.press(key)
            assert app.table.cursor == index
            assert app.table.cursor_key in app.table.in_sight()


async def test_the_title_stays_while_rows_scroll() -> None:
    app = TableApp(many_nodes(100))
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.pause()
        await pilot.press("end")
        await pilot.pause()
        assert app.lines[0].split()[0] == "NAME▲"
        assert app.lines[-1].startswith("▌ c99")


async def test_marks() -> None:
    app = TableApp(many_nodes(5))
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.pause()
        await pilot.press("space", "down", "space")
        assert app.table.marks == {"n00000", "n00001"}
        assert app.lines[1].startswith(" *c0")
        assert app.lines[2].startswith("▌*c1")
        await pilot.press("space")
        assert app.table.marks == {"n00000"}
        await pilot.press("a")
        assert len(app.table.marks) == 5
        await pilot.press("A")
        assert app.table.marks == set()


async def test_sorting_again_turns_the_order() -> None:
    app = TableApp(many_nodes(12))
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        await pilot.press("S")
        assert app.lines[1].split()[1] == "c11"
        state = column(NODES.columns, "state")
        assert state is not None
        app.table.sort_by(state)
        assert "STATE▲" in app.lines[0]
        await pilot.click("FleetTable", offset=(3, 0))
        assert app.lines[1].split()[1] == "c0"
        assert "NAME▲" in app.lines[0]


async def test_columns_that_do_not_fit_are_reached_sideways() -> None:
    app = TableApp(many_nodes(3))
    async with app.run_test(size=(40, 8)) as pilot:
        await pilot.pause()
        assert app.table.strips.dropped
        assert "ADDRESS" not in app.lines[0]
        for _ in range(12):
            await pilot.press("right")
        assert app.table.strips.dropped == 0
        assert "ADDRESS" in app.lines[0]
        assert app.lines[1].startswith("▌ ")
        for _ in range(20):
            await pilot.press("left")
        assert app.lines[0].split()[0] == "NAME▲"
        assert app.table.strips.dropped


async def test_an_empty_table_takes_every_key() -> None:
    app = TableApp(many_nodes(0))
    async with app.run_test(size=(80, 11)) as pilot:
        await pilot.pause()
        await pilot.press("down", "space", "enter", "end", "pagedown", "a", "s", "S", "right", "y")
        assert app.table.cursor_key is None
        app.follow(many_nodes(2), Changes(everything=True))
        assert app.table.cursor_key == "n00001"
