"""One registered target and its life in time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

REMEMBERED = 8  # changes: more than writes can be under way within the lag


class Key(NamedTuple):
    """A target's identity within its group."""

    id: str
    port: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a health check met: a status code, or why there was none."""

    status: int = 0
    failure: Literal["", "refused", "timeout"] = ""


@dataclass(frozen=True)
class Target:
    """Where the balancer sends a request."""

    group: str
    id: str
    port: int
    address: str
    zone: str


class Health(NamedTuple):
    """State, reason, description as DescribeTargetHealth shows them."""

    state: str
    reason: str = ""
    description: str = ""


class Shown(StrEnum):
    """The states of the API."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNHEALTHY_DRAINING = "unhealthy.draining"
    DRAINING = "draining"
    UNUSED = "unused"


REGISTERING = Health(
    Shown.INITIAL, "Elb.RegistrationInProgress", "Target registration is in progress"
)
CHECKING = Health(Shown.INITIAL, "Elb.InitialHealthChecking", "Initial health checks in progress")
HEALTHY = Health(Shown.HEALTHY)
TIMED_OUT = Health(Shown.UNHEALTHY, "Target.Timeout", "Request timed out")
FAILED = Health(Shown.UNHEALTHY, "Target.FailedHealthChecks", "Health checks failed")
UNHEALTHY_DRAINING = Health(Shown.UNHEALTHY_DRAINING)  # the model names no reason for it
DRAINING = Health(
    Shown.DRAINING, "Target.DeregistrationInProgress", "Target deregistration is in progress"
)
NOT_REGISTERED = Health(
    Shown.UNUSED, "Target.NotRegistered", "Target is not registered to the target group"
)
NOT_IN_USE = Health(
    Shown.UNUSED,
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
ZONE_NOT_ENABLED = Health(
    Shown.UNUSED,
    "Target.NotInUse",
    "Target is in an Availability Zone that is not enabled for the load balancer",
)
STOPPED = Health(Shown.UNUSED, "Target.InvalidState", "Target is in the stopped state")


def mismatch(status: int) -> Health:
    words = f"Health checks failed with these codes: [{status}]"
    return Health(Shown.UNHEALTHY, "Target.ResponseCodeMismatch", words)


@dataclass(slots=True)
class Registered:
    """`history`: what the API shows from which time on; None there: not registered."""

    key: Key
    address: str
    zone: str
    health: Health = REGISTERING
    passed: int = 0  # checks in a row
    failed: int = 0
    healthy_since: float = 0.0
    draining: bool = False
    sent_until: float = 0.0  # after its deregistration, elapsed time until requests still come
    history: list[tuple[float, Health | None]] = field(default_factory=list)
    ends: list[Callable[[], object]] = field(default_factory=list)

    def show(self, at: float, health: Health | None) -> None:
        """From `at`, but never before what was shown earlier."""
        latest = self.history[-1][0] if self.history else at
        self.history = [*self.history[-REMEMBERED:], (max(at, latest), health)]

    def shown(self, now: float) -> Health | None:
        return next((health for at, health in reversed(self.history) if at <= now), None)

    def cancel(self) -> None:
        """End its checks and everything planned for it."""
        for end in self.ends:
            end()
        self.ends.clear()
