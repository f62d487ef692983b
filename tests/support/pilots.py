"""Driving a console in tests: keys in, text out, on a clock that only tests move."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual.pilot import Pilot

from nomad_console.tui.app import ConsoleApp
from nomad_console.tui.widgets.grid import screen_text
from tests.support.manual_clock import ManualClock

GRIDS = Path(__file__).parent.parent / "screens" / "grids"


class Seat:
    """Somebody at the console."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None], clock: ManualClock) -> None:
        self.app = app
        self.pilot = pilot
        self.clock = clock

    async def settle(self, seconds: float = 0.1) -> None:
        """Let this much time pass, and everything that is due be shown."""
        await shown(self.app)
        await self.clock.advance(seconds)
        await shown(self.app)

    async def press(self, *keys: str) -> str:
        """Press keys and read the screen."""
        await self.pilot.press(*keys)
        await self.settle()
        return self.text

    @property
    def text(self) -> str:
        return screen_text(self.app.screen)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def line(self, part: str) -> str:
        """The one line that holds this text."""
        found = [line for line in self.lines if part in line]
        assert len(found) == 1, f"{part!r} stands on {len(found)} lines of\n{self.text}"
        return found[0]


async def idle(*_: float) -> None:
    """Until nothing in the event loop can run; Textual itself watches the processor for that."""
    loop = asyncio.get_running_loop()
    while loop._ready:  # type: ignore[attr-defined]  # asyncio has no public way to ask
        turn: asyncio.Future[None] = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


async def shown(app: ConsoleApp) -> None:
    """Until everything is laid out and painted, without waiting for the screen's timer."""
    await idle()
    while app.is_running and app.screen_stack:
        screen = app.screen
        asked = screen._layout_required or screen._scroll_required or screen._repaint_required
        if not (asked or screen._dirty_widgets or screen._callbacks):
            return
        screen._on_timer_update()
        await idle()


def _unpainted(compositor: Compositor, **_: object) -> None:
    """A headless terminal shows nothing: only what a test reads is rendered, by screen_text."""
    compositor._dirty_regions.clear()


@asynccontextmanager
async def seated(
    app: ConsoleApp, clock: ManualClock, size: tuple[int, int] = (200, 50)
) -> AsyncIterator[Seat]:
    """The console running, its first frames shown."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.pilot.wait_for_idle", idle)
        patch.setattr("textual.app.wait_for_idle", idle)
        patch.setattr(Compositor, "render_update", _unpainted)
        async with _running(app, clock, size) as seat:
            yield seat


@asynccontextmanager
async def _running(
    app: ConsoleApp, clock: ManualClock, size: tuple[int, int]
) -> AsyncIterator[Seat]:
    async with app.run_test(size=size) as pilot:
        seat = Seat(app, pilot, clock)
        await seat.settle()
        await seat.settle()
        yield seat


def expect_grid(name: str, text: str) -> None:
    """The screen is as stored; `GRIDS=write pytest tests/screens` stores what is shown now."""
    path = GRIDS / f"{name}.txt"
    if os.environ.get("GRIDS") == "write":
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8")
