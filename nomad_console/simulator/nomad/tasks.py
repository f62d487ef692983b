"""The task states of one allocation: all tasks of a group live and die together here."""

from collections.abc import Callable
from functools import cache

from nomad_console.simulator.nomad import task_events
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.state import Row


@cache
def _settled(time: int) -> tuple[Row, ...]:
    """Shared by all that start settled at one moment: there may be very many."""
    return task_events.received(time), task_events.task_setup(time), task_events.started(time)


class TaskStates:
    """Events are added as they happen; `rows` is what the client reports."""

    def __init__(self, core: Core, group: Row) -> None:
        self._core = core
        self._names = [task["Name"] for task in group["Tasks"]]
        self._events: tuple[Row, ...] = ()
        self._state = "pending"
        self._failed = False
        self._started_at: str | None = None
        self._finished_at: str | None = None
        self._last_restart: str | None = None
        self._restarts = 0

    @property
    def started(self) -> bool:
        return self._started_at is not None

    def add(self, event: Callable[..., Row], *details: object) -> None:
        row = event(self._core.now_ns(), *details)
        self._events = (*self._events, row)[-task_events.TASK_EVENTS_KEPT :]

    def start(self) -> None:
        if self.started:
            self._restarts += 1
            self._last_restart = self._core.stamp()
        self.add(task_events.started)
        self._state = "running"
        self._started_at = self._core.stamp()

    def settle(self) -> None:
        """As if it had been received, set up and started now."""
        self._events = _settled(self._core.now_ns())
        self._state = "running"
        self._started_at = self._core.stamp()

    def set_pending(self) -> None:
        """Between two starts; StartedAt stays."""
        self._state = "pending"

    def end(self, *, failed: bool) -> None:
        self._state = "dead"
        self._failed = failed
        self._finished_at = self._core.stamp()

    def rows(self) -> dict[str, Row]:
        return {
            name: {
                "Events": [*self._events],
                "Failed": self._failed,
                "FinishedAt": self._finished_at,
                "LastRestart": self._last_restart,
                "Paused": "",
                "Restarts": self._restarts,
                "StartedAt": self._started_at,
                "State": self._state,
            }
            for name in self._names
        }
