"""Blocking queries: a reader sleeps until a write touches what it reads."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

from nomad_console.simulator.nomad.state import State
from nomad_console.simulator.timeline import Timeline


class Wakes:
    """Wakes sleeping readers by the name of the table or row that was written."""

    def __init__(self, state: State, timeline: Timeline) -> None:
        self._timeline = timeline
        self._sleepers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        state.watch(self._written)

    def _written(self, _index: int, touched: frozenset[str]) -> None:
        for name in touched & self._sleepers.keys():
            for sleeper in self._sleepers[name]:
                sleeper.set()

    async def beyond(
        self, index: int, wait: float, names: Sequence[str], current: Callable[[], int]
    ) -> None:
        """Return once `current()` is beyond the index, or `wait` seconds have passed.

        Nomad adds up to a sixteenth to `wait` (nomad/structs/structs.go); a fixed thirty-second
        keeps a world repeatable.
        """
        if current() > index:
            return
        woken = asyncio.Event()
        deadline = self._timeline.elapsed() + wait + wait / 32
        timer = self._timeline.after(wait + wait / 32, woken.set)
        for name in names:
            self._sleepers[name].add(woken)
        try:
            while current() <= index and self._timeline.elapsed() < deadline:
                await woken.wait()
                woken.clear()
        finally:
            timer.cancel()
            for name in names:
                self._sleepers[name].discard(woken)
                if not self._sleepers[name]:
                    del self._sleepers[name]
