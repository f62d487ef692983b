"""Events on demand: allocations whose clients have something to say, so many a second."""

import random
from collections.abc import Callable

from nomad_console.simulator.nomad.state import State
from nomad_console.simulator.timeline import Timeline, Timer

TICK = 0.05  # s between bursts: clients report in batches too


class Load:
    """`touch(allocation id)` makes one event."""

    def __init__(
        self,
        timeline: Timeline,
        rng: random.Random,
        state: State,
        touch: Callable[[str], None],
    ) -> None:
        self._timeline = timeline
        self._rng = rng
        self._state = state
        self._touch = touch
        self._rate = 0.0
        self._node_id = ""
        self._owed = 0.0
        self._running: list[str] = []
        self._timer: Timer | None = None

    def set(self, rate: float, node_id: str = "") -> None:
        """Events a second from now on, all on one node where it is named; 0 ends it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._rate, self._node_id, self._owed = rate, node_id, 0.0
        self._running = self._look()
        if rate > 0:
            self._timer = self._timeline.after(TICK, self._tick)

    def _look(self) -> list[str]:
        return [
            row["ID"]
            for row in self._state.allocations.values()
            if row["ClientStatus"] == "running" and self._node_id in {"", row["NodeID"]}
        ]

    def _tick(self) -> None:
        self._timer = self._timeline.after(TICK, self._tick)
        self._owed += self._rate * TICK
        while self._owed >= 1:
            self._owed -= 1
            if (alloc_id := self._choose()) is not None:
                self._touch(alloc_id)

    def _choose(self) -> str | None:
        """One that runs; None where nothing does."""
        for _ in range(2):
            alloc_id = self._rng.choice(self._running) if self._running else ""
            row = self._state.allocations.get(alloc_id)
            if row is not None and row["ClientStatus"] == "running":
                return alloc_id
            self._running = self._look()
        return None
