"""Allocations by node and by job, and the sums over a node's, changed one by one."""

from collections.abc import Collection, Hashable, Iterable
from collections.abc import Set as AbstractSet
from typing import TypeVar

from nomad_console.domain.allocation import Allocation, ClientStatus
from nomad_console.domain.snapshot import JobKey, NodeClaims, NodeSums
from nomad_console.live.table import Table

K = TypeVar("K", bound=Hashable)

_FIELDS = len(NodeSums._fields) + len(NodeClaims._fields)


def counts(allocation: Allocation) -> NodeSums:
    """What one allocation adds to its node's sums.

    A completed one that was not told to stop (batch work done) is no longer owed.
    """
    running = allocation.client == ClientStatus.RUNNING
    owed = not allocation.terminal or (
        allocation.desired == "run" and allocation.client != ClientStatus.COMPLETE
    )
    return NodeSums(int(running), int(owed))


def claims(allocation: Allocation) -> NodeClaims:
    """What one allocation takes of its node: free again when its tasks have ended."""
    if allocation.terminal:
        return NodeClaims()
    if allocation.claim is None:
        return NodeClaims(untold=1)
    return NodeClaims(allocation.claim.cpu_mhz, allocation.claim.memory_mb)


class AllocationIndex:
    """Follows every change of a row; `freeze` brings the tables up to date."""

    def __init__(self) -> None:
        self.by_node = Table[str, frozenset[str]]()
        self.by_job = Table[JobKey, frozenset[str]]()
        self.sums = Table[str, NodeSums]()
        self.claims = Table[str, NodeClaims]()
        self._sums: dict[str, list[int]] = {}  # the fields of NodeSums, then those of NodeClaims
        self._members: dict[str, set[str]] = {}  # of nodes, where `by_node` does not have them yet
        self._copies: dict[JobKey, set[str]] = {}  # of jobs, likewise
        self._moved: set[str] = set()  # nodes whose members or sums are not in the tables yet
        self._all_counted = False  # before the first whole listing a sum would be a guess

    def members(self, node_id: str) -> AbstractSet[str]:
        """Ids of the allocations of a node."""
        known = self._members.get(node_id)
        return self.by_node.rows.get(node_id, frozenset()) if known is None else known

    def touch(self, node_ids: Iterable[str]) -> None:
        """These nodes came or went."""
        self._moved.update(node_ids)

    def counted(self, node_ids: Iterable[str]) -> None:
        """Every allocation was listed: from now on sums are more than guesses."""
        if not self._all_counted:
            self._all_counted = True
            self.touch(node_ids)

    def change(self, old: Allocation | None, new: Allocation | None) -> None:
        before, after = old and old.node_id, new and new.node_id
        if old is not None:
            self._add(old, -1)
            if before != after:
                _opened(self._members, self.by_node, old.node_id).discard(old.id)
        if new is not None:
            self._add(new, 1)
            if before != after:
                _opened(self._members, self.by_node, new.node_id).add(new.id)
        if old is None and new is not None:
            _opened(self._copies, self.by_job, (new.namespace, new.job_id)).add(new.id)
        elif new is None and old is not None:
            _opened(self._copies, self.by_job, (old.namespace, old.job_id)).discard(old.id)

    def freeze(self, known: Collection[str]) -> frozenset[str]:
        """Renew the tables; answer the nodes that differ. `known`: those that are listed."""
        for node_id in self._moved:
            self._settle(node_id, known)
        self._moved.clear()
        _close(self._members, self.by_node)
        _close(self._copies, self.by_job)
        self.by_job.freeze()
        self.claims.freeze()
        return self.by_node.freeze() | self.sums.freeze()

    def _add(self, one: Allocation, sign: int) -> None:
        sums = self._sums.get(one.node_id)
        if sums is None:
            sums = self._sums[one.node_id] = [0] * _FIELDS
        running, owed = counts(one)
        cpu_mhz, memory_mb, untold = claims(one)
        sums[0] += sign * running
        sums[1] += sign * owed
        sums[2] += sign * cpu_mhz
        sums[3] += sign * memory_mb
        sums[4] += sign * untold
        self._moved.add(one.node_id)

    def _settle(self, node_id: str, known: Collection[str]) -> None:
        if self._all_counted and (self.members(node_id) or node_id in known):
            sums = self._sums.get(node_id, [0] * _FIELDS)
            self.sums.put(node_id, NodeSums(*sums[:2]))
            self.claims.put(node_id, NodeClaims(*sums[2:]))
        else:
            self.sums.drop(node_id)
            self.claims.drop(node_id)


def _opened(changed: dict[K, set[str]], table: Table[K, frozenset[str]], key: K) -> set[str]:
    """The ids under a key, to be changed: a set of its own only until the next freeze."""
    found = changed.get(key)
    if found is None:
        found = changed[key] = set(table.get(key) or ())
    return found


def _close(changed: dict[K, set[str]], table: Table[K, frozenset[str]]) -> None:
    for key, ids in changed.items():
        if ids:
            table.put(key, frozenset(ids))
        else:
            table.drop(key)
    changed.clear()
