"""Stands in for the operator of a run that has no screen: answers gates, holds what stalls."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple, Protocol

from nomad_console.clock import Clock
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan, Step
from nomad_console.domain.text import duration
from nomad_console.upgrade.events import Event
from nomad_console.upgrade.gates import Gate, ProofName
from nomad_console.upgrade.run import Cause, Hold, Pending, Run
from nomad_console.upgrade.steps import deadline_of

EVERYTHING = "all"
_ANSWER_S = 30.0  # longer than any client waits for an answer
_LEFT_HELD = frozenset({Cause.DISTURBED, Cause.HUNG_UP, Cause.UNANSWERED})
_LEAST_S = 15.0  # below this nothing is called slow, however short the policy's waits
_LEAST_TOLD_S = 5.0  # nor what Nomad's events tell as it happens


class Conducting(Protocol):
    """The part of a conductor that an operator uses."""

    @property
    def run(self) -> Run: ...

    @property
    def trouble(self) -> str: ...

    @property
    def events(self) -> asyncio.Queue[Event]: ...

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]: ...

    def confirm(self, node: str, gate: Gate, code: str) -> None: ...

    def hold(self, reason: str) -> None: ...

    def freeze(self, reason: str) -> None: ...

    def restore(self, reason: str) -> None: ...


class Orders(NamedTuple):
    """What to do instead of asking. `restore` on failure; `freeze` a drain before leaving it."""

    approve: bool = False
    restore: bool = False
    freeze: bool = True


def unaccepted(plan: Plan, accepted: tuple[str, ...]) -> tuple[Finding, ...]:
    """The findings marked ACK that nobody accepted. A BLOCK is nobody's to accept."""
    if EVERYTHING in accepted:
        return ()
    return tuple(one for one in plan.findings if one.level is Level.ACK and one.id not in accepted)


def patience_s(run: Run) -> float | None:
    """How long the present step may take before it counts as stalled; None: as long as it likes.

    Twice its forecast and the policy's stall; on the way back, that of the whole node. A drain has
    its deadline, if any, a host command its own limit and then the time to settle, and work by hand
    has none.
    """
    plan, upgrade = run.plan, run.upgrade
    node = plan.node(upgrade.node)
    slack = max(_LEAST_S, plan.policy.stall_s)
    if run.restoring is not None:
        return 2 * (node.forecast.seconds + slack)
    if upgrade.step is None:
        return slack
    if upgrade.step is Step.UPGRADE:
        if upgrade.pending or not node.host_argv:
            return None
        return plan.policy.settle_s + max(_LEAST_TOLD_S, plan.policy.stall_s)
    expected = 2 * node.forecast.of(upgrade.step) + slack
    if upgrade.step is not Step.DRAIN:
        return expected
    deadline = deadline_of(plan, upgrade)
    return max(expected, deadline + slack) if deadline else None


class Attendant:
    """Attends one run by its orders."""

    def __init__(self, conductor: Conducting, clock: Clock, orders: Orders) -> None:
        self._conductor = conductor
        self._clock = clock
        self._orders = orders
        self._changed = asyncio.Event()
        self._stage: tuple[object, ...] = ()
        self._since = 0.0
        self._told: object = None
        self._unapproved = False

    async def attend(self) -> None:
        """Return when the run is over, or held with no call under way."""
        unwatch = self._conductor.watch(self._changed.set)
        try:
            while not self._left_alone():
                self._changed.clear()
                self._tend()
                await self._clock.wait(self._changed, self._remaining())
        finally:
            unwatch()

    def _left_alone(self) -> bool:
        """Nothing more will happen by itself, or may be done by us."""
        run = self._conductor.run
        if self._conductor.trouble or run.ended_at is not None:
            return True
        if run.hold is None or not self._conductor.events.empty():
            return False
        return not (self._to_restore(run) or self._to_freeze(run) or self._under_way(run))

    def _under_way(self, run: Run) -> bool:
        """A call whose answer is to be waited for, a while."""
        return bool(_asked(run)) and self._remaining() != 0

    def _tend(self) -> None:
        """Answer the gate that is open, hold what takes too long, go back from what is held."""
        run = self._conductor.run
        upgrade, gate = run.upgrade, run.upgrade.gate
        if run.hold is not None:
            self._leave(run, run.hold)
        elif gate is not None and gate.code:
            if not self._first(gate):
                return
            if self._orders.approve:
                self._conductor.confirm(upgrade.node, gate.gate, gate.code)
            else:
                self._unapproved = True
                name = run.plan.node(upgrade.node).name
                self._conductor.hold(f"{name}: {gate.gate}: proven, and nobody approves")
        elif run.started_at is not None and self._remaining() == 0:
            self._told = self._stage
            self._conductor.hold(_stalled(run))

    def _leave(self, run: Run, hold: Hold) -> None:
        if self._to_restore(run):
            if self._first(hold):
                self._conductor.restore(hold.reason)
        elif self._to_freeze(run) and self._first(hold):
            self._conductor.freeze(hold.reason)

    def _first(self, about: object) -> bool:
        """Whether nothing was said about this yet: an answer takes a moment to show."""
        first, self._told = about != self._told, about
        return first

    def _to_restore(self, run: Run) -> bool:
        """A failure, and nobody else's work that going back would undo."""
        if not self._orders.restore or self._unapproved or run.restoring is not None:
            return False
        return run.hold is not None and run.hold.cause not in _LEFT_HELD

    def _to_freeze(self, run: Run) -> bool:
        """Our drain would go on when we are gone."""
        hold, upgrade = run.hold, run.upgrade
        if not self._orders.freeze or hold is None or hold.frozen or run.restoring is not None:
            return False
        return upgrade.step is Step.DRAIN and not upgrade.holds(ProofName.DRAIN_OVER)

    def _remaining(self) -> float | None:
        """Seconds until the present step counts as stalled; it begins anew with what it does."""
        run = self._conductor.run
        now = self._clock.elapsed()
        stage = (run.current, run.upgrade.step, run.undo, bool(run.upgrade.pending), run.hold)
        if stage != self._stage:
            self._stage, self._since = stage, now
        limit = patience_s(run) if run.hold is None else _answers_s(run)
        if limit is None or stage == self._told:
            return None
        return max(0.0, self._since + limit - now)


def _asked(run: Run) -> list[Pending]:
    return [one for upgrade in run.upgrades for one in upgrade.pending if not one.trouble]


def _answers_s(run: Run) -> float | None:
    """How long a held run's calls are waited for; a host command ends by its own limit."""
    return None if any(one.started_at is not None for one in _asked(run)) else _ANSWER_S


def _stalled(run: Run) -> str:
    upgrade = run.upgrade
    missing = [one.proof for one in upgrade.proofs if not one.proof.holds]
    said = "; ".join(f"{one.name}: {one.evidence}" for one in missing) or "nothing was seen yet"
    name = run.plan.node(upgrade.node).name
    limit = duration(patience_s(run) or 0.0)
    again = "; `resume --host-step again` runs its host command again"
    cure = again if upgrade.hosted and any(one.name == ProofName.VERSION for one in missing) else ""
    word = run.undo or upgrade.step or "start"
    return f"{name}: {word} is not proven after {limit}: {said}{cure}"
