"""Which target and which Consul node are which Nomad node, kept up to date name by name."""

from typing import Any, TypeVar

from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.target import TargetKey, Ties
from nomad_console.live.table import Table

T = TypeVar("T", bound=Any)  # comparable


class MachineIndex:
    """Ties follow each change by themselves; a detail from the disk ties, but proves nothing.

    `untied` are the nodes whose detail was not read by this console.
    """

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, ...]] = {}  # node id -> names that its targets may have
        self._owners: dict[str, tuple[str, ...]] = {}  # such a name -> node ids, sorted
        self._keys: dict[str, tuple[TargetKey, ...]] = {}  # target id -> targets
        self._consul: dict[str, str] = {}  # node id -> Consul's name
        self._consul_owners: dict[str, tuple[str, ...]] = {}
        self._unresolved: set[str] = set()  # names
        self._affected: set[str] = set()  # nodes
        self._targets_of = Table[str, tuple[TargetKey, ...]]()
        self._node_of = Table[TargetKey, str]()
        self._ambiguous = Table[TargetKey, tuple[str, ...]]()
        self._untied: set[str] = set()
        self._ties = Ties()

    def place(self, node: Node, detail: NodeDetail | None, *, read: bool) -> None:
        """Learn a node's names; `read`: its detail comes from the cluster, in this session."""
        names = {node.address}
        consul = node.name
        if detail is not None:
            names |= {detail.instance_id, detail.ip_address}
            consul = detail.consul_name or consul
        names.discard("")
        self._rename(node.id, names, consul)
        if read:
            self._untied.discard(node.id)
        else:
            self._untied.add(node.id)

    def forget(self, node_id: str) -> None:
        self._rename(node_id, set(), "")
        self._names.pop(node_id, None)
        self._untied.discard(node_id)

    def add(self, key: TargetKey) -> None:
        _add(self._keys, key.id, key)
        self._unresolved.add(key.id)

    def remove(self, key: TargetKey) -> None:
        _discard(self._keys, key.id, key)
        self._lose(key)
        self._node_of.drop(key)
        self._ambiguous.drop(key)
        self._unresolved.add(key.id)

    def nodes_of_consul(self, name: str) -> frozenset[str]:
        return frozenset(self._consul_owners.get(name, ()))

    def freeze(self) -> tuple[Ties, frozenset[str]]:
        """The ties, and the nodes whose ties differ from the last ones."""
        self._resolve()
        changed = self._targets_of.freeze()
        self._node_of.freeze()
        self._ambiguous.freeze()
        untied = self._ties.untied ^ self._untied
        old = self._ties
        if (
            untied
            or self._targets_of.frozen is not old.targets_of
            or self._node_of.frozen is not old.node_of
            or self._ambiguous.frozen is not old.ambiguous
        ):
            self._ties = Ties(
                self._targets_of.frozen,
                self._node_of.frozen,
                self._ambiguous.frozen,
                frozenset(self._untied) if untied else old.untied,
            )
        return self._ties, changed | untied

    def _rename(self, node_id: str, names: set[str], consul: str) -> None:
        old = set(self._names.get(node_id, ()))
        for name in old - names:
            _discard(self._owners, name, node_id)
        for name in names - old:
            _add(self._owners, name, node_id)
        if names != old:
            self._unresolved |= names | old
            self._affected.add(node_id)
            self._names[node_id] = tuple(names)
        before = self._consul.get(node_id, "")
        if consul != before:
            _discard(self._consul_owners, before, node_id)
            self._consul[node_id] = consul
            if consul:
                _add(self._consul_owners, consul, node_id)

    def _resolve(self) -> None:
        """Decide again for every target whose id or owners changed."""
        for name in self._unresolved:
            owners = self._owners.get(name, ())
            self._affected.update(owners)
            for key in self._keys.get(name, ()):
                self._lose(key)
                self._settle(key, owners)
        self._unresolved.clear()
        for node_id in self._affected:
            keys = self._owned(node_id)
            if keys:
                self._targets_of.put(node_id, keys)
            else:
                self._targets_of.drop(node_id)
        self._affected.clear()

    def _lose(self, key: TargetKey) -> None:
        owner = self._node_of.get(key)
        if owner is not None:
            self._affected.add(owner)

    def _settle(self, key: TargetKey, owners: tuple[str, ...]) -> None:
        if len(owners) == 1:
            self._node_of.put(key, owners[0])
            self._ambiguous.drop(key)
        elif owners:
            self._ambiguous.put(key, owners)
            self._node_of.drop(key)
        else:
            self._node_of.drop(key)
            self._ambiguous.drop(key)

    def _owned(self, node_id: str) -> tuple[TargetKey, ...]:
        return tuple(
            sorted(
                key
                for name in self._names.get(node_id, ())
                for key in self._keys.get(name, ())
                if self._node_of.get(key) == node_id
            )
        )


def _add(held: dict[str, tuple[T, ...]], name: str, one: T) -> None:
    """Sorted tuples, not sets: nearly all have one owner, and a set is four times as large."""
    before = held.get(name, ())
    if one not in before:
        held[name] = tuple(sorted((*before, one)))


def _discard(held: dict[str, tuple[T, ...]], name: str, one: T) -> None:
    left = tuple(other for other in held.get(name, ()) if other != one)
    if left:
        held[name] = left
    else:
        held.pop(name, None)
