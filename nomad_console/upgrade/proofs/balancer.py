"""Proofs about the load balancer, by its target groups."""

from nomad_console.domain.capacity import rooms
from nomad_console.domain.plan import RecordedTarget
from nomad_console.domain.target import Target, TargetState
from nomad_console.upgrade.gates import ProofName, Truth
from nomad_console.upgrade.proofs.sight import Sight, Verdict, disproven, listing, proven, verdict


def oldest_reading(sight: Sight) -> str:
    """When the oldest reading of the node's groups was begun, as text that sorts."""
    readings = sight.snapshot.group_read
    begun = [readings[one.key.group].begun_at for one in sight.found.targets]
    return min(begun).isoformat(timespec="microseconds")


def as_planned(sight: Sight) -> Verdict:
    """Exactly the recorded targets are tied to the node, and none of them is ambiguous."""
    ties = sight.snapshot.ties
    now = set(ties.targets_of.get(sight.found.node_id, ()))
    recorded = {one.key for one in sight.found.targets}
    gone = [str(one) for one in sight.found.targets if one.key not in now]
    new = [f"{key.id}:{key.port}" for key in sorted(now - recorded)]
    if gone or new:
        words = [f"gone: {listing(gone)}"] if gone else []
        return disproven("; ".join(words + ([f"new: {listing(new)}"] if new else [])))
    return proven(f"{len(recorded)} as recorded")


def others_serve(sight: Sight) -> Verdict:
    """Every group keeps enough healthy targets without this node."""
    found = rooms(sight.snapshot, {one.key for one in sight.found.targets})
    short = [str(room) for room in found if not room.enough]
    return verdict(not short, listing(short or [str(room) for room in found]) or "not in use")


def released(sight: Sight) -> Verdict:
    """Each target absent from the whole listing, or unused because it is not registered."""
    still = []
    for one in sight.found.targets:
        target = sight.snapshot.targets.get(one.key)
        if target is None or _not_registered(target):
            continue
        still.append(f"{one} {target.state}")
    if still:
        return disproven(listing(still))
    count = len(sight.found.targets)
    return proven(f"{count} of {count} not registered", oldest_reading(sight))


def released_twice(sight: Sight) -> Verdict:
    first = sight.upgrade.standing(ProofName.RELEASED)
    if first is None or first.proof.truth != Truth.TRUE or released(sight).truth != Truth.TRUE:
        return disproven("not seen out yet")
    again = oldest_reading(sight) > first.proof.mark
    return verdict(again, "seen out twice" if again else "seen out once")


def healthy(sight: Sight) -> Verdict:
    """Each recorded target gets traffic; in a group that no balancer uses it is registered."""
    missing = []
    for one in sight.found.targets:
        target = sight.snapshot.targets.get(one.key)
        if target is None:
            missing.append(f"{one} is not registered")
        elif not target.serving and not _idle(sight, one, target):
            missing.append(f"{one} {target.state} {target.reason}".rstrip())
    count = len(sight.found.targets)
    return verdict(not missing, listing(missing) or f"{count} of {count} healthy")


def _not_registered(target: Target) -> bool:
    return target.state == TargetState.UNUSED and target.reason == "Target.NotRegistered"


def _idle(sight: Sight, one: RecordedTarget, target: Target) -> bool:
    group = sight.snapshot.groups.get(one.key.group)
    unused = group is not None and not group.load_balancers
    return unused and (target.state, target.reason) == (TargetState.UNUSED, "Target.NotInUse")
