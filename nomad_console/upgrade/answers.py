"""What became of the calls a run asked for."""

from typing import Any, assert_never

import msgspec

from nomad_console.upgrade.commands import (
    CancelDrain,
    CommandClass,
    Deregister,
    Drain,
    EvaluateJob,
    ExtendDrain,
    Register,
    RunHost,
    SetEligibility,
    StopAllocation,
    Write,
    call,
)
from nomad_console.upgrade.events import (
    Answered,
    Failed,
    HostEnded,
    HostStarted,
    Intended,
    Unknown,
)
from nomad_console.upgrade.restore import take_for_done, way_back
from nomad_console.upgrade.run import Cause, Hold, NodeUpgrade, Pending
from nomad_console.upgrade.turn import Turn

Answer = Intended | Answered | Failed | Unknown | HostStarted | HostEnded


def take_answer(turn: Turn, event: Answer) -> str:
    """Let the answer into the run; the reason where it answers nothing that was asked."""
    found = [
        (upgrade, pending)
        for upgrade in turn.run.upgrades
        for pending in upgrade.pending
        if pending.write.id == event.command
    ]
    if not found:
        return "nobody asked for this call, or it was answered"
    upgrade, pending = found[0]
    host = isinstance(pending.write, RunHost)
    match event:
        case Intended():
            refusal = _intend(turn, upgrade, pending)
        case Answered():
            refusal = "a host command ends, it is not answered" if host else ""
            if not refusal:
                _settle(turn, upgrade, pending, event.index)
        case Failed() | Unknown():
            refusal = _trouble(turn, upgrade, pending, event.reason)
        case HostStarted():
            refusal = "" if host and pending.started_at is None else "no host command to start"
            if not refusal:
                _renew(turn, upgrade, pending, started_at=turn.at)
        case HostEnded():
            refusal = "" if host else "this is no host command"
            if not refusal:
                _end_host(turn, upgrade, pending, event)
        case _:
            assert_never(event)
    return refusal


def _renew(turn: Turn, upgrade: NodeUpgrade, pending: Pending, **fields: Any) -> None:
    changed = msgspec.structs.replace(pending, **fields)
    turn.put(upgrade, pending=tuple(changed if one is pending else one for one in upgrade.pending))


def _intend(turn: Turn, upgrade: NodeUpgrade, pending: Pending) -> str:
    if pending.write.kind != CommandClass.ONCE or pending.intended:
        return "only a call that may run once is written down before, and once"
    _renew(turn, upgrade, pending, intended=True)
    if isinstance(pending.write, RunHost):
        turn.put(turn.run.node(upgrade.node), hosted=True)
    return ""


def _settle(turn: Turn, upgrade: NodeUpgrade, pending: Pending, index: int) -> None:
    """The call was carried out: evidence must now be newer than this."""
    turn.forget_proofs(
        upgrade,
        pending=tuple(one for one in upgrade.pending if one is not pending),
        index=max(upgrade.index, index),
        written_at=turn.at,
        **_changed(turn, upgrade, pending.write),
    )


def _changed(turn: Turn, upgrade: NodeUpgrade, write: Write) -> dict[str, Any]:
    """What the call means for what this run has changed."""
    match write:
        case SetEligibility():
            found = turn.run.plan.node(upgrade.node)
            return {"cordoned": found.eligible and not write.eligible}
        case Deregister():
            detached = dict.fromkeys((*upgrade.detached, write.target.key))
            return {"detached": tuple(detached), "detached_at": turn.at}
        case Register():
            rest = tuple(one for one in upgrade.detached if one != write.target.key)
            return {"detached": rest}
        case Drain():
            return {"drained": True}
        case StopAllocation():
            return {"stopped": (*upgrade.stopped, write.allocation)}
        case ExtendDrain() | CancelDrain() | EvaluateJob() | RunHost():
            return {}
        case _:
            assert_never(write)


def _trouble(turn: Turn, upgrade: NodeUpgrade, pending: Pending, reason: str) -> str:
    if pending.trouble:
        return "this call has failed before"
    if turn.run.restoring is not None and not way_back(pending):
        take_for_done(turn, upgrade.node, [pending])
        return ""
    once = pending.write.kind == CommandClass.ONCE
    _renew(turn, upgrade, pending, trouble=reason, intended=once)
    frozen = turn.run.hold is not None and turn.run.hold.frozen
    what = f"{call(pending.write)}: {reason}"
    turn.change_run(hold=Hold(what, turn.at, frozen, Cause.CALL))
    return ""


def _end_host(turn: Turn, upgrade: NodeUpgrade, pending: Pending, event: HostEnded) -> None:
    if event.exit_code == 0:
        _settle(turn, upgrade, pending, 0)
        turn.change(exit_code=0)
        return
    ended = "did not end" if event.exit_code is None else f"ended with {event.exit_code}"
    said = ": ".join(one for one in (event.reason, event.last) if one)
    reason = f"the host command {ended}" + (f": {said}" if said else "")
    _trouble(turn, upgrade, pending, reason)
    turn.change(exit_code=event.exit_code)
