"""Proofs about the node itself, by Nomad."""

from datetime import datetime

from nomad_console.domain.plan import Step
from nomad_console.upgrade.commands import RUN_META
from nomad_console.upgrade.gates import ProofName, Truth
from nomad_console.upgrade.proofs.sight import (
    Sight,
    Verdict,
    disproven,
    listing,
    proven,
    unknown,
    verdict,
)


def as_planned(sight: Sight) -> Verdict:
    """Nobody changed the node since the plan; our own cordon is no change."""
    node, found = sight.node, sight.found
    ours = not node.eligible and (sight.upgrade.cordoned or bool(sight.upgrade.pending))
    differences = [] if node.ready else [f"is {node.status}"]
    if node.eligible != found.eligible and not ours:
        differences.append(f"is {node.eligibility}")
    if node.draining:
        differences.append("is draining")
    if node.version != found.version:
        differences.append(f"has {node.version}")
    return verdict(not differences, listing(differences, 4) or f"ready, {node.eligibility}")


def cordoned(sight: Sight) -> Verdict:
    return verdict(not sight.node.eligible, sight.node.eligibility)


def eligible_as_found(sight: Sight) -> Verdict:
    return verdict(sight.node.eligible == sight.found.eligible, sight.node.eligibility)


def drain_over(sight: Sight) -> Verdict:
    """The drain that carries this run's id has ended: the flag does not tell whose it was."""
    last = sight.node.last_drain
    if sight.node.draining:
        return disproven("draining")
    if last is None or last.meta.get(RUN_META) != sight.plan.run_id:
        return disproven("the last drain is not ours")
    return verdict(last.status == "complete", f"the drain is {last.status}")


def undrained(sight: Sight) -> Verdict:
    """No drain of this run is set; another hand's is not ours to end."""
    last = sight.node.last_drain
    ours = last is not None and last.meta.get(RUN_META) == sight.plan.run_id
    draining = sight.node.draining
    return verdict(not (draining and ours), "draining" if draining else "not draining")


def ready(sight: Sight) -> Verdict:
    """A node that is lost is named with since when, and what that means where the run is."""
    node = sight.node
    if not node.lost:
        return verdict(node.ready, node.status)
    detail = sight.snapshot.details.get(node.id)
    fresh = detail is not None and detail.modify_index >= node.modify_index
    since = detail.status_updated_at if detail is not None and fresh else None
    at = f" since {since:%H:%M:%S}" if since is not None else ""
    return disproven(f"{node.status}{at}{_meaning(sight, since)}", node.status)


def _meaning(sight: Sight, since: datetime | None) -> str:
    match sight.upgrade.step:
        case Step.DRAIN:
            return ": its tasks cannot be stopped in order and may run on"
        case Step.UPGRADE if since is not None:
            gone = (sight.snapshot.at - since).total_seconds()
            late = gone > sight.plan.policy.stall_s
            return ": longer than an agent takes to restart" if late else ", as while it restarts"
        case _:
            return ""


def same_machine(sight: Sight) -> Verdict:
    """By instance id where there is one, else by name."""
    found = sight.found
    if not found.instance_id:
        return verdict(sight.node.name == found.name, sight.node.name)
    detail = sight.snapshot.details.get(found.node_id)
    if detail is None:
        return unknown("the node's details are not read")
    return verdict(detail.instance_id == found.instance_id, detail.instance_id or "no instance id")


def version(sight: Sight) -> Verdict:
    """The wanted version; where the node had it before, a registration newer than the step."""
    node, wanted = sight.node, sight.plan.target_version
    if node.version != wanted:
        return disproven(f"{node.version}, wanted {wanted}", node.version)
    if sight.found.version == wanted and node.modify_index <= sight.upgrade.begun_index:
        return disproven(f"{node.version}, but not registered since the step began", node.version)
    return proven(node.version, str(node.modify_index))


def runs(sight: Sight) -> Verdict:
    """Whatever version it is: what a run on its way back has left the node with."""
    return proven(sight.node.version, sight.node.version)


def registered_again(sight: Sight) -> Verdict:
    """The node's index grew after the new version was first seen: slow fingerprints are in."""
    first = sight.upgrade.standing(ProofName.VERSION)
    index = sight.node.modify_index
    if first is None or first.proof.truth != Truth.TRUE:
        return disproven("not registered with the version yet")
    return verdict(index > int(first.proof.mark), f"registered at index {index}")


def drivers(sight: Sight) -> Verdict:
    detail = sight.snapshot.details.get(sight.found.node_id)
    if detail is None or detail.modify_index < sight.node.modify_index:
        return unknown("the node's details are not read yet")
    bad = [name for name in sight.found.drivers if not detail.drivers.get(name, False)]
    if bad:
        return disproven(f"not healthy: {listing(bad)}")
    return proven(listing(list(sight.found.drivers), 4) or "it had none")
