"""Where Nomad, Consul and the balancer contradict each other about one machine."""

from collections.abc import Callable, Iterator

import msgspec

from nomad_console.domain.allocation import ClientStatus
from nomad_console.domain.names import release
from nomad_console.domain.node import Node, NodeStatus
from nomad_console.domain.service import CheckStatus, allocation_of
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.domain.target import Target, TargetState

_UNBELIEVABLE = {SourceState.STALE, SourceState.REFUSED, SourceState.OFF}
_GONE = {NodeStatus.DOWN, NodeStatus.DISCONNECTED}
_NAMED = 3  # of one sentence


class Disagreement(msgspec.Struct, frozen=True):
    """`kind` is stable; `text` is one short sentence about the node."""

    node_id: str
    kind: str
    text: str


def disagreements(snapshot: ClusterSnapshot, node_id: str) -> tuple[Disagreement, ...]:
    """The worst first. What a source said before it fell silent is compared with nothing.

    Looks at this node only: cheap enough for every node that changed.
    """
    node = snapshot.nodes.get(node_id)
    if node is None or not believed(snapshot, SourceName.NOMAD):
        return ()
    return tuple(
        Disagreement(node_id, kind, text)
        for source, look in _LOOKS
        if believed(snapshot, source)
        for kind, text in look(snapshot, node)
    )


def drained(node: Node) -> bool:
    """The newest drain is complete, and nobody has let work back in."""
    complete = node.last_drain is not None and node.last_drain.status == "complete"
    return complete and not node.eligible and not node.draining


def believed(snapshot: ClusterSnapshot, source: str) -> bool:
    """What it said may be held against another source: it still speaks."""
    return snapshot.source(source).state not in _UNBELIEVABLE


Found = Iterator[tuple[str, str]]


def _balancer(snapshot: ClusterSnapshot, node: Node) -> Found:
    targets = snapshot.targets_of(node.id)
    serving = [one for one in targets if one.serving]
    sending = [one for one in targets if one.serving or one.state == TargetState.DRAINING]
    bad = [one for one in targets if one.state == TargetState.UNHEALTHY]
    leaving = [one for one in targets if one.state == TargetState.DRAINING]
    if serving and node.status in _GONE:
        yield (
            "alb-sends-to-lost-node",
            f"Nomad says {node.status}, ALB still sends ({_targets(snapshot, serving)})",
        )
    elif sending and drained(node):
        yield (
            "alb-sends-to-drained-node",
            f"Nomad says drained, ALB still sends ({_targets(snapshot, sending)})",
        )
    elif serving and node.draining:
        yield (
            "alb-sends-to-draining-node",
            f"Nomad is draining, ALB still sends ({_targets(snapshot, serving)})",
        )
    if bad and node.ready and node.eligible:
        yield (
            "alb-unhealthy-node-ready",
            f"Nomad says ready, ALB unhealthy ({_targets(snapshot, bad)})",
        )
    if leaving and node.ready and node.eligible:
        yield (
            "leaving-alb-but-eligible",
            f"leaves the balancer, Nomad still places work here ({_targets(snapshot, leaving)})",
        )


def _ambiguous(snapshot: ClusterSnapshot, node: Node) -> Found:
    for key, owners in snapshot.ties.ambiguous.items():
        if node.id in owners:
            target = f"target {key.id}:{key.port} of {snapshot.group_name(key.group)}"
            yield "target-of-several-nodes", f"{target} answers to {len(owners)} nodes"


def _consul(snapshot: ClusterSnapshot, node: Node) -> Found:
    name = snapshot.consul_name(node)
    sums = snapshot.consul_sums.get(name)
    if sums is not None and sums.passing and node.status == NodeStatus.DOWN:
        instances = "instance" if sums.passing == 1 else "instances"
        yield (
            "consul-passes-on-lost-node",
            f"Nomad says down, Consul passes {sums.passing} {instances}",
        )
    checks = snapshot.problems.get(name, ())
    if node.ready and any(
        not check.service_id and check.status == CheckStatus.CRITICAL for check in checks
    ):
        yield (
            "consul-lost-ready-node",
            "Nomad says ready, Consul's check of the machine is critical",
        )
    elif node.ready:
        failing = {
            check.service_name
            for check in checks
            if check.status == CheckStatus.CRITICAL
            and _healthy(snapshot, allocation_of(check.service_id))
        }
        if failing:
            yield (
                "consul-critical-allocation-healthy",
                f"Nomad says healthy, Consul critical ({_some(sorted(failing))})",
            )
    dead = _passing_dead(snapshot, name)
    if dead:
        yield (
            "consul-passes-dead-allocation",
            f"Consul lists {_some(dead)}, whose allocation has ended",
        )


def _healthy(snapshot: ClusterSnapshot, alloc_id: str) -> bool:
    allocation = snapshot.allocations.get(alloc_id)
    return (
        allocation is not None
        and allocation.healthy is True
        and allocation.client == ClientStatus.RUNNING
        and allocation.desired == "run"
    )


def _passing_dead(snapshot: ClusterSnapshot, consul_name: str) -> list[str]:
    """Services with an instance here that passes although its allocation's tasks are over."""
    health = snapshot.node_health.get(consul_name)
    if health is None:
        return []
    failing = {check.service_id for check in health.checks if check.status != CheckStatus.PASSING}
    ended = (
        (instance, snapshot.allocations.get(allocation_of(instance.id)))
        for instance in health.instances
        if instance.id not in failing and "" not in failing
    )
    return sorted({one.name for one, allocation in ended if allocation and allocation.terminal})


def _nomad(snapshot: ClusterSnapshot, node: Node) -> Found:
    if drained(node):
        running = [
            one.index_in_group
            for one in snapshot.allocations_of(node.id)
            if one.client == ClientStatus.RUNNING and one.job_type not in {"system", None}
        ]
        if running:
            yield "drained-but-runs", f"drained, yet still running: {_some(sorted(running))}"
    versions = [release(text) for text in snapshot.server_versions]
    if versions and all(release(node.version) > known for known in versions):
        yield (
            "newer-than-servers",
            f"agent {node.version} is newer than every server ({snapshot.server_versions[-1]})",
        )


def _targets(snapshot: ClusterSnapshot, targets: list[Target]) -> str:
    return _some([f"{snapshot.group_name(one.key.group)} {one.state}" for one in targets])


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


_LOOKS: tuple[tuple[SourceName, Callable[[ClusterSnapshot, Node], Found]], ...] = (
    (SourceName.ALB, _balancer),
    (SourceName.ALB, _ambiguous),
    (SourceName.CONSUL, _consul),
    (SourceName.NOMAD, _nomad),
)
