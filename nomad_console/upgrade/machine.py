"""The engine: a run and an event give the next run and what must now be done."""

from datetime import datetime
from typing import assert_never

import msgspec

from nomad_console.domain.plan import Step
from nomad_console.upgrade import holds, orders, pace, restore
from nomad_console.upgrade.answers import take_answer
from nomad_console.upgrade.commands import Command, Rejected, Write
from nomad_console.upgrade.events import (
    Accepted,
    Answered,
    BatchChosen,
    Closed,
    Disturbed,
    Event,
    Extended,
    Failed,
    Frozen,
    GateConfirmed,
    GateOpened,
    Held,
    HostAnswered,
    HostEnded,
    HostStarted,
    HungUp,
    Intended,
    Observed,
    ProbeFailed,
    Released,
    RestoreAsked,
    Resumed,
    Skipped,
    Started,
    StopAsked,
    StopUnasked,
    TimeReached,
    Unknown,
)
from nomad_console.upgrade.gates import Gate, Observation, Proof, ProofName, Standing, Truth
from nomad_console.upgrade.guards import guard
from nomad_console.upgrade.run import Cause, GateState, NodeUpgrade, Outcome, Run
from nomad_console.upgrade.steps import begin_next, calls_of, proceed
from nomad_console.upgrade.turn import Turn
from nomad_console.upgrade.uptake import take_up

_EARLY_S = 0.01  # a timer may ring so much before its time
_Fact = Observed | TimeReached | GateOpened | GateConfirmed
_Pause = Held | Frozen | Released | HungUp | ProbeFailed | Disturbed
_Order = Accepted | Skipped | Extended | StopAsked | StopUnasked | BatchChosen | HostAnswered


def advance(run: Run, event: Event) -> tuple[Run, tuple[Command, ...]]:
    """The run after the event, and the commands to carry out, in order.

    An event out of place leaves the run as it was and gives one `Rejected`. An event that changes
    nothing gives the run itself back, and needs no line in the journal.
    """
    turn = Turn(run, event.at, event.elapsed)
    refusal = _take(turn, event)
    if refusal:
        return run, (Rejected(refusal),)
    guard(turn)
    if turn.run.restoring is not None:
        restore.proceed_back(turn, turn.run.restoring)
    else:
        proceed(turn)
    pace.tend(turn)
    return (run, ()) if turn.run == run else (turn.run, tuple(turn.commands))


def is_news(run: Run, observation: Observation) -> bool:
    """Whether an `Observed` with this would change the run: only then is it worth sending."""
    if _misplaced(run, observation):
        return False
    return _seen(run, observation, run.plan.made_at) != run.upgrades


def upcoming(run: Run) -> tuple[Write, ...]:
    """The calls that confirming the gate at hand would make."""
    if not run.active or run.restoring is not None:
        return ()
    turn = Turn(run, run.plan.made_at, 0.0)
    begin_next(turn, 0)
    return tuple(one for one in turn.commands if isinstance(one, Write))


def _take(turn: Turn, event: Event) -> str:
    """Let the event's fact into the run; the reason where it cannot be."""
    if turn.run.ended_at is not None:
        return "the run is over"
    if turn.run.started_at is None and not isinstance(event, Started | Accepted | Closed):
        return "the run has not been started"
    match event:
        case Started():
            refusal = _start(turn)
        case Observed() | TimeReached() | GateOpened() | GateConfirmed():
            refusal = _take_fact(turn, event)
        case Held() | Frozen() | Released() | HungUp() | ProbeFailed() | Disturbed():
            refusal = _take_pause(turn, event)
        case Intended() | Answered() | Failed() | Unknown() | HostStarted() | HostEnded():
            refusal = take_answer(turn, event)
        case RestoreAsked():
            refusal = restore.turn_back(turn, event)
        case Resumed():
            take_up(turn)
            refusal = ""
        case Closed():
            turn.change_run(ended_at=turn.at, outcome=Outcome.CLOSED)
            refusal = ""
        case _:
            refusal = _take_order(turn, event)
    return refusal


