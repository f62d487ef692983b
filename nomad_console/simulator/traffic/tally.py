"""What the requests came to, per service."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Outcome:
    """One answered request; `status` 0 where the connection ended without an answer."""

    status: int
    reason: str = ""
    node: str = ""
    alloc_id: str = ""

    @property
    def failed(self) -> bool:
        return not 200 <= self.status < 400  # noqa: PLR2004 — HTTP's own

    @property
    def label(self) -> str:
        return f"{self.status} {self.reason}".strip() if self.status else self.reason


@dataclass
class ServiceTally:
    """`sent` runs ahead of `ok` + `failed` by what is in flight."""

    sent: int = 0
    ok: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first_failure: dict[str, object] | None = None

    def report(self) -> dict[str, object]:
        return {
            "sent": self.sent,
            "ok": self.ok,
            "failed": self.reasons.total(),
            "reasons": dict(self.reasons.most_common()),
            "first_failure": self.first_failure,
        }


@dataclass
class Tally:
    """One count, from its start; a request counts where it was sent, whenever it is answered."""

    started_at: datetime
    started: float
    services: dict[str, ServiceTally]

    def record(self, service: str, outcome: Outcome, at: datetime, elapsed: float) -> None:
        tally = self.services[service]
        if not outcome.failed:
            tally.ok += 1
            return
        tally.reasons[outcome.label] += 1
        if tally.first_failure is None:
            tally.first_failure = {
                "time": at.isoformat(timespec="milliseconds"),
                "seconds": round(elapsed - self.started, 3),
                "reason": outcome.label,
                "node": outcome.node,
                "allocation": outcome.alloc_id,
            }

    def report(self, elapsed: float) -> dict[str, object]:
        services = {name: tally.report() for name, tally in self.services.items()}
        return {
            "since": self.started_at.isoformat(timespec="milliseconds"),
            "seconds": round(elapsed - self.started, 3),
            "sent": sum(tally.sent for tally in self.services.values()),
            "failed": sum(tally.reasons.total() for tally in self.services.values()),
            "services": services,
        }
