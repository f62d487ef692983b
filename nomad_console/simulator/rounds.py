"""What runs every so often, for thousands at a time with few timers."""

import random
from collections.abc import Callable

from nomad_console.simulator.timeline import Timeline

SLOTS = 64  # moments of an interval: with fifty thousand checks that is 64 timers, not 50,000


class Rounds:
    """Each callback runs once per interval, at a moment of it that chance chose at the start."""

    def __init__(self, timeline: Timeline, rng: random.Random) -> None:
        self._timeline = timeline
        self._rng = rng
        self._slots: dict[tuple[float, int], dict[int, Callable[[], None]]] = {}
        self._count = 0

    def add(self, interval: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Begin; the answer ends it."""
        key = (interval, self._rng.randrange(SLOTS))
        self._count += 1
        number = self._count
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = {}
            self._plan(key)
        slot[number] = callback
        members = slot
        return lambda: members.pop(number, None) and None

    def _plan(self, key: tuple[float, int]) -> None:
        interval, place = key
        now = self._timeline.elapsed()
        phase = interval * place / SLOTS
        soonest = now + interval / SLOTS / 2  # a slot never runs twice for a rounding error
        due = (soonest - phase) // interval * interval + phase + interval
        self._timeline.after(due - now, lambda: self._run(key))

    def _run(self, key: tuple[float, int]) -> None:
        slot = self._slots[key]
        if not slot:
            del self._slots[key]
            return
        self._plan(key)
        for number, callback in list(slot.items()):
            if number in slot:
                callback()
