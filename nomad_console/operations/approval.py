"""Stands in for the operator of a run that has no screen: answers gates, holds what stalls."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from nomad_console.clock import Clock
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan, Step
from nomad_console.domain.text import duration
from nomad_console.upgrade.gates import Gate, ProofName
from nomad_console.upgrade.run import Run

EVERYTHING = "all"
_LEAST_S = 15.0  # below this nothing is called slow, however short the policy's waits


class Conducting(Protocol):
    """The part of a conductor that an operator uses."""

    @property
    def run(self) -> Run: ...

    @property
    def trouble(self) -> str: ...

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]: ...

    def confirm(self, node: str, gate: Gate, code: str) -> None: ...

    def hold(self, reason: str) -> None: ...

    def freeze(self, reason: str) -> None: ...


def unaccepted(plan: Plan, accepted: tuple[str, ...]) -> tuple[Finding, ...]:
    """The findings marked ACK that nobody accepted. A BLOCK is nobody's to accept."""
    if EVERYTHING in accepted:
        return ()
    return tuple(one for one in plan.findings if one.level is Level.ACK and one.id not in accepted)


def patience_s(run: Run) -> float | None:
    """How long the present step may take before it counts as stalled; None: as long as it likes.

    Twice its forecast and the policy's stall. A drain has its deadline, a host command its own
    limit, and work by hand none.
    """
    plan, upgrade = run.plan, run.upgrade
    node = plan.node(upgrade.node)
    slack = max(_LEAST_S, plan.policy.stall_s)
    if upgrade.step is None:
        return slack
    if upgrade.step is Step.UPGRADE and (upgrade.pending or not node.host_argv):
        return None
    expected = 2 * node.forecast.of(upgrade.step) + slack
    if upgrade.step is Step.DRAIN:
        return max(expected, plan.deadline_s + slack)
    return expected


class Attendant:
    """Attends one run. `freezing`: a drain of ours is ended before the run is left held."""

    def __init__(
        self, conductor: Conducting, clock: Clock, *, approve: bool, freezing: bool
    ) -> None:
        self._conductor = conductor
        self._clock = clock
        self._approve = approve
        self._freezing = freezing
        self._changed = asyncio.Event()
        self._stage: tuple[object, ...] = ()
        self._since = 0.0
        self._told: object = None

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
        asked = any(not one.trouble for upgrade in run.upgrades for one in upgrade.pending)
        return run.hold is not None and not asked and not self._to_freeze(run)

    def _tend(self) -> None:
        """Answer the gate that is open, hold what takes too long, freeze what is left held."""
        run = self._conductor.run
        upgrade, gate = run.upgrade, run.upgrade.gate
        if run.hold is not None:
            if self._to_freeze(run) and self._first(run.hold):
                self._conductor.freeze(run.hold.reason)
        elif gate is not None and gate.code:
            if not self._first(gate):
                return
            if self._approve:
                self._conductor.confirm(upgrade.node, gate.gate, gate.code)
            else:
                name = run.plan.node(upgrade.node).name
                self._conductor.hold(f"{name}: {gate.gate}: proven, and nobody approves")
        elif run.started_at is not None and self._remaining() == 0:
            self._told = self._stage
            self._conductor.hold(_stalled(run))

    def _first(self, about: object) -> bool:
        """Whether nothing was said about this yet: an answer takes a moment to show."""
        first, self._told = about != self._told, about
        return first

    def _to_freeze(self, run: Run) -> bool:
        """Our drain would go on when we are gone."""
        hold, upgrade = run.hold, run.upgrade
        if not self._freezing or hold is None or hold.frozen:
            return False
        return upgrade.step is Step.DRAIN and not upgrade.holds(ProofName.DRAIN_OVER)

    def _remaining(self) -> float | None:
        """Seconds until the present step counts as stalled; it begins anew with what it does."""
        run = self._conductor.run
        now = self._clock.elapsed()
        stage = (run.current, run.upgrade.step, bool(run.upgrade.pending), run.hold)
        if stage != self._stage:
            self._stage, self._since = stage, now
        limit = None if run.hold is not None else patience_s(run)
        if limit is None or stage == self._told:
            return None
        return max(0.0, self._since + limit - now)


def _stalled(run: Run) -> str:
    upgrade = run.upgrade
    missing = [one.proof for one in upgrade.proofs if not one.proof.holds]
    said = "; ".join(f"{one.name}: {one.evidence}" for one in missing) or "nothing was seen yet"
    name = run.plan.node(upgrade.node).name
    limit = duration(patience_s(run) or 0.0)
    return f"{name}: {upgrade.step or 'start'} is not proven after {limit}: {said}"
