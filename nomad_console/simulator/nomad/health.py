"""A client's verdict on one allocation: running, and its checks passing, for long enough.

As allocrunner's health hook: the group's update block in a deployment, else its migrate block,
else the default of 10 s within 5 minutes. Without a verdict by the deadline it is unhealthy.
"""

from collections.abc import Callable

from nomad_console.simulator.nomad.core import Core, seconds_of
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.timeline import Timer

CHECK_LOOKUP = 0.5  # s between looks at the checks
DEFAULT_MIN_HEALTHY = 10.0
DEFAULT_DEADLINE = 300.0


class HealthWatch:
    """Reports once; `task_started` and `task_ended` tell it what its allocation does."""

    def __init__(
        self,
        core: Core,
        group: Row,
        checks: list[str],
        report: Callable[[bool], None],
        *,
        deployed: bool,
    ) -> None:
        self._core = core
        self._checks = checks
        self._report = report
        strategy = group["Update"] if deployed else group["Migrate"]
        if strategy is None:
            self._min_healthy = core.pace(DEFAULT_MIN_HEALTHY)
            deadline = core.pace(DEFAULT_DEADLINE)
        else:
            self._min_healthy = seconds_of(strategy["MinHealthyTime"])
            deadline = seconds_of(strategy["HealthyDeadline"])
            if strategy["HealthCheck"] != "checks":
                self._checks = []
        self._good_since: float | None = None
        self._look: Timer | None = None
        self._deadline: Timer | None = core.timeline.after(deadline, self._judge_bad)

    @property
    def decided(self) -> bool:
        return self._deadline is None

    def task_started(self) -> None:
        if self.decided:
            return
        if self._checks:
            self._look_again()
        else:
            self._look = self._core.timeline.after(self._min_healthy, self._judge_good)

    def task_ended(self) -> None:
        """A restart begins anew."""
        self._good_since = None
        if self._look is not None:
            self._look.cancel()

    def close(self) -> None:
        """No verdict will come any more."""
        self.task_ended()
        if self._deadline is not None:
            self._deadline.cancel()

    def _look_again(self) -> None:
        now = self._core.timeline.elapsed()
        if not all(self._core.registry.passing(check) for check in self._checks):
            self._good_since = None
        elif self._good_since is None:
            self._good_since = now
        wait = self._core.pace(CHECK_LOOKUP)
        if self._good_since is not None:
            left = self._good_since + self._min_healthy - now
            if left <= 0:
                self._judge_good()
                return
            wait = min(wait, left)
        self._look = self._core.timeline.after(wait, self._look_again)

    def _judge_good(self) -> None:
        self._decide(healthy=True)

    def _judge_bad(self) -> None:
        self._decide(healthy=False)

    def _decide(self, *, healthy: bool) -> None:
        self.close()
        self._deadline = None
        self._report(healthy)
