"""Rules about target groups: what would be deregistered, and what would be left."""

from nomad_console.domain.capacity import rooms
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.domain.target import TargetState


def targets_known(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """Every target of the node is known, surely its own, and its group's settings are read."""
    if snapshot.source(SourceName.ALB).state == SourceState.OFF:
        return []
    found = []
    if not snapshot.groups_complete:
        evidence = f"{len(snapshot.groups)} target groups read, not all of them"
        cure = "wait, or name the target groups in the settings"
        found.append(Finding("discovery", Level.BLOCK, "balancer", evidence, cure))
    return found + _ambiguous(snapshot, plan) + _targets(snapshot, plan)


def _ambiguous(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    found = []
    for key, owners in sorted(snapshot.ties.ambiguous.items()):
        names = [snapshot.nodes[one].name for one in owners if one in snapshot.nodes]
        if not any(node.node_id in owners for node in plan.nodes):
            continue
        group = snapshot.groups.get(key.group)
        subject = f"{group.name if group else key.group}/{key.id}:{key.port}"
        evidence = f"{key.id}:{key.port} answers to {' and '.join(sorted(names))}"
        cure = "tell the nodes apart, such as by instance id"
        found.append(Finding(f"ambiguous:{subject}", Level.BLOCK, subject, evidence, cure))
    return found


def _targets(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """Settings that are not read, and targets that somebody else is taking out just now."""
    recorded = [one for node in plan.nodes for one in node.targets]
    found = []
    for arn in sorted({one.key.group for one in recorded}):
        group = snapshot.groups.get(arn)
        if group is None or group.attributes is None:
            name = group.name if group else arn
            evidence, cure = f"the settings of {name} are not read", "wait a moment and plan again"
            found.append(Finding(f"group-unread:{name}", Level.BLOCK, name, evidence, cure))
    for one in recorded:
        if snapshot.targets[one.key].state == TargetState.DRAINING:
            subject = f"{one.group_name}/{one.key.id}:{one.key.port}"
            evidence = f"{one} is draining: somebody deregistered it"
            cure = "wait until it is out, or register it again"
            found.append(Finding(f"leaving:{subject}", Level.BLOCK, subject, evidence, cure))
    return found


def others_serve(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """No group falls below its minimum; other targets that are not healthy are named."""
    found = []
    for node in plan.nodes:
        keys = {one.key for one in node.targets}
        for room in rooms(snapshot, keys):
            subject = f"{room.name}/{room.zone}" if room.zone else room.name
            if not room.enough:
                cure = "bring more targets to health first"
                found.append(
                    Finding(
                        f"last-target:{node.name}:{subject}",
                        Level.BLOCK,
                        subject,
                        f"without {node.name} {room}",
                        cure,
                    )
                )
    return found + _sick(snapshot, plan)


def _sick(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    groups = {one.key.group for node in plan.nodes for one in node.targets}
    found = []
    for arn in sorted(groups):
        bad = [
            f"{one.key.id}:{one.key.port} {one.state}"
            for key, one in sorted(snapshot.targets.items())
            if key.group == arn and not one.serving
        ]
        group = snapshot.groups.get(arn)
        if bad and group is not None and group.load_balancers:
            name = group.name
            cure = "see why before taking more away"
            found.append(Finding(f"sick:{name}", Level.WARN, name, ", ".join(bad), cure))
    return found
