"""A lost terminal: what must be settled before the console goes, and how long it may take."""

import asyncio

from nomad_console.clock import Clock
from nomad_console.upgrade.commands import CancelDrain
from nomad_console.upgrade.run import Run

HANG_UP_S = 3.0


class Loss:
    """From the moment the terminal was lost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due = clock.elapsed() + HANG_UP_S
        self._settled = asyncio.Event()

    def look(self, run: Run, *, over: bool) -> None:
        """Settled is a run that has it in its journal and waits for no end of a drain.

        `over`: nothing more will come of this run here.
        """
        asked = (one for upgrade in run.upgrades for one in upgrade.pending)
        ending = any(isinstance(one.write, CancelDrain) and not one.trouble for one in asked)
        if over or (run.hung_up_at is not None and not ending):
            self._settled.set()

    async def settled(self) -> bool:
        """Wait for it, in all HANG_UP_S at most; whether it came."""
        left = self._due - self._clock.elapsed()
        if left <= 0:
            return self._settled.is_set()
        return await self._clock.wait(self._settled, left)
