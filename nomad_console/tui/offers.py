"""What the operator may do to a run now: the engine itself is asked, so no key is shown in vain."""

from datetime import datetime
from typing import TypedDict

from nomad_console.domain.plan import BatchChoice
from nomad_console.upgrade.events import (
    BatchChosen,
    Event,
    Extended,
    Frozen,
    Held,
    HostAnswered,
    Released,
    RestoreAsked,
    Skipped,
    StopAsked,
    StopUnasked,
)
from nomad_console.upgrade.machine import advance
from nomad_console.upgrade.run import Run


class _Moment(TypedDict):
    at: datetime
    elapsed: float


class Offers:
    """Asks anew only for a run that differs, or batch work that does."""

    def __init__(self) -> None:
        self._asked: tuple[Run, tuple[str, ...]] | None = None
        self._actions: frozenset[str] = frozenset()
        self._skippable: tuple[str, ...] = ()

    def ask(self, run: Run, batch: tuple[str, ...]) -> None:
        """`batch`: the batch work that is on the node at work now."""
        if self._asked is not None and self._asked[0] is run and self._asked[1] == batch:
            return
        self._asked = (run, batch)
        self._skippable = _skippable(run)
        events = _events(run, batch)
        self._actions = frozenset(name for name, event in events.items() if _taken(run, event))

    def __contains__(self, action: str) -> bool:
        return bool(self._skippable) if action == "skip" else action in self._actions

    @property
    def skippable(self) -> tuple[str, ...]:
        """The ids of the nodes that may be left out, or left as they are, now."""
        return self._skippable


def _events(run: Run, batch: tuple[str, ...]) -> dict[str, Event]:
    """What stands behind each action of the screen."""
    node, moment = run.upgrade.node, _moment(run)
    stop = StopUnasked(**moment) if run.stopping else StopAsked(**moment)
    waits, stops = BatchChoice.WAIT, BatchChoice.STOP
    events: dict[str, Event] = {
        "hold": Held(reason="", **moment),
        "freeze": Frozen(reason="", **moment),
        "go_on": Released(**moment),
        "extend": Extended(node=node, deadline_s=1.0, **moment),
        "restore": RestoreAsked(reason="", **moment),
        "host_ran": HostAnswered(ran=True, **moment),
        "host_again": HostAnswered(ran=False, **moment),
    }
    if run.stopping or run.ahead:
        events["stop_after"] = stop
    choice = run.upgrade.batch or run.plan.batch
    if batch and choice != waits:
        events["batch_wait"] = BatchChosen(node=node, choice=waits, allocations=batch, **moment)
    if set(batch) - set(run.upgrade.stopped) and choice != stops:
        events["batch_stop"] = BatchChosen(node=node, choice=stops, allocations=batch, **moment)
    return events


def _skippable(run: Run) -> tuple[str, ...]:
    """Those behind the node at work are over, or not yet on their way back."""
    nodes = (run.upgrade.node, *(one.node for one in run.ahead))
    if run.restoring is not None:
        nodes = tuple(one.node for one in run.in_play)
    moment = _moment(run)
    return tuple(node for node in nodes if _taken(run, Skipped(node=node, by="", **moment)))


def _moment(run: Run) -> _Moment:
    return {"at": run.started_at or run.plan.made_at, "elapsed": 0.0}


def _taken(run: Run, event: Event) -> bool:
    """The engine takes it and something changes."""
    after, _ = advance(run, event)
    return after is not run
