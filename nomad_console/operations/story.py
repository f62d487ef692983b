"""A run as its journal tells it: who did what and when, and every stretch of its way."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from nomad_console.domain.plan import Plan, Step
from nomad_console.domain.text import duration
from nomad_console.operations.narration import call_of
from nomad_console.upgrade.commands import call
from nomad_console.upgrade.events import (
    Accepted,
    Answered,
    BatchChosen,
    Closed,
    Event,
    Extended,
    Failed,
    GateConfirmed,
    HostAnswered,
    HostEnded,
    HostStarted,
    Observed,
    Released,
    RestoreAsked,
    Resumed,
    Skipped,
    Started,
    StopAsked,
    StopUnasked,
    Unknown,
)
from nomad_console.upgrade.gates import Standing, Undo
from nomad_console.upgrade.machine import advance
from nomad_console.upgrade.run import Run


class Told(NamedTuple):
    """One thing that happened, with who did it where somebody did."""

    at: datetime
    text: str


class Stretch(NamedTuple):
    """A step of the chain, or of the way back, of one node. `ended_at` None: it goes on.

    `left`: it was not brought to its end. `proofs` as they stood when it ended.
    """

    node: str
    what: Step | Undo
    begun_at: datetime
    ended_at: datetime | None = None
    left: bool = False
    proofs: tuple[Standing, ...] = ()


class Story:
    """Follows a run event by event; `by` is whose console conducts it."""

    def __init__(self, by: str = "") -> None:
        self.by = by
        self.told: list[Told] = []
        self.stretches: list[Stretch] = []

    def take(self, event: Event, before: Run, after: Run) -> None:
        """An event that changed the run from `before` to `after`."""
        if isinstance(event, Resumed):
            self.by = event.by
        told = (*self._words(event, before, after), *_consequences(before, after))
        self.told += [Told(event.at, text) for text in told if text]
        here = _place(after)
        if here != _place(before):
            self._end(event, before, after)
            if here is not None:
                self.stretches.append(Stretch(*here, event.at))

    def of_node(self, node: str) -> tuple[Stretch, ...]:
        """The node's own: cordons that come back are of others."""
        own = (one for one in self.stretches if one.what is not Undo.CORDONS)
        return tuple(one for one in own if one.node == node)

    def _end(self, event: Event, before: Run, after: Run) -> None:
        """The last stretch ends with what was seen of its node."""
        if not self.stretches or self.stretches[-1].ended_at is not None:
            return
        last = self.stretches[-1]
        turned = after.restoring is not None and before.restoring is None
        self.stretches[-1] = last._replace(
            ended_at=event.at,
            left=turned or isinstance(event, Closed),
            proofs=_proofs(event, before, last.node),
        )

    def _words(self, event: Event, before: Run, after: Run) -> Iterator[str]:
        write = call_of(event, before, after)
        named = write.node if write is not None else getattr(event, "node", "")
        name = after.plan.node((after.of_node(named) or after.upgrade).node).name
        match event:
            case Started():
                yield f"begun by {self.by}"
            case Resumed():
                yield f"taken up by {self.by}"
            case Answered() if write is not None:
                yield f"{name}: {call(write)}"
            case Failed(reason=reason) | Unknown(reason=reason) if write is not None:
                if after.hold is before.hold:  # else the hold says it
                    yield f"{name}: {call(write)}: {reason}"
            case HostStarted() if write is not None:
                yield f"{name}: begun: {call(write)}"
            case HostEnded(exit_code=code):
                if code == 0 or after.hold is before.hold:
                    yield f"{name}: the host command {_ended(event)}"
            case Closed(by=by, found=found):
                left = "; ".join(found) or "nobody looked"
                yield f"closed by hand by {by}, left as found: {left}"
            case _:
                yield from self._answered(event, name)
                yield from self._asked(event, name)

    def _answered(self, event: Event, name: str) -> Iterator[str]:
        """What an operator answered where the run asked, or a command in his stead."""
        match event:
            case GateConfirmed(gate=gate):
                yield f"{name}: {gate}: confirmed by {self.by}"
            case Accepted(findings=findings):
                yield f"accepted by {self.by}: {', '.join(findings)}"
            case Released():
                yield f"released by {self.by}"
            case HostAnswered(ran=ran):
                said = "did its work" if ran else "is to be run again"
                yield f"{name}: the host command {said}: {self.by}"
            case _:
                pass

    def _asked(self, event: Event, name: str) -> Iterator[str]:
        """What they asked for by themselves."""
        match event:
            case Skipped(by=by):
                yield f"{name}: skipped by {by}"
            case Extended(deadline_s=limit):
                given = f"gets {duration(limit)} more" if limit else "has no deadline any more"
                yield f"{name}: the drain {given}: {self.by}"
            case StopAsked():
                yield f"to stop after {name}: {self.by}"
            case StopUnasked():
                yield f"not to stop after {name}: {self.by}"
            case BatchChosen(choice=choice):
                yield f"{name}: batch work: {choice}: {self.by}"
            case RestoreAsked(reason=reason):
                yield f"to be put back, by {self.by}: {reason}"
            case _:
                pass


def retold(plan: Plan, by: str, events: Iterable[Event]) -> tuple[Run, Story]:
    """A run and its story from the journal's events; what is out of place changes nothing."""
    run, story = Run.of(plan), Story(by)
    for event in events:
        after, _ = advance(run, event)
        if after is not run:
            story.take(event, run, after)
        run = after
    return run, story


def _consequences(before: Run, after: Run) -> Iterator[str]:
    """What the engine made of it: a hold, the next part of the way back, the end."""
    if after.hold is not None and after.hold != before.hold:
        yield f"{'frozen' if after.hold.frozen else 'held'}: {after.hold.reason}"
    here = _place(after)
    if after.restoring is not None and here is not None and here != _place(before):
        node = "" if after.undo is Undo.CORDONS else f"{after.plan.node(here[0]).name}: "
        yield f"way back: {node}{after.undo}"
    if after.ended_at is not None and before.ended_at is None:
        yield str(after.outcome)


def _place(run: Run) -> tuple[str, Step | Undo] | None:
    """The node at work and what is done there; None before the first step and after the end."""
    what = run.undo or run.upgrade.step
    if not run.active or what is None:
        return None
    return run.upgrade.node, what


def _proofs(event: Event, before: Run, node: str) -> tuple[Standing, ...]:
    standings = {one.proof.name: one for one in before.node(node).proofs}
    seen = event.observation.nodes if isinstance(event, Observed) else ()
    for proof in (proof for one in seen if one.node == node for proof in one.proofs):
        old = standings.get(proof.name)
        same = old is not None and old.proof.truth == proof.truth
        since = old.since if old is not None and same else event.at
        standings[proof.name] = Standing(proof, since)
    return tuple(standings.values())


def _ended(event: HostEnded) -> str:
    how = "did not end" if event.exit_code is None else f"ended with {event.exit_code}"
    return ": ".join(one for one in (how, event.reason, event.last) if one)
