"""Rules about the jobs whose work has to move."""

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.forecast import Wave, notice_s, waves
from nomad_console.domain.plan import Plan, PlanOptions
from nomad_console.domain.snapshot import ClusterSnapshot

MAX_KILL_TIMEOUT_S = 30.0  # a client's default cap
_IN_FLIGHT = frozenset({"running", "paused", "initializing", "pending", "blocked", "unblocking"})


def _subject(wave: Wave) -> str:
    return f"{wave.job.namespace}/{wave.job.id}/{wave.group.name}"


def _waves(snapshot: ClusterSnapshot, plan: Plan) -> list[Wave]:
    """Each group once, as the first of the nodes that have it sees it."""
    found: dict[str, Wave] = {}
    for node in plan.nodes:
        for wave in waves(snapshot, node):
            found.setdefault(_subject(wave), wave)
    return [found[name] for name in sorted(found)]


def away_together(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """Nomad starts a replacement when the old one has ended: such a group is away meanwhile."""
    found = []
    for wave in _waves(snapshot, plan):
        if wave.together:
            parallel = wave.group.migrate.max_parallel if wave.group.migrate else 1
            found.append(
                Finding(
                    f"count-one:{_subject(wave)}",
                    Level.ACK,
                    _subject(wave),
                    f"count {wave.group.count}, {parallel} may move at once: none is left then",
                    f"scale {wave.job.id} to {parallel + 1} and wait until all are healthy",
                )
            )
    return found


def stalled(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """What the drainer will not move before the deadline strikes."""
    found = []
    for wave in _waves(snapshot, plan):
        if wave.allowed == 0:
            evidence = f"{wave.here} here, none may move: copies without a health verdict"
            cure = f"see why {wave.job.id} is not healthy; else it is stopped at the deadline"
            found.append(
                Finding(f"stalled:{_subject(wave)}", Level.ACK, _subject(wave), evidence, cure)
            )
    return found


def shutdown_delay(snapshot: ClusterSnapshot, plan: Plan, options: PlanOptions) -> list[Finding]:
    """Other nodes' edges go on sending until they have noticed."""
    needed = options.edge_notice_s + 1.0
    found = []
    for wave in _waves(snapshot, plan):
        delay = notice_s(wave.group)
        if wave.group.services and delay < needed:
            found.append(
                Finding(
                    f"shutdown-delay:{_subject(wave)}",
                    Level.WARN,
                    _subject(wave),
                    f"shutdown_delay {delay:g} s, the edge needs {needed:g} s: expect errors",
                    f'set shutdown_delay = "{needed:g}s" in group {wave.group.name}',
                )
            )
    return found


def kill_timeout(snapshot: ClusterSnapshot, plan: Plan, options: PlanOptions) -> list[Finding]:
    """The client caps a task's time to stop without a word."""
    cap = options.max_kill_timeout_s
    limit = MAX_KILL_TIMEOUT_S if cap is None else cap
    source = "the client's default" if cap is None else "the client's"
    found = []
    for wave in _waves(snapshot, plan):
        wanted = wave.group.kill_timeout_s
        if wanted > limit:
            evidence = f"kill_timeout {wanted:g} s, {source} max_kill_timeout {limit:g} s"
            cure = "raise max_kill_timeout on the clients"
            found.append(
                Finding(
                    f"kill-timeout:{_subject(wave)}", Level.WARN, _subject(wave), evidence, cure
                )
            )
    return found


def deployments(snapshot: ClusterSnapshot, plan: Plan) -> list[Finding]:
    """A deployment under way and a drain fight for the same copies."""
    jobs = {(one.namespace, one.job_id) for node in plan.nodes for one in node.allocations}
    return [
        Finding(
            f"deployment:{one.namespace}/{one.job_id}",
            Level.BLOCK,
            f"{one.namespace}/{one.job_id}",
            f"deployment {one.id[:8]} of version {one.job_version} is {one.status}",
            "let it end, promote it or fail it",
        )
        for one in sorted(snapshot.deployments.values(), key=lambda one: one.id)
        if (one.namespace, one.job_id) in jobs and one.status in _IN_FLIGHT
    ]


def batch_work(plan: Plan) -> list[Finding]:
    """Batch allocations are left alone until the deadline, then stopped."""
    found = []
    for node in plan.nodes:
        names = [one.name for one in node.allocations if one.job_type in {"batch", "sysbatch"}]
        if names:
            evidence = f"{', '.join(names)} may run until the deadline, then is stopped"
            cure = "wait for it to end, or take the node later"
            found.append(Finding(f"batch:{node.name}", Level.WARN, node.name, evidence, cure))
    return found
