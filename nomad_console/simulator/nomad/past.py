"""How long ago what a settled world holds came about: the older, the lower its index."""

import random

HOUR = 3600.0
DAY = 24 * HOUR
MACHINES = (30 * DAY, 60 * DAY)
SYSTEM_JOBS = (20 * DAY, 28 * DAY)
SERVERS = (15 * DAY, 18 * DAY)
JOBS = (2 * HOUR, 14 * DAY)
BATCH_SHARE = 0.6  # a batch job is at most this far
BATCH = HOUR  # nor longer at it
BALANCER = 200 * DAY


class Past:
    """Ages in true seconds, drawn from a chance of its own; those of one kind oldest first."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def machines(self, count: int) -> list[float]:
        return self._ages(MACHINES, count)

    def servers(self, count: int) -> list[float]:
        return self._ages(SERVERS, count)

    def system_jobs(self, count: int) -> list[float]:
        return self._ages(SYSTEM_JOBS, count)

    def jobs(self, count: int) -> list[float]:
        return self._ages(JOBS, count)

    def batch(self, lengths: list[float]) -> list[float]:
        """Ages of batch jobs that take so many seconds; in their order, not oldest first."""
        return [min(BATCH, length * self._rng.uniform(0.0, BATCH_SHARE)) for length in lengths]

    def _ages(self, span: tuple[float, float], count: int) -> list[float]:
        return sorted((self._rng.uniform(*span) for _ in range(count)), reverse=True)


class Newborn(Past):
    """Everything came about just now."""

    def __init__(self) -> None:
        super().__init__(random.Random(0))

    def batch(self, lengths: list[float]) -> list[float]:
        return [0.0] * len(lengths)

    def _ages(self, span: tuple[float, float], count: int) -> list[float]:  # noqa: ARG002 — as any past
        return [0.0] * count
