"""How often AWS may be called: token buckets per account and region, shared with everybody.

Sizes: Elastic Load Balancing user guide, "API throttling".
"""

from dataclasses import dataclass

from nomad_console.simulator.timeline import Timeline

WRITES = ("RegisterTargets", "DeregisterTargets")


@dataclass
class Bucket:
    """`tokens` of at most `size`, refilled by `refill` a second."""

    size: float
    refill: float
    tokens: float
    at: float

    def settle(self, now: float, drain: float = 0.0) -> None:
        """Bring up to now; others took `drain` tokens a second meanwhile."""
        grown = self.tokens + (now - self.at) * (self.refill - drain)
        self.tokens = min(self.size, max(0.0, grown))
        self.at = now


class Throttle:
    """`load`: calls a second that other users of the account make, of every kind."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._load = 0.0
        now = timeline.elapsed()
        self._describes = Bucket(40, 10, 40, now)
        self._targets = Bucket(20, 4, 20, now)
        self._others = Bucket(20, 3, 20, now)
        self._all = Bucket(40, 10, 40, now)

    @property
    def load(self) -> float:
        return self._load

    @load.setter
    def load(self, calls: float) -> None:
        self._settle()
        self._load = calls

    def exhaust(self) -> None:
        """Others have just used up everything."""
        self._settle()
        for bucket in self._buckets():
            bucket.tokens = 0.0

    def admit(self, action: str) -> bool:
        """Take one token for the call from its bucket and the common one, or from neither."""
        self._settle()
        own = (
            self._describes
            if action.startswith("Describe")
            else self._targets
            if action in WRITES
            else self._others
        )
        if own.tokens < 1 or self._all.tokens < 1:
            return False
        own.tokens -= 1
        self._all.tokens -= 1
        return True

    def _settle(self) -> None:
        for bucket in self._buckets():
            bucket.settle(self._timeline.elapsed(), self._load)

    def _buckets(self) -> tuple[Bucket, ...]:
        return (self._describes, self._targets, self._others, self._all)
