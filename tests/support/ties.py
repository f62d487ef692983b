"""The plain form of ties: what any incremental one must agree with."""

from collections.abc import Mapping

from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.target import TargetKey, Ties


def tie(
    nodes: Mapping[str, Node],
    details: Mapping[str, NodeDetail],
    targets: Mapping[TargetKey, object],
) -> Ties:
    """Tie targets to nodes by instance id and by address.

    An id that two nodes answer to is ambiguous and tied to neither: deregistering it would be a
    guess. A node that is down keeps its ties.
    """
    owners: dict[str, set[str]] = {}
    for node in nodes.values():
        detail = details.get(node.id)
        names = {node.address}
        if detail is not None:
            names |= {detail.instance_id, detail.ip_address}
        for name in names - {""}:
            owners.setdefault(name, set()).add(node.id)
    targets_of: dict[str, list[TargetKey]] = {}
    node_of: dict[TargetKey, str] = {}
    ambiguous: dict[TargetKey, tuple[str, ...]] = {}
    for key in sorted(targets):
        found = sorted(owners.get(key.id, ()))
        if len(found) == 1:
            node_of[key] = found[0]
            targets_of.setdefault(found[0], []).append(key)
        elif found:
            ambiguous[key] = tuple(found)
    return Ties(
        {node: tuple(keys) for node, keys in targets_of.items()},
        node_of,
        ambiguous,
        frozenset(nodes) - frozenset(details),
    )
