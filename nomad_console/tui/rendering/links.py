"""How the four panes hang together: what belongs to the rows chosen in one of them."""

from collections.abc import Iterable
from typing import NamedTuple

from nomad_console.domain.allocation import Allocation
from nomad_console.domain.service import allocation_of
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.tui.rendering import allocations, targets
from nomad_console.tui.rendering.table import Key
from nomad_console.tui.rendering.text import sentence

KINDS = ("nodes", "allocations", "services", "targets")


class Choice(NamedTuple):
    """Rows of the leading pane."""

    kind: str
    keys: tuple[Key, ...]


def nodes_of(snapshot: ClusterSnapshot, choice: Choice) -> frozenset[str]:
    """The nodes that the chosen rows are on."""
    match choice.kind:
        case "nodes":
            return frozenset(choice.keys)
        case "allocations":
            rows = (snapshot.allocations.get(key) for key in choice.keys)
            return frozenset(row.node_id for row in rows if row is not None)
        case "services":
            names = {
                node
                for key in choice.keys
                if key in snapshot.services
                for node in snapshot.services[key].nodes
            }
            return frozenset(
                node.id for node in snapshot.nodes.values() if snapshot.consul_name(node) in names
            )
    ties = snapshot.ties
    owners: set[str] = set()
    for key in choice.keys:
        owners.update(ties.ambiguous.get(key, ()))
        if key in ties.node_of:
            owners.add(ties.node_of[key])
    return frozenset(owners)


def scope(snapshot: ClusterSnapshot, kind: str, choice: Choice) -> frozenset[Key]:
    """The rows of another kind that belong to the chosen ones."""
    nodes = nodes_of(snapshot, choice)
    match kind:
        case "nodes":
            return nodes
        case "allocations":
            found = _of_services(snapshot, choice.keys) if choice.kind == "services" else None
            if found:
                return found
            return frozenset(key for node in nodes for key in snapshot.by_node.get(node, ()))
        case "services":
            if choice.kind == "allocations":
                return _of_allocations(snapshot, choice.keys, nodes)
            return _on(snapshot, nodes)
    return frozenset(key for node in nodes for key in snapshot.ties.targets_of.get(node, ()))


def here(snapshot: ClusterSnapshot, choice: Choice) -> frozenset[str]:
    """The Consul names of the chosen machines."""
    found = (snapshot.nodes.get(one) for one in nodes_of(snapshot, choice))
    return frozenset(snapshot.consul_name(node) for node in found if node is not None)


def _on(snapshot: ClusterSnapshot, nodes: Iterable[str]) -> frozenset[Key]:
    names = {snapshot.consul_name(snapshot.nodes[one]) for one in nodes if one in snapshot.nodes}
    return frozenset(
        name for name, service in snapshot.services.items() if not names.isdisjoint(service.nodes)
    )


def _of_services(snapshot: ClusterSnapshot, names: Iterable[Key]) -> frozenset[Key]:
    """Allocations behind services: by Consul's ids, and by the jobs that were read."""
    wanted = set(names)
    found = {
        allocation_of(instance.id)
        for health in snapshot.node_health.values()
        for instance in health.instances
        if instance.name in wanted
    }
    groups = {
        (job.namespace, job.id, group.name)
        for job in snapshot.jobs.values()
        for group in job.groups
        if any(service.name in wanted for service in group.services)
    }
    if groups:
        found |= {
            key
            for key, one in snapshot.allocations.items()
            if (one.namespace, one.job_id, one.group) in groups and not one.terminal
        }
    return frozenset(found & snapshot.allocations.keys())


def _of_allocations(
    snapshot: ClusterSnapshot, keys: Iterable[Key], nodes: Iterable[str]
) -> frozenset[Key]:
    """Services of the allocations' groups; those on the node where the job was not read."""
    rows = [snapshot.allocations[key] for key in keys if key in snapshot.allocations]
    names: set[Key] = set()
    for one in rows:
        declared = services_of(snapshot, one)
        if declared is None:
            return _on(snapshot, nodes)
        names |= declared
    return frozenset(names & snapshot.services.keys())


def services_of(snapshot: ClusterSnapshot, allocation: Allocation) -> set[str] | None:
    """The services its group declares; None where its job was not read."""
    job = snapshot.jobs.get((allocation.namespace, allocation.job_id))
    group = job.group(allocation.group) if job else None
    return None if group is None else {service.name for service in group.services}


def names_of(snapshot: ClusterSnapshot, choice: Choice) -> str:
    """The chosen rows in words: `c2`, `web[2]`, `c2 c3`."""
    return sentence([name_of(snapshot, choice.kind, key) for key in choice.keys])


def name_of(snapshot: ClusterSnapshot, kind: str, key: Key) -> str:
    match kind:
        case "nodes":
            node = snapshot.nodes.get(key)
            return node.name if node else str(key)[:8]
        case "allocations":
            allocation = snapshot.allocations.get(key)
            return allocations.label(allocation) if allocation else str(key)[:8]
        case "targets":
            target = snapshot.targets.get(key)
            return targets.label(target) if target else f"{key.id}:{key.port}"
    return str(key)
