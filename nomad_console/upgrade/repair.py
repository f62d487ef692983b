"""What another hand changed, put back on the operator's word to go on."""

from nomad_console.domain.plan import NodePlan, Step
from nomad_console.upgrade.commands import Deregister, Register, SetEligibility
from nomad_console.upgrade.gates import ProofName
from nomad_console.upgrade.run import Cause, NodeUpgrade, Run
from nomad_console.upgrade.steps import Call

_OUT = frozenset({Step.DETACH, Step.DRAIN, Step.UPGRADE, Step.REJOIN})
_BACK = frozenset({Step.ATTACH, Step.BAKE})
_ELIGIBILITY = frozenset({"eligible", "ineligible"})


def repairs(run: Run) -> list[Call]:
    """The calls that make the node at work again what this run made it, where it is not so.

    Each reads first and writes only what differs. A drain by another hand is not ours to end.
    """
    upgrade = run.upgrade
    if run.restoring is not None or upgrade.step is None or upgrade.skipped:
        return []
    node, targets = _told(upgrade, ProofName.NODE_OURS), _told(upgrade, ProofName.TARGETS_OURS)
    held = run.hold is not None and run.hold.cause == Cause.DISTURBED
    unread = held and not node and not targets  # found before a call, and not yet in a snapshot
    found = run.plan.node(upgrade.node)
    calls: list[Call] = []
    if (unread or _ELIGIBILITY & node) and not _asked(upgrade):
        calls.append((SetEligibility, {"eligible": found.eligible and not upgrade.cordoned}))
    return [*calls, *_targets(found, upgrade, targets)]


def _told(upgrade: NodeUpgrade, name: ProofName) -> set[str]:
    """What the run was held for, and what still is not as it left it."""
    start = f"{name}: "
    return {one.removeprefix(start) for one in upgrade.told if one.startswith(start)}


def _asked(upgrade: NodeUpgrade) -> bool:
    return any(isinstance(one.write, SetEligibility) for one in upgrade.pending)


def _targets(found: NodePlan, upgrade: NodeUpgrade, named: set[str]) -> list[Call]:
    pending = [one.write for one in upgrade.pending]
    moving = {one.target.key for one in pending if isinstance(one, Deregister | Register)}
    targets = [
        one
        for one in found.targets
        if one.key not in moving and f"{one.key.id}:{one.key.port}" in named
    ]
    if upgrade.step in _OUT:
        return [(Deregister, {"target": one}) for one in targets if one.key in upgrade.detached]
    return [(Register, {"target": one}) for one in targets] if upgrade.step in _BACK else []
