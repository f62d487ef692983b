"""Rules about versions: servers first, never backwards, at most two releases at once.

Nomad's upgrade guide and its version-specific notes.
"""

from packaging.version import InvalidVersion, Version

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import NodePlan
from nomad_console.preflight.case import Case

_STEPS_WARN = 2
_FIRST_OF_2 = 12  # 2.0 follows 1.11
_WITHDRAWN = Version("1.9.2")
_DROPS_OLD = Version("1.9.0")  # such servers drop clients older than the next
_DROPPED = Version("1.6.0")


def target_known(case: Case) -> list[Finding]:
    """The version to come is known, and one that may be installed."""
    target = parsed(case.plan.target_version)
    if target is None:
        evidence = f"target version {case.plan.target_version or 'unknown'}"
        cure = "say which version the agents shall have"
        return [Finding("version", Level.BLOCK, "version", evidence, cure)]
    if target == _WITHDRAWN:
        evidence = f"{target} was withdrawn: its servers and clients could lose their state"
        return [Finding("version", Level.BLOCK, "version", evidence, "take 1.9.3 or later")]
    return []


def servers_first(case: Case) -> list[Finding]:
    """No agent is newer than the oldest server."""
    target, oldest = parsed(case.plan.target_version), _oldest_server(case)
    if oldest is None:
        evidence, cure = "the servers' versions are not known", "give the token agent:read"
        return [Finding("version:servers", Level.WARN, "version", evidence, cure)]
    if target is not None and target > oldest:
        evidence = f"target {target}, oldest server {oldest}"
        cure = f"upgrade the servers to {target} first"
        return [Finding("version:servers", Level.BLOCK, "version", evidence, cure)]
    return []


def not_backwards(case: Case) -> list[Finding]:
    """A downgrade needs an empty data_dir."""
    target = parsed(case.plan.target_version)
    found = []
    for node in case.plan.nodes:
        present = parsed(node.version)
        if target is not None and present is not None and target < present:
            evidence = f"{node.name} {present} to {target}"
            cure = "a downgrade needs an empty data_dir: choose a newer version"
            found.append(Finding(f"downgrade:{node.name}", Level.BLOCK, node.name, evidence, cure))
    return found


def not_too_far(case: Case) -> list[Finding]:
    """Two releases at once are the most that Nomad is tested with."""
    target = parsed(case.plan.target_version)
    return [] if target is None else [one for node in case.plan.nodes for one in _far(node, target)]


def _far(node: NodePlan, target: Version) -> list[Finding]:
    present = parsed(node.version)
    if present is None:
        evidence = f"the version of {node.name} is {node.version or 'not known'}: to {target}"
        cure = "compare the releases by hand: two at once are the most"
        return [Finding(f"skew:{node.name}", Level.WARN, node.name, evidence, cure)]
    steps = _release(target) - _release(present)
    if steps < _STEPS_WARN:
        return []
    level = Level.WARN if steps == _STEPS_WARN else Level.BLOCK
    cure = "go by the releases between" if level == Level.BLOCK else "read both upgrade guides"
    text = f"{node.name} {present} to {target}: {steps} releases at once"
    return [Finding(f"skew:{node.name}", level, node.name, text, cure)]


def not_dropped(case: Case) -> list[Finding]:
    """Servers of 1.9 and later drop clients before 1.6: their work is lost."""
    oldest = _oldest_server(case)
    if oldest is None or oldest < _DROPS_OLD:
        return []
    found = []
    for node in case.plan.nodes:
        present = parsed(node.version)
        if present is not None and present < _DROPPED:
            evidence = f"{node.name} {present}, servers {oldest}: they drop clients before 1.6"
            cure = "replace the node instead of upgrading it: its work may be lost already"
            found.append(Finding(f"dropped:{node.name}", Level.BLOCK, node.name, evidence, cure))
    return found


def parsed(text: str) -> Version | None:
    """Without build metadata, such as +ent."""
    try:
        return Version(Version(text).public)
    except InvalidVersion:
        return None


def _oldest_server(case: Case) -> Version | None:
    known = [one for one in map(parsed, case.snapshot.server_versions) if one is not None]
    return min(known, default=None)


def _release(one: Version) -> int:
    return one.minor if one.major < 2 else _FIRST_OF_2 + one.minor  # noqa: PLR2004 — Nomad 2
