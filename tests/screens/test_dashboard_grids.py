"""The dashboard as text: two sizes, healthy, degraded and stale."""

from collections.abc import Callable

import pytest

from nomad_console.domain.snapshot import ClusterSnapshot
from tests.support.consoles import Box, a_console, degraded_snapshot, stale_snapshot
from tests.support.manual_clock import ManualClock
from tests.support.pilots import expect_grid, seated
from tests.support.snapshots import article_snapshot

STATES: dict[str, Callable[[], ClusterSnapshot]] = {
    "healthy": article_snapshot,
    "degraded": degraded_snapshot,
    "stale": stale_snapshot,
}


@pytest.mark.parametrize("size", [(200, 50), (130, 36), (80, 24)], ids=str)
@pytest.mark.parametrize("state", STATES)
async def test_dashboard(state: str, size: tuple[int, int]) -> None:
    clock = ManualClock()
    async with seated(a_console(Box(STATES[state]()), clock), clock, size) as seat:
        await seat.press("down")
        expect_grid(f"dashboard-{state}-{size[0]}x{size[1]}", seat.text)


@pytest.mark.parametrize("tab", ["2", "3", "4"])
async def test_tabs_of_a_small_terminal(tab: str) -> None:
    clock = ManualClock()
    async with seated(a_console(Box(degraded_snapshot()), clock), clock, (80, 24)) as seat:
        await seat.press("down", "down", tab)
        expect_grid(f"tab-{tab}-80x24", seat.text)
