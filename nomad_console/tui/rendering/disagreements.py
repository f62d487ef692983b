"""Where the four systems contradict each other about one machine."""

from nomad_console.domain.node import Node, NodeStatus
from nomad_console.domain.service import CheckStatus, allocation_of
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.domain.target import Target, TargetState
from nomad_console.domain.truth import drained
from nomad_console.tui.rendering.text import sentence


def disagreements(snapshot: ClusterSnapshot, node_id: str) -> tuple[str, ...]:
    """One sentence each, the worst first."""
    node = snapshot.nodes.get(node_id)
    if node is None:
        return ()
    targets = snapshot.targets_of(node_id)
    return (
        *_against_balancer(snapshot, node, targets),
        *_against_consul(snapshot, node),
        *_ambiguous(snapshot, node_id),
    )


def group_name(snapshot: ClusterSnapshot, arn: str) -> str:
    group = snapshot.groups.get(arn)
    return group.name if group else arn.split("/")[1] if "/" in arn else arn


def _named(snapshot: ClusterSnapshot, targets: list[Target]) -> str:
    return sentence([f"{group_name(snapshot, one.key.group)} {one.state}" for one in targets], 2)


def _against_balancer(snapshot: ClusterSnapshot, node: Node, targets: list[Target]) -> list[str]:
    serving = [one for one in targets if one.serving]
    sending = [one for one in targets if one.serving or one.state == TargetState.DRAINING]
    bad = [one for one in targets if one.state == TargetState.UNHEALTHY]
    if serving and node.status in {NodeStatus.DOWN, NodeStatus.DISCONNECTED}:
        return [f"Nomad says {node.status}, ALB still sends ({_named(snapshot, serving)})"]
    if sending and drained(node):
        return [f"Nomad says drained, ALB still sends ({_named(snapshot, sending)})"]
    if serving and node.draining:
        return [f"Nomad is draining, ALB still sends ({_named(snapshot, serving)})"]
    if bad and node.ready and node.eligible and not node.draining:
        return [f"Nomad says ready, ALB does not ({_named(snapshot, bad)})"]
    return []


def _against_consul(snapshot: ClusterSnapshot, node: Node) -> list[str]:
    name = snapshot.consul_name(node)
    sums = snapshot.consul_sums.get(name)
    if sums is None:
        return []
    found = []
    if node.status == NodeStatus.DOWN and sums.passing:
        word = "instance" if sums.passing == 1 else "instances"
        found.append(f"Nomad says down, Consul passes {sums.passing} {word}")
    elif node.ready and sums.critical and not node.draining:
        failing = sorted(
            {
                check.service_name or check.name
                for check in snapshot.problems.get(name, ())
                if check.status == CheckStatus.CRITICAL
            }
        )
        named = f" ({sentence(failing)})" if failing else ""
        found.append(f"Nomad says ready, Consul has {sums.critical} critical{named}")
    dead = _dead_instances(snapshot, name)
    if dead:
        found.append(f"Consul lists {sentence(dead)}, whose allocation has ended")
    return found


def _dead_instances(snapshot: ClusterSnapshot, consul_name: str) -> list[str]:
    """Services whose instance here passes though its allocation's tasks are over."""
    health = snapshot.node_health.get(consul_name)
    if health is None:
        return []
    failing = {check.service_id for check in health.checks if check.status != CheckStatus.PASSING}
    dead = set()
    for instance in health.instances:
        allocation = snapshot.allocations.get(allocation_of(instance.id))
        if allocation is not None and allocation.terminal and instance.id not in failing:
            dead.add(instance.name)
    return sorted(dead)


def _ambiguous(snapshot: ClusterSnapshot, node_id: str) -> list[str]:
    return [
        f"target {key.id}:{key.port} of {group_name(snapshot, key.group)} is also another node"
        for key, owners in snapshot.ties.ambiguous.items()
        if node_id in owners
    ]
