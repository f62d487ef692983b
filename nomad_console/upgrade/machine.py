"""The engine: a run and an event give the next run and what must now be done."""

from datetime import datetime
from typing import assert_never

import msgspec

from nomad_console.domain.plan import Step
from nomad_console.upgrade.answers import Answer, take_answer
from nomad_console.upgrade.commands import (
    CancelDrain,
    Command,
    CommandClass,
    Drain,
    Rejected,
    Write,
)
from nomad_console.upgrade.events import (
    Event,
    Frozen,
    GateConfirmed,
    GateOpened,
    Held,
    Observed,
    Released,
    Started,
    TimeReached,
)
from nomad_console.upgrade.gates import Observation, ProofName, Standing
from nomad_console.upgrade.run import GateState, Hold, NodeUpgrade, Pending, Run
from nomad_console.upgrade.steps import begin_next, drain_call, proceed
from nomad_console.upgrade.turn import Turn

_EARLY_S = 0.01  # a timer may ring so much before its time
_Other = Observed | TimeReached | GateOpened | GateConfirmed | Held | Frozen | Released


def advance(run: Run, event: Event) -> tuple[Run, tuple[Command, ...]]:
    """The run after the event, and the commands to carry out, in order.

    An event out of place leaves the run as it was and gives one `Rejected`. An event that changes
    nothing gives the run itself back, and needs no line in the journal.
    """
    turn = Turn(run, event.at, event.elapsed)
    refusal = _take(turn, event)
    if refusal:
        return run, (Rejected(refusal),)
    proceed(turn)
    return (run, ()) if turn.run == run else (turn.run, tuple(turn.commands))


def is_news(run: Run, observation: Observation) -> bool:
    """Whether an `Observed` with this would change the run: only then is it worth sending."""
    if _misplaced(run, observation):
        return False
    return _seen(run, observation, run.plan.made_at) != run.upgrades


def upcoming(run: Run) -> tuple[Write, ...]:
    """The calls that confirming the gate at hand would make."""
    if not run.active:
        return ()
    turn = Turn(run, run.plan.made_at, 0.0)
    begin_next(turn, 0)
    return tuple(one for one in turn.commands if isinstance(one, Write))


def _take(turn: Turn, event: Event) -> str:
    """Let the event's fact into the run; the reason where it cannot be."""
    if isinstance(event, Started):
        return _start(turn)
    if not turn.run.active:
        return "the run is over" if turn.run.ended_at else "the run has not been started"
    return take_answer(turn, event) if isinstance(event, Answer) else _take_other(turn, event)


def _take_other(turn: Turn, event: _Other) -> str:
    match event:
        case Observed():
            refusal = _observe(turn, event.observation)
        case TimeReached():
            refusal = _reach(turn)
        case GateOpened():
            refusal = _open(turn, event)
        case GateConfirmed():
            refusal = _confirm(turn, event)
        case Held():
            refusal = _hold(turn, event.reason)
        case Frozen():
            refusal = _freeze(turn, event.reason)
        case Released():
            refusal = _release(turn)
        case _:
            assert_never(event)
    return refusal


def _start(turn: Turn) -> str:
    run = turn.run
    if run.started_at is not None:
        return "the run was started before"
    if not run.upgrades:
        return "the plan has no node"
    if run.plan.blocked:
        return "the plan is blocked"
    turn.change_run(started_at=turn.at)
    return ""


def _misplaced(run: Run, observation: Observation) -> str:
    if observation.writes != run.writes:
        return "seen before the last answer"
    in_play = {(one.node, one.step) for one in run.in_play}
    if any((one.node, one.step) not in in_play for one in observation.nodes):
        return "seen of a node or step that is not in play"
    return ""


def _observe(turn: Turn, observation: Observation) -> str:
    refusal = _misplaced(turn.run, observation)
    if not refusal:
        turn.change_run(upgrades=_seen(turn.run, observation, turn.at))
    return refusal


