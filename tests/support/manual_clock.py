"""A clock that moves only when it is told to."""

import asyncio
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 11, 22, 22, 0, 0, tzinfo=UTC)


class ManualClock:
    """Sleepers wake, in order, when `advance` passes their time."""

    def __init__(self, start: datetime = EPOCH) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def elapsed(self) -> float:
        return self._elapsed

    def jump(self, seconds: float) -> None:
        """Move without waking anybody: for worlds that are stepped without tasks."""
        self._elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.Event(), seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool:
        if seconds is None:
            return await event.wait()
        self._count += 1
        rang = asyncio.Event()
        entry = (self._elapsed + max(0.0, seconds), self._count, rang)
        self._sleepers.append(entry)
        try:
            async with asyncio.TaskGroup() as tasks:
                waits = [tasks.create_task(event.wait()), tasks.create_task(rang.wait())]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)
        return event.is_set()

    async def advance(self, seconds: float) -> None:
        """Pass so many seconds, waking each sleeper at its own moment."""
        end = self._elapsed + seconds
        await self._settle()
        while True:
            due = sorted(entry for entry in self._sleepers if entry[0] <= end)[:1]
            if not due:
                break
            self._elapsed = max(self._elapsed, due[0][0])
            self._sleepers.remove(due[0])
            due[0][2].set()
            await self._settle()
        self._elapsed = end

    @staticmethod
    async def _settle() -> None:
        """Let every task that can run, run."""
        loop = asyncio.get_running_loop()
        for _ in range(50):
            turn: asyncio.Future[None] = loop.create_future()
            loop.call_soon(turn.set_result, None)
            await turn
