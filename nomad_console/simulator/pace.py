"""How fast the world runs: configured durations are divided, the clock is never bent."""

from dataclasses import dataclass

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Pace:
    """Divides a duration by the world's speed; served values and waits both come from here."""

    speed: float = 1.0

    def __call__(self, seconds: float) -> float:
        return seconds / self.speed

    def ns(self, seconds: float) -> int:
        """Nanoseconds, as Nomad's JSON carries durations."""
        return round(seconds / self.speed * NANOSECONDS)