def _seen(run: Run, observation: Observation, at: datetime) -> tuple[NodeUpgrade, ...]:
    """The nodes with their proofs as observed; a proof whose truth is the same is left alone."""
    seen = {one.node: one.proofs for one in observation.nodes}
    upgrades = []
    for upgrade in run.upgrades:
        if upgrade.node not in seen:
            upgrades.append(upgrade)
            continue
        standings = []
        for proof in seen[upgrade.node]:
            old = upgrade.standing(proof.name)
            same = old is not None and old.proof.truth == proof.truth
            standings.append(old if old is not None and same else Standing(proof, at))
        upgrades.append(msgspec.structs.replace(upgrade, proofs=tuple(standings)))
    return tuple(upgrades)


def _reach(turn: Turn) -> str:
    wait = turn.run.upgrade.wait
    if wait is None or wait.over or wait.due > turn.elapsed + _EARLY_S:
        return "nothing is due"
    turn.change(wait=msgspec.structs.replace(wait, over=True))
    return ""


def _open(turn: Turn, event: GateOpened) -> str:
    upgrade = turn.run.upgrade
    gate = upgrade.gate
    if gate is None or (upgrade.node, gate.gate) != (event.node, event.gate):
        return "this gate is not asked for"
    if gate.code:
        return "the gate is open"
    if not event.code:
        return "a gate needs a code"
    turn.change(gate=GateState(gate.gate, event.code, turn.at))
    return ""


def _confirm(turn: Turn, event: GateConfirmed) -> str:
    upgrade = turn.run.upgrade
    gate = upgrade.gate
    if gate is None or not gate.code:
        return "the gate is closed"
    if (upgrade.node, gate.gate) != (event.node, event.gate):
        return "another gate is open"
    if gate.code != event.code:
        return "the code is another"
    begin_next(turn, event.index)
    return ""


def _hold(turn: Turn, reason: str) -> str:
    if turn.run.hold is not None:
        return "the run is held"
    turn.change_run(hold=Hold(reason, turn.at))
    return ""


def _freeze(turn: Turn, reason: str) -> str:
    run, upgrade = turn.run, turn.run.upgrade
    stuck = [one for one in upgrade.pending if isinstance(one.write, CancelDrain) and one.trouble]
    if run.hold is not None and run.hold.frozen and not stuck:
        return "the run is frozen"
    turn.change_run(hold=Hold(reason, turn.at, frozen=True))
    if upgrade.step == Step.DRAIN and not upgrade.holds(ProofName.DRAIN_OVER):
        turn.change(
            cancelled=True, pending=tuple(one for one in upgrade.pending if not _is_drain(one))
        )
        turn.issue(CancelDrain, upgrade.node, run_id=run.plan.run_id)
    return ""


def _is_drain(pending: Pending) -> bool:
    """A drain, or the end of one, that did not go through: what comes now replaces it."""
    return bool(pending.trouble) and isinstance(pending.write, Drain | CancelDrain)


def _release(turn: Turn) -> str:
    """Go on: what was refused is asked again, but nothing that may happen only once."""
    if turn.run.hold is None:
        return "the run is not held"
    turn.change_run(hold=None)
    upgrade = turn.run.upgrade
    if upgrade.cancelled and upgrade.step == Step.DRAIN:
        pending = tuple(one for one in upgrade.pending if not _is_drain(one))
        turn.change(cancelled=False, pending=pending)
        kind, fields = drain_call(turn.run.plan)
        turn.issue(kind, upgrade.node, **fields)
    for one in turn.run.upgrades:
        _retry(turn, one)
    return ""


def _retry(turn: Turn, upgrade: NodeUpgrade) -> None:
    troubled = [one.write for one in upgrade.pending if one.trouble]
    if not troubled:
        return
    turn.put(upgrade, pending=tuple(one for one in upgrade.pending if not one.trouble))
    for write in troubled:
        if write.kind != CommandClass.ONCE:
            fields = msgspec.structs.asdict(write)
            turn.issue(
                type(write),
                upgrade.node,
                **{name: value for name, value in fields.items() if name not in {"id", "node"}},
            )
