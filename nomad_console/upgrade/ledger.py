"""What a run has changed and not put back."""

import msgspec

from nomad_console.domain.plan import NodePlan, Step, SystemJobs
from nomad_console.upgrade.commands import Deregister, Drain, RunHost, SetEligibility
from nomad_console.upgrade.run import NodeUpgrade, Run

_CHAIN = list(Step)


class Change(msgspec.Struct, frozen=True):
    """One difference from the start. `inverse` "": cannot be undone. Not `sure`: no answer yet."""

    node: str
    name: str
    change: str
    inverse: str
    sure: bool = True


def ledger(run: Run) -> tuple[Change, ...]:
    """Every difference that this run made, in the order it was made.

    After a whole run only what cannot be undone is left.
    """
    return tuple(
        change
        for upgrade in run.upgrades
        for change in _changes(run, run.plan.node(upgrade.node), upgrade)
    )


def _changes(run: Run, node: NodePlan, upgrade: NodeUpgrade) -> list[Change]:
    def change(what: str, inverse: str, *, sure: bool = True) -> Change:
        return Change(node.node_id, node.name, what, inverse, sure)

    writes = [one.write for one in upgrade.pending]
    changes = []
    maybe = any(isinstance(one, SetEligibility) for one in writes)
    if upgrade.cordoned or maybe:
        changes.append(change("was eligible, is ineligible", "eligible again", sure=not maybe))
    asked = {one.target.key for one in writes if isinstance(one, Deregister)}
    for target in node.targets:
        if target.key in upgrade.detached or target.key in asked:
            sure = target.key in upgrade.detached
            changes.append(change(f"{target} left the balancer", "register it again", sure=sure))
    maybe = any(isinstance(one, Drain) for one in writes)
    if (upgrade.drained or maybe) and _movable(run, node, upgrade):
        changes.append(change("work was moved to other nodes", "", sure=upgrade.drained))
    changes += [change(f"batch work {_name(node, one)} was stopped", "") for one in upgrade.stopped]
    became = _version(run, node, upgrade)
    if became and became != node.version:
        changes.append(change(f"{node.version} became {became}", ""))
    elif became is None:
        words = f"{node.version} may have become {run.plan.target_version}"
        changes.append(change(words, "", sure=False))
    return changes


def _version(run: Run, node: NodePlan, upgrade: NodeUpgrade) -> str | None:
    """What the node runs now, by its own word; None: its host step may still change it."""
    place = -1 if upgrade.step is None else _CHAIN.index(upgrade.step)
    if place > _CHAIN.index(Step.UPGRADE):
        return upgrade.version or run.plan.target_version
    if place < _CHAIN.index(Step.UPGRADE) or not (upgrade.hosted or not node.host_argv):
        return node.version
    host = [one for one in upgrade.pending if isinstance(one.write, RunHost) and one.intended]
    at_work = any(not one.trouble or one.lost for one in host)
    return None if at_work and upgrade.version in {"", node.version} else upgrade.version or None


def _movable(run: Run, node: NodePlan, upgrade: NodeUpgrade) -> bool:
    """Something was there that a drain moves."""
    stops = run.plan.system == SystemJobs.STOP
    planned = any(stops or one.job_type != "system" for one in node.allocations)
    return planned or bool(upgrade.batch_found)


def _name(node: NodePlan, allocation: str) -> str:
    return next((one.name for one in node.allocations if one.id == allocation), allocation[:8])
