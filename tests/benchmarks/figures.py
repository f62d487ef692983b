"""What was measured, what it should be, and the verdict on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import median, quantiles
from typing import NamedTuple

TOLERANCE = 1 / 3  # by which a goal may be missed before the command fails


class Goal(NamedTuple):
    """The most that each may be; None: nothing was promised."""

    median: float | None = None
    p95: float | None = None
    most: float | None = None


class Baseline(NamedTuple):
    """What the figure is compared with, in the figure's unit."""

    name: str
    value: float


NO_GOAL = Goal()


@dataclass(frozen=True)
class Figure:
    """One line of the table; a single reading has a median and nothing else."""

    what: str
    unit: str
    median: float
    p95: float | None = None
    most: float | None = None
    goal: Goal = NO_GOAL
    baseline: Baseline | None = None
    note: str = ""

    @property
    def share(self) -> float | None:
        """How much of its goal is used up, by whichever part is worst; None without a goal."""
        pairs = zip((self.median, self.p95, self.most), self.goal, strict=True)
        shares = [
            _share(value, limit)
            for value, limit in pairs
            if value is not None and limit is not None
        ]
        return max(shares, default=None)

    @property
    def verdict(self) -> str:
        share = self.share
        if share is None:
            return ""
        if share <= 1:
            return "met"
        return "missed" if share <= 1 + TOLERANCE else "MISSED"

    @property
    def failed(self) -> bool:
        return self.verdict == "MISSED"

    @property
    def ratio(self) -> float | None:
        """To the baseline."""
        if self.baseline is None or not self.baseline.value:
            return None
        return self.median / self.baseline.value


def _share(value: float, limit: float) -> float:
    if limit > 0:
        return value / limit
    return inf if value > 0 else 0.0


def spread(
    what: str,
    unit: str,
    samples: Sequence[float],
    goal: Goal = NO_GOAL,
    baseline: Baseline | None = None,
    note: str = "",
) -> Figure:
    """Median, 95th percentile and maximum of these."""
    p95 = quantiles(samples, n=20, method="inclusive")[-1] if len(samples) > 1 else samples[0]
    counted = f"n={len(samples)}"
    return Figure(
        what,
        unit,
        median(samples),
        p95,
        max(samples),
        goal,
        baseline,
        f"{counted}; {note}" if note else counted,
    )
