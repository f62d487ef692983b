"""The README's pictures, made from the running console: `python -m tests.screenshots`."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.pilot import Pilot

from nomad_console.cli.backing import backing_on
from nomad_console.cli.console import application
from nomad_console.cli.wiring import connected, upgrades_on
from nomad_console.settings.load import load
from nomad_console.tui.app import ConsoleApp
from nomad_console.tui.widgets.grid import screen_text
from tests.support.consoles import at_once
from tests.support.simulator import Simulator, running_simulator

FOLDER = Path(__file__).parent.parent / "screenshots"
WIDE, NARROW = (200, 50), (80, 24)
SPEED = 2.0
PATIENCE = 1200  # looks, 0.1 s apart


class Camera:
    """One console on a simulated cluster."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        return screen_text(self.app.screen)

    async def until(self, wanted: str) -> str:
        """Wait until the screen shows it."""
        for _ in range(PATIENCE):
            if found := re.search(wanted, self.text):
                return found[0]
            await self.pilot.pause(0.1)
        raise AssertionError(f"never seen: {wanted}\n{self.text}")

    def shoot(self, name: str) -> None:
        FOLDER.mkdir(exist_ok=True)
        path = FOLDER / f"{name}.svg"
        path.write_text(self.app.export_screenshot(title="nomad-console"), encoding="utf-8")
        print(path.relative_to(FOLDER.parent))

    async def answer(self, gate: str) -> None:
        """Wait for this gate and confirm it."""
        await self.until(f"Gate: {gate}")
        await self.pilot.pause(1.3)
        code = (await self.until(r"c \w\w confirm"))[2:4]
        await self.pilot.press("c", *code)


@asynccontextmanager
async def camera(size: tuple[int, int]) -> AsyncIterator[Camera]:
    settings = load(os.environ)
    async with connected(settings, read_only=False) as connections:
        backing = at_once(backing_on(connections, upgrades_on(connections)))
        app = application(settings, connections.store, backing, read_only=False)
        async with app.run_test(size=size) as pilot:
            yield Camera(app, pilot)


async def dashboards(_: Simulator) -> None:
    for size, name in ((WIDE, "dashboard-200x50"), (NARROW, "dashboard-80x24")):
        async with camera(size) as shot:
            await shot.until(r"c6 .*\d/\d .* ok ")
            await shot.pilot.press("j", "space", "j", "space", "j")
            await shot.until("2 marked|\\*2")
            await shot.pilot.pause(6)
            shot.shoot(name)


async def upgrade(_: Simulator) -> None:
    async with camera(WIDE) as shot:
        await shot.until(r"c6 .*\d/\d .* ok ")
        await shot.pilot.press("j", "j", "j", "space", "u")
        await shot.until("to accept|warnings?: read|nothing stands against it")
        await shot.pilot.press("b")
        if "type " in shot.text:
            await shot.pilot.press("c", "4", "enter")
        await shot.answer("begin with c4")
        await shot.answer("take c4 out")
        await shot.until("Gate: drain c4")
        await shot.pilot.pause(1)
        shot.shoot("gate")
        await shot.answer("drain c4")
        await shot.until(r"healthy in|→ c\d (pending|running)")
        shot.shoot("drain")


async def degraded(simulator: Simulator) -> None:
    async with camera(WIDE) as shot:
        await shot.until(r"c6 .*\d/\d .* ok ")
        simulator.fault("stop-consul")
        simulator.fault("throttle-aws")
        simulator.control("POST", "/agents/c5/kill")
        await shot.until(r"c5 .*(down|disconnected)")
        await shot.until("consul .* STALE")
        shot.shoot("degraded")


def main() -> None:
    shots: tuple[Callable[[Simulator], object], ...] = (dashboards, upgrade, degraded)
    for shot in shots:
        with TemporaryDirectory() as state, running_simulator(speed=SPEED) as simulator:
            os.environ.update(simulator.env, NOMAD_CONSOLE_STATE=state)
            asyncio.run(shot(simulator))  # type: ignore[arg-type]  # each is a coroutine function


if __name__ == "__main__":
    main()
