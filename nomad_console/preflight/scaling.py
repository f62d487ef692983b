"""The rule about instances that an Auto Scaling group owns."""

from nomad_console.domain.facts import ScalingInstance
from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.preflight.case import Case

_UNTOUCHED = frozenset({"Standby", "EnteringStandby"})
_CURE = (
    "put the instance into Standby, or suspend HealthCheck, ReplaceUnhealthy and AZRebalance "
    "of the group, until the node is back; the host step must not stop or reboot it"
)


def owned(case: Case) -> list[Finding]:
    """A group may replace what a target group calls unhealthy, or what is stopped or rebooted."""
    facts = case.options.facts
    if facts.pending or case.snapshot.source(SourceName.ALB).state == SourceState.OFF:
        return []
    found, unknown = [], []
    for node in case.plan.nodes:
        member = facts.scaling.get(node.instance_id)
        if member is not None:
            found.append(_member(node.name, member))
        elif node.instance_id and node.instance_id not in facts.scaling_asked:
            unknown.append(node.name)
    if unknown:
        evidence = f"not known whether a group owns {', '.join(unknown)}"
        evidence += f": {facts.scaling_unknown}" if facts.scaling_unknown else ": AWS was not asked"
        cure = "allow autoscaling:DescribeAutoScalingInstances, or look in the AWS console"
        found.append(Finding("scaling", Level.WARN, "Auto Scaling", evidence, cure))
    return found


def _member(name: str, member: ScalingInstance) -> Finding:
    said = f"{member.instance_id} is {member.lifecycle} and {member.health} in Auto Scaling group "
    if member.lifecycle in _UNTOUCHED:
        evidence = f"{said}{member.group}: not checked, and registered again when it leaves Standby"
        cure = "let it leave Standby only when the node is back"
        return Finding(f"scaling:{name}", Level.WARN, name, evidence, cure)
    unknown = "its health check type, suspended processes and refreshes are not known here"
    return Finding(f"scaling:{name}", Level.ACK, name, f"{said}{member.group}; {unknown}", _CURE)
