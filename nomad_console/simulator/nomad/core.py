"""What every part of Nomad shares: the store, the timeline, the pace and the world's chance."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nomad_console.simulator.go_text import rfc3339
from nomad_console.simulator.nomad.ids import Ids
from nomad_console.simulator.nomad.state import Row, State, Table
from nomad_console.simulator.pace import NANOSECONDS, Pace
from nomad_console.simulator.services import ServiceRegistry
from nomad_console.simulator.timeline import Timeline, Timer, nanoseconds

Observer = Callable[[Row | None, Row | None], None]


def seconds_of(nanoseconds: int | None) -> float:
    """A duration of a job or node, which holds nanoseconds or nothing."""
    return (nanoseconds or 0) / NANOSECONDS


@dataclass
class Core:
    """Handed to every part; none of them holds another clock, store or source of chance."""

    timeline: Timeline
    pace: Pace
    rng: random.Random
    registry: ServiceRegistry
    region: str = "global"
    datacenter: str = "dc1"
    algorithm: str = "binpack"  # how nodes are ranked: binpack, spread
    past: float = 0.0  # s before now at which everything is being written
    state: State = field(default_factory=State)
    _held: datetime | None = None  # the clock's time while something past is being written

    def __post_init__(self) -> None:
        self.ids = Ids(self.rng)

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Run it after so many seconds of the world at speed 1."""
        return self.timeline.after(self.pace(seconds), callback)

    def between(self, low: float, high: float) -> float:
        return self.rng.uniform(low, high)

    @contextmanager
    def ago(self, seconds: float) -> Iterator[None]:
        """What is written inside carries one time, so many true seconds old.

        One, not one each: thousands of rows that came about together then share what they hold.
        """
        before = self.past, self._held
        self.past, self._held = max(0.0, seconds), self._held or self.timeline.now()
        try:
            yield
        finally:
            self.past, self._held = before

    def now(self) -> datetime:
        return (self._held or self.timeline.now()) - timedelta(seconds=self.past)

    def now_ns(self) -> int:
        """Since 1970, to the microsecond, which is what a Python clock knows."""
        return nanoseconds(self.now())

    def now_s(self) -> int:
        return int(self.now().timestamp())

    def stamp(self, ahead: float = 0.0) -> str:
        """RFC 3339, so many true seconds ahead."""
        return rfc3339(self.now() + timedelta(seconds=ahead))

    def stamp_s(self) -> str:
        """Cut to the second, as a node's LastDrain and a server's StableSince are."""
        return self.stamp()[:19].removesuffix("Z") + "Z"

    def observe(self, table: Table, observer: Observer) -> None:
        """`observer(old, new)` for each row of the table that a write puts or removes."""
        self.state.observers[table].append(observer)
