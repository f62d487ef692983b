"""Rules about what the console can see at all."""

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Plan
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState


def sources_live(snapshot: ClusterSnapshot) -> list[Finding]:
    """Nothing is begun on data that may be old; a backend that is not there is said aloud."""
    found = []
    for name in SourceName:
        source = snapshot.source(name)
        if source.state == SourceState.LIVE:
            continue
        off = source.state == SourceState.OFF and name != SourceName.NOMAD
        level = Level.WARN if off else Level.BLOCK
        evidence = f"{name} is {source.state}" + (f": {source.reason}" if source.reason else "")
        cure = source.hint or "wait until it is live again"
        found.append(Finding(f"source:{name}", level, name, evidence, cure))
    return found


def every_namespace(snapshot: ClusterSnapshot) -> list[Finding]:
    """Without read-job everywhere a listing silently leaves allocations out."""
    if snapshot.every_namespace is True:
        return []
    seen = ", ".join(snapshot.namespaces) or "none"
    return [
        Finding(
            "namespaces",
            Level.BLOCK,
            "token",
            f"the token was not seen to read every namespace; it sees: {seen}",
            'give it read-job in namespace "*", else a full node may look empty',
        )
    ]


def all_read(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """What the plan rests on has been read: node details, Consul's view, jobs."""
    found = []
    for node in plan.nodes:
        missing = []
        if node.node_id in snapshot.ties.untied:
            missing.append("its details")
        if plan.consul and node.consul_name not in snapshot.node_health:
            missing.append("its services in Consul")
        missing += sorted(
            {
                f"job {one.job_id}"
                for one in node.allocations
                if (one.namespace, one.job_id) not in snapshot.jobs
            }
        )
        if missing:
            evidence = f"not read yet: {', '.join(missing)}"
            cure = "wait a moment and plan again"
            found.append(Finding(f"unread:{node.name}", Level.BLOCK, node.name, evidence, cure))
    return found