def _take_fact(turn: Turn, event: _Fact) -> str:
    match event:
        case Observed():
            refusal = _observe(turn, event.observation)
        case TimeReached():
            refusal = _reach(turn)
        case GateOpened():
            refusal = _open(turn, event)
        case GateConfirmed():
            refusal = _confirm(turn, event)
        case _:
            assert_never(event)
    return refusal


def _take_pause(turn: Turn, event: _Pause) -> str:
    match event:
        case Held():
            cause = Cause.SPENT if event.token else Cause.OPERATOR
            refusal = holds.hold(turn, event.reason, cause)
        case Frozen():
            refusal = holds.freeze(turn, event.reason)
        case Released():
            refusal = holds.release(turn)
        case HungUp():
            refusal = holds.hang_up(turn)
        case ProbeFailed():
            refusal = holds.fail_probe(turn, event)
        case Disturbed():
            refusal = holds.disturb(turn, event)
        case _:
            assert_never(event)
    return refusal


def _take_order(turn: Turn, event: _Order) -> str:
    restoring = turn.run.restoring
    if restoring is not None:
        if isinstance(event, Skipped):
            return restore.leave_as_is(turn, event, restoring)
        return "the run is being restored"
    match event:
        case Accepted():
            refusal = orders.accept(turn, event)
        case Skipped():
            refusal = orders.skip(turn, event)
        case Extended():
            refusal = orders.extend(turn, event)
        case StopAsked() | StopUnasked():
            refusal = orders.stop(turn, asked=isinstance(event, StopAsked))
        case BatchChosen():
            refusal = orders.choose_batch(turn, event)
        case HostAnswered():
            refusal = orders.answer_host(turn, event)
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
    orders.skip_batch_nodes(turn)
    return ""


def _misplaced(run: Run, observation: Observation) -> str:
    if observation.writes != run.writes:
        return "seen before the last answer"
    in_play = {(one.node, one.step, run.undo) for one in run.in_play}
    if any((one.node, one.step, one.undo) not in in_play for one in observation.nodes):
        return "seen of a node or step that is not in play"
    return ""


def _observe(turn: Turn, observation: Observation) -> str:
    refusal = _misplaced(turn.run, observation)
    if not refusal:
        before = turn.run
        turn.change_run(upgrades=_seen(before, observation, turn.at))
        gate = before.upgrade.gate
        if gate is not None and gate.gate == Gate.DRAIN and _drains_otherwise(before, turn.run):
            turn.change(gate=None)  # its answer would lead to another call than was shown
    return refusal


def _drains_otherwise(before: Run, after: Run) -> bool:
    calls = [calls_of(run.plan, run.upgrade, Step.DRAIN) for run in (before, after)]
    return calls[0] != calls[1]


def _seen(run: Run, observation: Observation, at: datetime) -> tuple[NodeUpgrade, ...]:
    """The nodes with their proofs as observed; a proof whose truth is the same is left alone."""
    seen = {one.node: one for one in observation.nodes}
    upgrades = []
    for upgrade in run.upgrades:
        if upgrade.node not in seen:
            upgrades.append(upgrade)
            continue
        standings = []
        for proof in seen[upgrade.node].proofs:
            old = upgrade.standing(proof.name)
            standings.append(_standing(old, proof, at))
        version = _version(run, seen[upgrade.node].proofs) or upgrade.version
        batch = seen[upgrade.node].batch
        changed = msgspec.structs.replace(
            upgrade,
            proofs=tuple(standings),
            version=version,
            batch_found=upgrade.batch_found if batch is None else batch,
        )
        upgrades.append(changed)
    return tuple(upgrades)


def _version(run: Run, proofs: tuple[Proof, ...]) -> str:
    """What the node's agent runs, where these proofs say; "" where they do not."""
    for proof in proofs:
        if proof.name == ProofName.VERSION and proof.truth == Truth.TRUE:
            return run.plan.target_version
        if proof.name in {ProofName.VERSION, ProofName.RUNS} and proof.mark:
            return proof.mark
    return ""


def _standing(old: Standing | None, proof: Proof, at: datetime) -> Standing:
    """As it was, where its truth is the same; what is wrong may be another thing than before."""
    if old is None or old.proof.truth != proof.truth:
        return Standing(proof, at)
    worse = proof.truth == Truth.FALSE and old.proof.mark != proof.mark
    return Standing(proof, old.since) if worse else old


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
