"""Whether somebody else changed the node or its targets: who, where it is known, else when."""

from datetime import datetime

from nomad_console.domain.node import LastDrain
from nomad_console.domain.plan import Step
from nomad_console.domain.target import Target, TargetKey, TargetState
from nomad_console.upgrade.commands import (
    RUN_META,
    CancelDrain,
    Deregister,
    Drain,
    ExtendDrain,
    Register,
    SetEligibility,
)
from nomad_console.upgrade.gates import CANCELED
from nomad_console.upgrade.proofs.sight import (
    Sight,
    Verdict,
    disproven,
    listing,
    proven,
    unknown,
)

_NODE = (SetEligibility, Drain, ExtendDrain, CancelDrain)


def node_ours(sight: Sight) -> Verdict:
    """Eligibility as this run left it, and no drain but ours, which nobody else has ended."""
    if any(isinstance(one.write, _NODE) for one in sight.upgrade.pending):
        return unknown("a call of ours is under way")
    node = sight.node
    left_eligible = sight.found.eligible and not sight.upgrade.cordoned
    words, marks = [], []
    if node.eligible != left_eligible:
        words.append(f"became {node.eligibility}{_since(_eligibility_at(sight))}")
        marks.append(node.eligibility)
    drain = _foreign_drain(sight)
    if drain:
        words.append(drain)
        marks.append(drain.partition(" ")[0])
    return disproven("; ".join(words), ",".join(marks)) if words else proven("as we left it")


def _foreign_drain(sight: Sight) -> str:
    """What another hand did to the node's drain; "" where only this run drained it."""
    last = sight.node.last_drain
    ours = last is not None and last.meta.get(RUN_META) == sight.plan.run_id
    draining = sight.upgrade.step == Step.DRAIN
    if sight.node.draining and not (ours and draining):
        return f"drained by {_who(last)}"
    if not draining or not sight.upgrade.drained or sight.upgrade.cancelled:
        return ""
    if not ours:
        return f"undrained: the last drain is not ours, but by {_who(last)}"
    canceled = last is not None and last.status == CANCELED
    return f"{CANCELED} by {_who(last)}" if canceled else ""


def _who(last: LastDrain | None) -> str:
    if last is None:
        return "another hand"
    return (last.accessor_id or "another hand") + _since(last.updated_at)


def _eligibility_at(sight: Sight) -> datetime | None:
    """When the newest change of eligibility was; only the node's events tell."""
    detail = sight.snapshot.details.get(sight.found.node_id)
    times = [
        one.at
        for one in (detail.events if detail else ())
        if "eligible" in one.message and one.at is not None
    ]
    return max(times, default=None)


def _since(at: datetime | None) -> str:
    return f" at {at:%H:%M:%S} UTC" if at is not None else ""


def targets_ours(sight: Sight) -> Verdict:
    """Out as long as the run keeps them out; in after it gave them back."""
    if any(isinstance(one.write, Deregister | Register) for one in sight.upgrade.pending):
        return unknown("a call of ours is under way")
    back = sight.upgrade.step == Step.BAKE
    changed = []
    for one in sight.found.targets:
        target = sight.snapshot.targets.get(one.key)
        if _out(target) == back:
            word = f"{target.state} again" if target is not None and not back else "out again"
            since = sight.snapshot.target_since.get(one.key)
            changed.append((one.key, f"{one} is {word}{_since(since)}"))
    if changed:
        return disproven(listing([words for _, words in changed]), _marks(changed))
    return proven("as we left them")


def _out(target: Target | None) -> bool:
    return (
        target is None
        or target.state == TargetState.DRAINING
        or target.reason == "Target.NotRegistered"
    )


def _marks(changed: list[tuple[TargetKey, str]]) -> str:
    return ",".join(f"{key.id}:{key.port}" for key, _ in changed)
