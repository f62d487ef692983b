"""What an operator, a signal or a guard says to a run, each as an event with its moment."""

import asyncio
import getpass
import os
import socket
from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from nomad_console.clock import Clock
from nomad_console.domain.plan import BatchChoice
from nomad_console.domain.survey import batch_work
from nomad_console.operations.means import Snapshots
from nomad_console.upgrade.events import (
    Accepted,
    BatchChosen,
    Event,
    Extended,
    Frozen,
    GateConfirmed,
    Held,
    HostAnswered,
    Released,
    RestoreAsked,
    Skipped,
    StopAsked,
    StopUnasked,
)
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.run import Run


class Moment(TypedDict):
    at: datetime
    elapsed: float


class Inbox:
    """Nothing here changes a run: the engine takes each event, or says why not.

    Whoever is to hear of the run says so here too.
    """

    def __init__(self, snapshots: Snapshots, clock: Clock) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._snapshots = snapshots
        self._clock = clock
        self._watchers: list[Callable[[], None]] = []
        self._listeners: list[Callable[[Event, Run], None]] = []

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after every change; the result ends it."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def listen(self, callback: Callable[[Event, Run], None]) -> None:
        """Hand over every event that is journaled from now on, and the run as it was before it."""
        self._listeners.append(callback)

    def tell(self) -> None:
        for callback in tuple(self._watchers):
            callback()

    def heard(self, event: Event, before: Run) -> None:
        for listener in self._listeners:
            listener(event, before)

    def moment(self) -> Moment:
        return {"at": self._clock.now(), "elapsed": self._clock.elapsed()}

    def put(self, event: Event) -> None:
        self.events.put_nowait(event)

    def confirm(self, node: str, gate: Gate, code: str) -> None:
        index = self._snapshots.latest.nomad_index
        self.put(GateConfirmed(node=node, gate=gate, code=code, index=index, **self.moment()))

    def accept(self, *findings: str) -> None:
        self.put(Accepted(findings=findings, **self.moment()))

    def hold(self, reason: str, *, token: bool = False) -> None:
        """`token`: because ours has ended."""
        self.put(Held(reason=reason, token=token, **self.moment()))

    def freeze(self, reason: str) -> None:
        self.put(Frozen(reason=reason, **self.moment()))

    def release(self) -> None:
        self.put(Released(**self.moment()))

    def skip(self, node: str) -> None:
        self.put(Skipped(node=node, by=who(), **self.moment()))

    def extend(self, node: str, deadline_s: float) -> None:
        """A deadline that many seconds from now; 0: none."""
        self.put(Extended(node=node, deadline_s=deadline_s, **self.moment()))

    def stop_after_this(self) -> None:
        self.put(StopAsked(**self.moment()))

    def go_on_after_this(self) -> None:
        self.put(StopUnasked(**self.moment()))

    def restore(self, reason: str) -> None:
        self.put(RestoreAsked(reason=reason, **self.moment()))

    def choose_batch(self, node: str, choice: BatchChoice) -> None:
        """For the batch work that is on the node now."""
        found = tuple(one.id for one in batch_work(self._snapshots.latest, node))
        self.put(BatchChosen(node=node, choice=choice, allocations=found, **self.moment()))

    def answer_host(self, *, ran: bool) -> None:
        """Whether the host command whose end nobody saw did its work; else it is run again."""
        self.put(HostAnswered(ran=ran, **self.moment()))


def who() -> str:
    """user@host; containers run users that have a number only."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
