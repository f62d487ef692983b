"""Rules about targets: which are the node's, and what their groups keep without them."""

from nomad_console.domain.capacity import listings, rooms, shares
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.domain.target import Target, TargetKey, TargetState
from nomad_console.preflight.case import Case, listed


def discovered(case: Case) -> list[Finding]:
    """Every group that could hold a target of the nodes was listed and read."""
    snapshot = case.snapshot
    if snapshot.groups_complete or _off(case):
        return []
    read = sum(arn in snapshot.group_read for arn in snapshot.groups)
    evidence = f"{read} of {len(snapshot.groups)} target groups read: others may hold the node"
    cure = "wait, or name the target groups in the settings"
    return [Finding("discovery", Level.BLOCK, "balancer", evidence, cure)]


def ties_complete(case: Case) -> list[Finding]:
    """A target is surely a node's own only when every other node's names are known."""
    others = case.snapshot.ties.untied - {node.node_id for node in case.plan.nodes}
    if _off(case) or not others or not any(node.targets for node in case.plan.nodes):
        return []
    names = sorted(case.snapshot.nodes[one].name for one in others if one in case.snapshot.nodes)
    evidence = f"{len(others)} of {len(case.snapshot.nodes)} nodes not read: {listed(names)}"
    cure = "wait until they are: a target of these nodes may be theirs as well"
    return [Finding("discovery:ties", Level.BLOCK, "balancer", evidence, cure)]


def ambiguous(case: Case) -> list[Finding]:
    """A target that answers to two nodes is deregistered for neither."""
    snapshot = case.snapshot
    if _off(case):
        return []
    marked = {node.node_id for node in case.plan.nodes}
    found = []
    for key, owners in sorted(snapshot.ties.ambiguous.items()):
        if marked.isdisjoint(owners):
            continue
        names = [snapshot.nodes[one].name for one in owners if one in snapshot.nodes]
        subject = _subject(case, key)
        evidence = f"{key.id}:{key.port} answers to {' and '.join(sorted(names))}"
        cure = "tell the nodes apart, such as by instance id"
        found.append(Finding(f"ambiguous:{subject}", Level.BLOCK, subject, evidence, cure))
    return found


def groups_read(case: Case) -> list[Finding]:
    """Nothing is taken from a group whose settings are not read."""
    found = []
    for arn in case.target_groups:
        group = case.snapshot.groups.get(arn)
        if group is None or group.attributes is None:
            name = group.name if group else arn
            evidence, cure = f"the settings of {name} are not read", "wait a moment and plan again"
            found.append(Finding(f"group-unread:{name}", Level.BLOCK, name, evidence, cure))
    return found


def targets_at_rest(case: Case) -> list[Finding]:
    """Targets that somebody else is taking out just now, or that have no port to be named by."""
    found = []
    for one in (one for node in case.plan.nodes for one in node.targets):
        subject = _subject(case, one.key)
        if case.snapshot.targets[one.key].state == TargetState.DRAINING:
            evidence = f"{one} is draining: somebody deregistered it"
            cure = "wait until it is out, or register it again"
            found.append(Finding(f"leaving:{subject}", Level.BLOCK, subject, evidence, cure))
        if not one.key.port:
            evidence = f"{one.group_name} lists {one.key.id} without a port"
            cure = "take it out by hand: AWS does nothing where the port is not named"
            found.append(Finding(f"no-port:{subject}", Level.BLOCK, subject, evidence, cure))
    return found


def others_serve(case: Case) -> list[Finding]:
    """No group, or zone of it where traffic stays there, falls below its minimum."""
    found = []
    whole = shares(case.snapshot, case.target_groups)
    for node in case.plan.nodes:
        for room in rooms(case.snapshot, {one.key for one in node.targets}, whole):
            subject = f"{room.name}/{room.zone}" if room.zone else room.name
            if not room.enough:
                evidence = f"without {node.name} {room}"
                cure = "bring more targets to health first"
                found.append(
                    Finding(
                        f"last-target:{node.name}:{subject}", Level.BLOCK, subject, evidence, cure
                    )
                )
    return found


def others_healthy(case: Case) -> list[Finding]:
    """Other targets that get no traffic now are named: something else is wrong already."""
    found = []
    for arn, rows in listings(case.snapshot, case.target_groups).items():
        sick = sorted((one for one in rows if not one.serving), key=lambda one: one.key)
        bad = [f"{one.key.id}:{one.key.port} {_state(one)}" for one in sick]
        group = case.snapshot.groups.get(arn)
        if bad and group is not None and group.load_balancers:
            name, cure = group.name, "see why before taking more away"
            evidence = f"{len(bad)} of {len(rows)} get no traffic: {listed(bad, 5)}"
            found.append(Finding(f"sick:{name}", Level.WARN, name, evidence, cure))
    return found


def zonal_shift(case: Case) -> list[Finding]:
    """While a zone's traffic is shifted away, the other zones carry it: none of theirs is spared.

    "Zonal shift" in the Network Load Balancer guide.
    """
    found = []
    own = {one.key for node in case.plan.nodes for one in node.targets}
    for arn, rows in listings(case.snapshot, case.target_groups).items():
        away = [one for one in rows if one.shifted]
        group = case.snapshot.groups.get(arn)
        if not away or group is None:
            continue
        taken = [
            f"{one.key.id}:{one.key.port}" for one in rows if one.key in own and not one.shifted
        ]
        evidence = f"zonal shift: {len(away)} of {len(rows)} targets get no new traffic"
        if taken:
            evidence += f"; {listed(taken)} carry theirs too"
        level = Level.ACK if taken else Level.WARN
        cure = "wait until the shift has ended" if taken else "only nodes of the shifted zone leave"
        found.append(Finding(f"zonal-shift:{group.name}", level, group.name, evidence, cure))
    return found


def _off(case: Case) -> bool:
    return case.snapshot.source(SourceName.ALB).state == SourceState.OFF


def _subject(case: Case, key: TargetKey) -> str:
    group = case.snapshot.groups.get(key.group)
    return f"{group.name if group else key.group}/{key.id}:{key.port}"


def _state(target: Target) -> str:
    """In AWS's words, with what keeps a healthy one from its traffic."""
    why = target.override if target.shifted else target.reason
    return f"{target.state} {why}".rstrip()
