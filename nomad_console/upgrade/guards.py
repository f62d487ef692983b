"""What holds a run by itself: each thing once, so that the operator may go on all the same."""

from collections.abc import Mapping

from nomad_console.domain.plan import Step
from nomad_console.upgrade.gates import CANCELED, Proof, ProofName, Truth
from nomad_console.upgrade.holds import add_hold, freeze
from nomad_console.upgrade.run import Cause, NodeUpgrade
from nomad_console.upgrade.turn import Turn

_P = ProofName
_CAUSES: Mapping[ProofName, Cause] = {
    _P.NO_UNHEALTHY: Cause.GUARD,
    _P.IN_TIME: Cause.GUARD,
    _P.PLACED: Cause.GUARD,
    _P.NODE_OURS: Cause.DISTURBED,
    _P.TARGETS_OURS: Cause.DISTURBED,
    _P.READY: Cause.DOWN,
}


def guard(turn: Turn) -> None:
    """Hold for what was not told yet; freeze a drain whose replacements do not come."""
    if not turn.run.active or turn.run.restoring is not None:
        return
    for name, cause in _CAUSES.items():
        upgrade = turn.run.upgrade
        standing = upgrade.standing(name)
        if standing is None or standing.proof.truth == Truth.UNKNOWN:
            continue
        if name == _P.READY and upgrade.step == Step.UPGRADE:  # its agent restarts
            continue
        known = {one for one in upgrade.told if one.startswith(f"{name}: ")}
        if standing.proof.truth == Truth.TRUE:
            turn.change(told=tuple(one for one in upgrade.told if one not in known))
            continue
        marks = [mark for mark in standing.proof.mark.split(",") if mark]
        news = [one for one in (f"{name}: {mark}" for mark in marks) if one not in known]
        if news:
            turn.change(told=(*upgrade.told, *news))
            _tell(turn, upgrade, standing.proof, cause)


def _tell(turn: Turn, upgrade: NodeUpgrade, proof: Proof, cause: Cause) -> None:
    reason = f"{turn.run.plan.node(upgrade.node).name}: {proof.evidence}"
    if cause == Cause.GUARD and upgrade.step == Step.DRAIN:
        freeze(turn, reason, cause)
        return
    if CANCELED in proof.mark.split(","):
        turn.change(cancelled=True)  # released, the run drains again
    add_hold(turn, reason, cause)
