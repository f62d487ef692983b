"""Rules about the jobs whose work has to move."""

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.forecast import DEFAULT_MIGRATE
from nomad_console.domain.plan import BatchChoice
from nomad_console.preflight.case import Case, named

_BATCH = {
    BatchChoice.STOP: "is stopped when the drain begins",
    BatchChoice.SKIP: "is here: the node is left out",
}
_IN_FLIGHT = frozenset({"running", "paused", "initializing", "pending", "blocked", "unblocking"})


def away_together(case: Case) -> list[Finding]:
    """Nomad starts a replacement when the old one has ended: such a group is away meanwhile."""
    found = []
    for wave in case.groups:
        if wave.together:
            parallel = (wave.group.migrate or DEFAULT_MIGRATE).max_parallel
            found.append(
                Finding(
                    f"count-one:{named(wave)}",
                    Level.ACK,
                    named(wave),
                    f"count {wave.group.count}, {parallel} may move at once: none is left then",
                    f"scale {wave.job.id} to {parallel + 1} and wait until all are healthy",
                )
            )
    return found


def stalled(case: Case) -> list[Finding]:
    """What the drainer will not move before the deadline strikes."""
    found = []
    for wave in case.groups:
        if wave.allowed == 0:
            evidence = f"{wave.here} here, none may move: copies without a health verdict"
            cure = f"see why {wave.job.id} is not healthy; else it is stopped at the deadline"
            found.append(Finding(f"stalled:{named(wave)}", Level.ACK, named(wave), evidence, cure))
    return found


def deployments(case: Case) -> list[Finding]:
    """A deployment under way and a drain fight for the same copies."""
    jobs = case.jobs
    return [
        Finding(
            f"deployment:{one.namespace}/{one.job_id}",
            Level.BLOCK,
            f"{one.namespace}/{one.job_id}",
            f"deployment {one.id[:8]} of version {one.job_version} is {one.status}",
            "let it end, promote it or fail it",
        )
        for one in sorted(case.snapshot.deployments.values(), key=lambda one: one.id)
        if (one.namespace, one.job_id) in jobs and one.status in _IN_FLIGHT
    ]


def batch_work(case: Case) -> list[Finding]:
    """A drain leaves batch work alone: until it ends by itself, or its deadline stops it."""
    found = []
    for node in case.plan.nodes:
        if node.batch:
            asked = case.plan.deadline_of(node.node_id, case.plan.batch) > 0
            until = "may run until the deadline, then is stopped" if asked else "is waited for"
            words = _BATCH.get(case.plan.batch, until)
            evidence = f"{', '.join(one.name for one in node.batch)} {words}"
            cure = "wait for it to end, stop it, or take the node later"
            found.append(Finding(f"batch:{node.name}", Level.WARN, node.name, evidence, cure))
    return found
