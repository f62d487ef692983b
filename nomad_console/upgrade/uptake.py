"""What a run asks again when another console, or a later one, goes on with it.

CONVERGENT and TAGGED calls without an answer are made again: they read first. A call that may run
ONCE is made where it was never begun; begun without an answer, it is left to the operator.
"""

from datetime import timedelta

import msgspec

from nomad_console.domain.plan import Step
from nomad_console.upgrade.commands import CancelDrain, CommandClass, Drain, ExtendDrain, call
from nomad_console.upgrade.holds import add_hold
from nomad_console.upgrade.run import Cause, NodeUpgrade, Pending, Wait
from nomad_console.upgrade.turn import Turn


def take_up(turn: Turn) -> None:
    """Nothing seen before counts any more; waits that rest on unbroken sight begin again."""
    for upgrade in turn.run.upgrades:
        pending, lost = _asked_again(turn, upgrade)
        superseded = [one for one in upgrade.pending if _superseded(upgrade, one)]
        turn.forget_proofs(
            upgrade,
            pending=pending,
            wait=_waiting(turn, upgrade),
            drained=upgrade.drained or any(isinstance(one.write, Drain) for one in superseded),
        )
        for one in lost:
            add_hold(turn, _evidence(upgrade, one), Cause.UNANSWERED)


def _superseded(upgrade: NodeUpgrade, one: Pending) -> bool:
    """A drain that was asked for before its end was: it is not set once more."""
    ended = any(isinstance(other.write, CancelDrain) for other in upgrade.pending)
    return ended and isinstance(one.write, Drain | ExtendDrain)


def _asked_again(
    turn: Turn, upgrade: NodeUpgrade
) -> tuple[tuple[Pending, ...], tuple[Pending, ...]]:
    """The calls without an answer as they stand now, and those of them whose answer is lost."""
    kept, lost = [], []
    for one in upgrade.pending:
        if _superseded(upgrade, one):
            continue
        if one.trouble:
            kept.append(one)
        elif one.write.kind == CommandClass.ONCE and one.intended:
            kept.append(msgspec.structs.replace(one, trouble="no answer is known", lost=True))
            lost.append(one)
        else:
            kept.append(one)
            turn.commands.append(one.write)
    return tuple(kept), tuple(lost)


def _evidence(upgrade: NodeUpgrade, one: Pending) -> str:
    """What is known of a call whose answer is lost."""
    begun = f"begun {one.started_at:%H:%M:%S} UTC" if one.started_at else "not seen to begin"
    missing = [seen.proof for seen in upgrade.proofs if not seen.proof.holds]
    last = "; ".join(f"{proof.name}: {proof.evidence}" for proof in missing)
    seen = f"; seen last: {last}" if last else ""
    return f"no answer is known to: {call(one.write)} ({begun}){seen}"


def _waiting(turn: Turn, upgrade: NodeUpgrade) -> Wait | None:
    """Only a balancer's delay runs on unseen: the rest of it, on the new scale of `elapsed`."""
    wait = upgrade.wait
    if wait is None or wait.step != Step.DETACH or turn.run.restoring is not None:
        return None
    if wait.over or wait.began_at is None:
        return wait if wait.over else None
    gone = max(timedelta(), turn.at - wait.began_at).total_seconds()
    wait = msgspec.structs.replace(wait, due=turn.elapsed + max(0.0, wait.seconds - gone))
    turn.wake_at(wait.due)
    return wait
