"""Rules about what the console can see at all, and for how long."""

from datetime import timedelta

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.domain.text import duration
from nomad_console.preflight.case import Case

TOKEN_MARGIN = timedelta(minutes=30)


def sources_live(case: Case) -> list[Finding]:
    """Nothing is begun on data that may be old; a backend that is not there is said aloud."""
    found = []
    for name in SourceName:
        source = case.snapshot.source(name)
        if source.state == SourceState.LIVE:
            continue
        off = source.state == SourceState.OFF and name != SourceName.NOMAD
        level = Level.WARN if off else Level.BLOCK
        evidence = f"{name} is {source.state}" + (f": {source.reason}" if source.reason else "")
        cure = source.hint or "wait until it is live again"
        found.append(Finding(f"source:{name}", level, name, evidence, cure))
    return found


def every_namespace(case: Case) -> list[Finding]:
    """Without read-job everywhere a listing silently leaves allocations out."""
    if case.snapshot.every_namespace is True:
        return []
    seen = ", ".join(case.snapshot.namespaces) or "none"
    return [
        Finding(
            "namespaces",
            Level.BLOCK,
            "token",
            f"the token was not seen to read every namespace; it sees: {seen}",
            'give it read-job in namespace "*", else a full node may look empty',
        )
    ]


def token_lasts(case: Case) -> list[Finding]:
    """A token that expires half-way leaves a node out of the balancer, and nobody to put it back.

    The half hour is for the operator: the forecast has no time at gates in it.
    """
    expires = case.options.facts.token_expires_at
    if expires is None:
        return []
    left = expires - case.plan.made_at
    needed = timedelta(seconds=case.plan.seconds)
    if left >= needed + TOKEN_MARGIN:
        return []
    ends = f"ends in {duration(left.total_seconds())}" if left > timedelta() else "has ended"
    run = duration(case.plan.seconds)
    evidence = f"the Nomad token {ends} ({expires:%H:%M:%S} UTC), the run takes {run} and gates"
    level = Level.BLOCK if left < needed else Level.ACK
    cure = "begin with a token that lasts 30 minutes longer than the forecast, or mark fewer nodes"
    return [Finding("token-expires", level, "token", evidence, cure)]


def asked(case: Case) -> list[Finding]:
    """What only agents and Auto Scaling know is on its way."""
    if not case.options.facts.pending:
        return []
    evidence = "the nodes' agents and Auto Scaling have not answered yet"
    cure = "wait a moment: they are given some seconds"
    return [Finding("unread:agents", Level.BLOCK, "agents", evidence, cure)]


def all_read(case: Case) -> list[Finding]:
    """What the plan rests on has been read: node details, Consul's view, jobs.

    A Consul that refused will say no more: that is a finding of its own.
    """
    snapshot, plan = case.snapshot, case.plan
    refused = snapshot.source(SourceName.CONSUL).state is SourceState.REFUSED
    found = []
    for node in plan.nodes:
        missing = []
        if node.node_id in snapshot.ties.untied:
            missing.append("its details")
        if plan.consul and not refused and node.consul_name not in snapshot.node_health:
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
