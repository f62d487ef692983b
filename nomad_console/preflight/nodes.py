"""Rules about the nodes themselves and their version."""

from packaging.version import InvalidVersion, Version

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import NodePlan, Plan, SystemJobs
from nomad_console.domain.snapshot import ClusterSnapshot

_STEPS_WARN = 2
_FIRST_OF_2 = 12  # 2.0 follows 1.11


def node_ready(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """A drain of a node that is not alive never ends; one that drains is somebody else's."""
    found = []
    for node in plan.nodes:
        row = snapshot.nodes[node.node_id]
        if not row.ready:
            cure = "bring its agent back first, or leave the node out"
            evidence = f"{node.name} is {row.status}"
            found.append(Finding(f"not-ready:{node.name}", Level.BLOCK, node.name, evidence, cure))
        if row.draining:
            who = row.last_drain.accessor_id if row.last_drain else "unknown"
            evidence = f"{node.name} is being drained by {who}"
            cure = "let that drain end, or cancel it"
            found.append(Finding(f"draining:{node.name}", Level.BLOCK, node.name, evidence, cure))
    return found


def eligibility(plan: Plan) -> list[Finding]:
    """An ineligible node stays so; its system jobs could not come back."""
    found = []
    for node in plan.nodes:
        if node.eligible:
            continue
        stuck = plan.system == SystemJobs.STOP and bool(node.system)
        level = Level.BLOCK if stuck else Level.WARN
        evidence = f"{node.name} is ineligible and will be left so"
        if stuck:
            evidence += f"; {len(node.system)} system jobs could not be placed again"
        cure = "make it eligible first" + (", or keep the system jobs" if stuck else ", if wanted")
        found.append(Finding(f"ineligible:{node.name}", level, node.name, evidence, cure))
    return found


def version(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """Servers first, never backwards, at most two releases at once (Nomad's upgrade guide)."""
    target = _parsed(plan.target_version)
    if target is None:
        evidence = f"target version {plan.target_version or 'unknown'}"
        cure = "say which version the agents shall have"
        return [Finding("version", Level.BLOCK, "version", evidence, cure)]
    servers = [_parsed(text) for text in snapshot.server_versions]
    known = [one for one in servers if one is not None]
    found = []
    if not known:
        evidence, cure = "the servers' versions are not known", "give the token agent:read"
        found.append(Finding("version:servers", Level.WARN, "version", evidence, cure))
    elif target > min(known):
        evidence = f"target {target}, oldest server {min(known)}"
        cure = "upgrade the servers first"
        found.append(Finding("version:servers", Level.BLOCK, "version", evidence, cure))
    return found + [one for node in plan.nodes for one in _skew(node, target)]


def _skew(node: NodePlan, target: Version) -> list[Finding]:
    present = _parsed(node.version)
    if present is None or present == target:
        return []
    evidence = f"{node.name} {present} to {target}"
    if target < present:
        cure = "a downgrade needs an empty data_dir: choose a newer version"
        return [Finding(f"downgrade:{node.name}", Level.BLOCK, node.name, evidence, cure)]
    steps = _release(target) - _release(present)
    if steps < _STEPS_WARN:
        return []
    level = Level.WARN if steps == _STEPS_WARN else Level.BLOCK
    cure = "go by the releases between" if level == Level.BLOCK else "read both upgrade guides"
    text = f"{evidence}: {steps} releases at once"
    return [Finding(f"skew:{node.name}", level, node.name, text, cure)]


def _parsed(text: str) -> Version | None:
    """Without build metadata, such as +ent."""
    try:
        return Version(Version(text).public)
    except InvalidVersion:
        return None


def _release(one: Version) -> int:
    return one.minor if one.major < 2 else _FIRST_OF_2 + one.minor  # noqa: PLR2004 — Nomad 2
