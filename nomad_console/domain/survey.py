"""A node as found, before anything is touched."""

from nomad_console.domain.allocation import Allocation
from nomad_console.domain.plan import (
    FoundAllocation,
    GroupBefore,
    NodePlan,
    RecordedTarget,
    ServiceBefore,
)
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.domain.target import Target

UNREAD_DELAY_S = 300.0  # AWS's default, for groups whose attributes are not read


def job_type(snapshot: ClusterSnapshot, allocation: Allocation) -> str:
    """service, batch, system or sysbatch; "" where nothing says so yet."""
    if allocation.job_type is not None:
        return allocation.job_type
    key = (allocation.namespace, allocation.job_id)
    job = snapshot.jobs.get(key) or snapshot.job_stubs.get(key)
    return job.type if job else ""


def batch_work(snapshot: ClusterSnapshot, node_id: str) -> tuple[Allocation, ...]:
    """What a drain of the node leaves alone until its deadline, as it is now."""
    return tuple(
        one
        for one in snapshot.allocations_of(node_id)
        if not one.terminal and job_type(snapshot, one) in {"batch", "sysbatch"}
    )


def survey(snapshot: ClusterSnapshot, node_id: str) -> NodePlan:
    """Everything that must be as before when the node is back. The node must be listed."""
    node = snapshot.nodes[node_id]
    detail = snapshot.details.get(node_id)
    consul_name = snapshot.consul_name(node)
    live = [one for one in snapshot.allocations_of(node_id) if not one.terminal]
    targets = sorted(snapshot.targets_of(node_id), key=lambda one: one.key)
    return NodePlan(
        node_id=node_id,
        name=node.name,
        address=node.address,
        instance_id=detail.instance_id if detail else "",
        version=node.version,
        eligible=node.eligible,
        consul_name=consul_name,
        drivers=tuple(sorted(name for name, well in detail.drivers.items() if well))
        if detail
        else (),
        targets=tuple(_recorded(snapshot, one) for one in targets),
        allocations=tuple(
            FoundAllocation(
                id=one.id,
                namespace=one.namespace,
                name=one.name,
                job_id=one.job_id,
                group=one.group,
                job_type=job_type(snapshot, one),
                restarts=one.restarts,
            )
            for one in sorted(live, key=lambda one: (one.name, one.id))
        ),
        services=_services(snapshot, consul_name),
    )


def groups_before(
    snapshot: ClusterSnapshot, nodes: tuple[NodePlan, ...]
) -> tuple[GroupBefore, ...]:
    """The service groups on these nodes, with their running copies everywhere."""
    counts = {
        (one.namespace, one.job_id, one.group): 0
        for node in nodes
        for one in node.allocations
        if one.job_type == "service"
    }
    jobs = {(namespace, job_id) for namespace, job_id, _ in counts}
    for one in (copy for job in jobs for copy in snapshot.allocations_of_job(*job)):
        key = (one.namespace, one.job_id, one.group)
        runs = (one.desired, one.client) == ("run", "running") and one.healthy is not False
        if key in counts and runs:
            counts[key] += 1
    return tuple(GroupBefore(*key, count) for key, count in sorted(counts.items()))


def _recorded(snapshot: ClusterSnapshot, target: Target) -> RecordedTarget:
    group = snapshot.groups.get(target.key.group)
    delay = group.deregistration_delay_s if group else None
    return RecordedTarget(
        key=target.key,
        group_name=group.name if group else target.key.group,
        zone=target.zone,
        quic_server_id=target.quic_server_id,
        network=group.network if group else False,
        delay_s=UNREAD_DELAY_S if delay is None else delay,
        slow_start_s=(group.slow_start_s if group else None) or 0.0,
        is_address=group.target_type == "ip" if group else False,
    )


def _services(snapshot: ClusterSnapshot, consul_name: str) -> tuple[ServiceBefore, ...]:
    machine = snapshot.node_health.get(consul_name)
    names = sorted({one.name for one in machine.instances}) if machine else []
    sums = snapshot.service_sums
    return tuple(ServiceBefore(name, sums[name].passing) for name in names if name in sums)
