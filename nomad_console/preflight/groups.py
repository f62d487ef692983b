"""Rules about target groups' settings, in what they mean: seconds."""

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.target import TargetGroup
from nomad_console.preflight.case import Case

LONG_DELAY_S = 300.0  # AWS's default
REGISTERED_S = 10.0  # until an ALB begins to check; aws-load-balancer-controller issue 1719
REGISTERED_NLB_S = 300.0  # at most, said AWS's support; issue 1834 there


def requests_end(case: Case) -> list[Finding]:
    """A request that is under way when the deregistration delay is over is cut with 502."""
    longest, policy = case.options.longest_request_s, case.plan.policy
    found = []
    for group in _groups(case):
        floor = policy.detach_floor_nlb_s if group.network else policy.detach_floor_s
        delay = group.deregistration_delay_s or 0.0
        if delay >= max(longest, floor):
            continue
        evidence = f"deregistration delay {delay:g} s, longest request {longest:g} s"
        evidence += f"; new ones came for {floor:g} s" if delay < floor else ""
        cure = f"set deregistration_delay.timeout_seconds to {max(longest, floor):g}, "
        cure += "or say how long requests take (edge.longest_request_s)"
        found.append(Finding(f"delay-short:{group.name}", Level.WARN, group.name, evidence, cure))
    return found


def delay_costs(case: Case) -> list[Finding]:
    """A target reads as draining until the delay is over, also when nothing is under way."""
    return [
        Finding(
            f"delay-long:{group.name}",
            Level.INFO,
            group.name,
            f"deregistration delay {delay:g} s: {delay / 60:.2g} min a node, "
            f"{delay * len(case.plan.nodes) / 60:.2g} min for {len(case.plan.nodes)}",
            "a shorter delay, still longer than the longest request, makes the run shorter",
        )
        for group in _groups(case)
        if (delay := group.deregistration_delay_s or 0.0) >= LONG_DELAY_S
    ]


def checks_mean(case: Case) -> list[Finding]:
    """When a dead target gets no more requests, and when a new one gets its first."""
    found = []
    for group in _groups(case):
        every, timeout = group.health_interval_s, group.health_timeout_s
        dead = group.unhealthy_threshold * every + timeout
        passes = group.healthy_threshold if group.network else 1
        new = (REGISTERED_NLB_S if group.network else REGISTERED_S) + passes * every
        slow = group.slow_start_s or 0.0
        evidence = f"checked every {every:g} s: dead after {group.unhealthy_threshold} failures "
        evidence += f"= noticed within {dead:g} s; a new target gets traffic within about {new:g} s"
        evidence += f", its full share {slow:g} s later" if slow else ""
        cure = "nothing: a run waits for these; a shorter interval makes both shorter"
        found.append(Finding(f"checks:{group.name}", Level.INFO, group.name, evidence, cure))
    return found


def _groups(case: Case) -> list[TargetGroup]:
    """Those that are read; the others block."""
    found = [case.snapshot.groups.get(arn) for arn in case.target_groups]
    return [one for one in found if one is not None and one.attributes is not None]
