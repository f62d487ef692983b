"""The way back: a path of its own, with its own proofs, in an order that loses no request.

Our drain is ended and what is marked finishes; the node becomes eligible as found and proves it;
only then do its targets come back; the cordons of nodes not begun come last.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec

from nomad_console.domain.plan import RecordedTarget, Step
from nomad_console.upgrade.commands import (
    CancelDrain,
    CommandClass,
    Deregister,
    Drain,
    Register,
    SetEligibility,
)
from nomad_console.upgrade.events import RestoreAsked, Skipped
from nomad_console.upgrade.gates import ProofName, Undo
from nomad_console.upgrade.run import NodeUpgrade, Outcome, Pending, Restoring, Run
from nomad_console.upgrade.steps import evaluate_missing, give_back_cordon
from nomad_console.upgrade.turn import Turn

DELAY, PATIENCE, SLOW_START = "deregistration delay", "patience", "slow start"


def back_at(run: Run, upgrade: NodeUpgrade) -> datetime | None:
    """When the last of its addresses can be registered again, by AWS's rule for `ip` targets.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-register-targets.html
    """
    delays = [one.delay_s for one in _out(run, upgrade) if one.is_address]
    if not delays or upgrade.detached_at is None:
        return None
    return upgrade.detached_at + timedelta(seconds=max(delays))


def _out(run: Run, upgrade: NodeUpgrade) -> list[RecordedTarget]:
    return [one for one in run.plan.node(upgrade.node).targets if one.key in upgrade.detached]


def turn_back(turn: Turn, event: RestoreAsked) -> str:
    """Leave the chain where it is, and begin the way back."""
    if turn.run.restoring is not None:
        return "the run is being restored"
    at_work = turn.run.upgrade
    draining = at_work.step == Step.DRAIN and not at_work.holds(ProofName.DRAIN_OVER)
    for upgrade in turn.run.upgrades:
        turn.put(upgrade, cancelled=False, gate=None, wait=None)
        take_for_done(turn, upgrade.node, [one for one in upgrade.pending if _given_up(one)])
    held = turn.run.hold.reason if turn.run.hold is not None else ""
    restoring = Restoring(event.reason, turn.at, held=held)
    turn.change_run(hold=None, hung_up_at=None, stopping=False, restoring=restoring)
    turn.forget_proofs(turn.run.upgrade, written_at=turn.at)
    ending = any(isinstance(one.write, CancelDrain) for one in turn.run.upgrade.pending)
    if draining and not ending:
        turn.issue(CancelDrain, at_work.node, run_id=turn.run.plan.run_id)
    return ""


def _given_up(pending: Pending) -> bool:
    """It failed, or may run only once and was not begun."""
    once = pending.write.kind == CommandClass.ONCE
    return bool(pending.trouble) or (once and not pending.intended)


def way_back(pending: Pending) -> bool:
    """The call puts something back; the others are of the chain."""
    write = pending.write
    gives = isinstance(write, SetEligibility) and write.eligible
    return gives or isinstance(write, Register | CancelDrain)


def take_for_done(turn: Turn, node: str, doubtful: Collection[Pending]) -> None:
    """What failed may have worked all the same: undoing it once more costs nothing."""
    upgrade = turn.run.node(node)
    writes = [one.write for one in doubtful]
    left = [one.target.key for one in writes if isinstance(one, Deregister)]
    closed = any(isinstance(one, SetEligibility) and not one.eligible for one in writes)
    turn.put(
        upgrade,
        pending=tuple(one for one in upgrade.pending if one not in doubtful),
        detached=(*upgrade.detached, *left),
        detached_at=turn.at if left else upgrade.detached_at,
        cordoned=upgrade.cordoned or closed,
        drained=upgrade.drained or any(isinstance(one, Drain) for one in writes),
    )


def leave_as_is(turn: Turn, event: Skipped, restoring: Restoring) -> str:
    """Give up on one node: its changes stay, the way back goes on with the others."""
    upgrade = turn.run.of_node(event.node)
    if upgrade is None or event.node not in {one.node for one in turn.run.in_play}:
        return "the node is not being restored now"
    turn.put(upgrade, pending=tuple(one for one in upgrade.pending if not one.trouble))
    _change(
        turn,
        restoring,
        left=(*restoring.left, event.node),
        cordons=tuple(one for one in restoring.cordons if one != event.node),
    )
    return ""


def proceed_back(turn: Turn, restoring: Restoring) -> None:
    """Go on with the way back as far as the proofs allow."""
    while turn.run.active and turn.run.hold is None:
        _tend(turn, restoring)
        if not _done(turn.run, restoring):
            return
        restoring = _next(turn, restoring)


def _change(turn: Turn, restoring: Restoring, **fields: Any) -> Restoring:
    changed = msgspec.structs.replace(restoring, **fields)
    turn.change_run(restoring=changed)
    return changed


def _done(run: Run, restoring: Restoring) -> bool:
    """What is being undone now is answered, proven and waited for."""
    if restoring.undo == Undo.CORDONS:
        answered = not any(one.pending for one in run.upgrades)
        return answered and all(one.proven for one in run.in_play)
    upgrade = run.upgrade
    if upgrade.pending:
        return False
    if upgrade.node in restoring.left:
        return True
    if restoring.undo == Undo.ATTACH and (upgrade.detached or not _slow_start_over(run)):
        return False
    return upgrade.proven or not run.means(upgrade)


def _slow_start(run: Run) -> float:
    targets = run.plan.node(run.upgrade.node).targets
    return max((one.slow_start_s for one in targets), default=0.0)


def _slow_start_over(run: Run) -> bool:
    wait = run.upgrade.wait
    return _slow_start(run) <= 0 or (wait is not None and wait.why == SLOW_START and wait.over)


def _next(turn: Turn, restoring: Restoring) -> Restoring:
    """What comes after: of this node, of another that was begun, or the cordons of the rest."""
    run, upgrade = turn.run, turn.run.upgrade
    for undo in (Undo.REJOIN, Undo.ATTACH):
        later = list(Undo).index(undo) > list(Undo).index(restoring.undo)
        if later and _needed(upgrade, undo, restoring):
            return _begin(turn, restoring, undo)
    for place, other in enumerate(run.upgrades):
        if other.node != upgrade.node and _needed(other, Undo.REJOIN, restoring):
            turn.change_run(current=place)
            return _begin(turn, restoring, Undo.REJOIN)
    closed = [
        one.node for one in run.upgrades if _is_closed(one) and one.node not in restoring.left
    ]
    if restoring.undo != Undo.CORDONS and closed:
        return _give_back(turn, restoring, tuple(closed))
    turn.change_run(ended_at=turn.at, outcome=Outcome.RESTORED)
    return restoring


def _needed(upgrade: NodeUpgrade, undo: Undo, restoring: Restoring) -> bool:
    if upgrade.step is None or upgrade.left_out or upgrade.node in restoring.left:
        return False
    if undo == Undo.ATTACH and upgrade.step == Step.ATTACH:  # registered, not yet seen healthy
        return True
    return bool(upgrade.detached) or (undo == Undo.REJOIN and upgrade.cordoned)


def _is_closed(upgrade: NodeUpgrade) -> bool:
    untouched = upgrade.step is None or upgrade.left_out
    return untouched and (upgrade.cordoned or bool(upgrade.pending))


def _begin(turn: Turn, restoring: Restoring, undo: Undo) -> Restoring:
    changed = _change(turn, restoring, undo=undo)
    turn.forget_proofs(turn.run.upgrade, written_at=turn.at, wait=None)
    if undo == Undo.REJOIN:
        give_back_cordon(turn, turn.run.upgrade)
    return changed


def _give_back(turn: Turn, restoring: Restoring, nodes: tuple[str, ...]) -> Restoring:
    changed = _change(turn, restoring, undo=Undo.CORDONS, cordons=nodes)
    for node in nodes:
        turn.forget_proofs(turn.run.node(node), written_at=turn.at)
        give_back_cordon(turn, turn.run.node(node))
    return changed


def _tend(turn: Turn, restoring: Restoring) -> None:
    """Begin and end the waits of this part of the way, and ask once more where it takes long."""
    upgrade = turn.run.upgrade
    if upgrade.pending or upgrade.node in restoring.left:
        return
    if restoring.undo == Undo.REJOIN and not upgrade.proven:
        if upgrade.wait is None:
            turn.wake(turn.run.plan.policy.stall_s, PATIENCE)
        elif upgrade.wait.over:
            evaluate_missing(turn)
    elif restoring.undo == Undo.ATTACH:
        _tend_attach(turn)


def _tend_attach(turn: Turn) -> None:
    """Register what may come back, again where it stays away, and let its share grow."""
    run, upgrade = turn.run, turn.run.upgrade
    wait = upgrade.wait.why if upgrade.wait is not None else ""
    over = upgrade.wait is not None and upgrade.wait.over
    if upgrade.detached:
        due = back_at(run, upgrade)
        left = (due - turn.at).total_seconds() if due is not None else 0.0
        waited = left <= 0 or (wait == DELAY and over)
        ready = [one for one in _out(run, upgrade) if waited or not one.is_address]
        if not ready and wait != DELAY:
            turn.wake(left, DELAY)
        _register(turn, ready)
    elif not upgrade.holds(ProofName.HEALTHY):
        if wait != PATIENCE:
            turn.wake(run.plan.policy.stall_s, PATIENCE)
        elif over:
            turn.change(wait=None)
            _register(turn, run.plan.node(upgrade.node).targets)
    elif _slow_start(run) > 0 and wait != SLOW_START:
        turn.wake(_slow_start(run), SLOW_START)


def _register(turn: Turn, targets: Collection[RecordedTarget]) -> None:
    for one in targets:
        turn.issue(Register, turn.run.upgrade.node, target=one)
