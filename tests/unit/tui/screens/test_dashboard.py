"""Where the panes stand."""

import pytest

from tests.support.consoles import Box, a_console
from tests.support.manual_clock import ManualClock
from tests.support.pilots import seated
from tests.support.snapshots import article_snapshot, node_id


@pytest.mark.parametrize(
    ("size", "layout", "panes"),
    [
        ((160, 24), "wide", 4),
        ((159, 24), "middle", 4),
        ((119, 50), "narrow", 1),
        ((200, 20), "narrow", 1),
    ],
)
async def test_layouts(size: tuple[int, int], layout: str, panes: int) -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, size) as seat:
        assert seat.app.screen.has_class(layout)
        assert len([pane for pane in seat.app.screen.query(".pane") if pane.region]) == panes


async def test_tab_goes_round() -> None:
    clock = ManualClock()
    async with seated(a_console(Box(article_snapshot()), clock), clock, (80, 24)) as seat:
        order = []
        for _ in range(4):
            assert seat.app.focused is not None
            order.append(seat.app.focused.id)
            await seat.press("tab")
        assert order == ["table-nodes", "table-allocations", "table-services", "table-targets"]
        await seat.press("shift+tab")
        assert seat.app.focused is not None
        assert seat.app.focused.id == "table-targets"


async def test_hidden_marks_are_upgraded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    asked: list[tuple[str, ...]] = []
    app = a_console(Box(article_snapshot()), clock)
    async with seated(app, clock, (80, 24)) as seat:
        monkeypatch.setattr(app, "start_upgrade", asked.append)
        await seat.press("space", "slash", *"c2", "enter", "space", "u")
        assert asked == [(node_id(2), node_id(1))]


async def test_marks_elsewhere_give_their_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    asked: list[tuple[str, ...]] = []
    app = a_console(Box(article_snapshot()), clock)
    async with seated(app, clock, (80, 24)) as seat:
        monkeypatch.setattr(app, "start_upgrade", asked.append)
        await seat.press("L", "4", "slash", *"node:c3", "enter", "a", "u")
        assert asked == [(node_id(3),)]
        await seat.press("1", "space", "u")
        assert asked[1:] == [(node_id(1),)]
