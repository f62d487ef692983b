"""A run read back from its journal; a Resumed event then takes it up again."""

from collections.abc import Iterable

from nomad_console.domain.plan import Plan
from nomad_console.upgrade.commands import Rejected
from nomad_console.upgrade.events import Event
from nomad_console.upgrade.machine import advance
from nomad_console.upgrade.run import Run


class ReplayError(Exception):
    """The events are not of this plan, or of another form of the engine; the text says which."""


def replay(plan: Plan, events: Iterable[Event]) -> Run:
    """The run that the journal's events led to. Raises ReplayError."""
    run = Run.of(plan)
    for number, event in enumerate(events, 1):
        after, commands = advance(run, event)
        if after is run:
            reasons = [one.reason for one in commands if isinstance(one, Rejected)]
            why = "".join(reasons) or "it changes nothing"
            raise ReplayError(f"event {number}, {type(event).__name__}, is out of place: {why}")
        run = after
    return run
