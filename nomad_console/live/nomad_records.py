"""What Nomad said: nodes, allocations, jobs, and the sums over them, record by record."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeVar

from nomad_console.domain.allocation import Allocation, Deployment, Evaluation, merged
from nomad_console.domain.job import Job, JobStub
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.snapshot import JobKey
from nomad_console.live.allocation_index import AllocationIndex
from nomad_console.live.machines import MachineIndex
from nomad_console.live.table import Table

K = TypeVar("K", bound=Hashable)


class Indexed(Protocol):
    """A record that says at which raft index it was written."""

    @property
    def modify_index(self) -> int: ...


def missing(rows: Mapping[K, Indexed], listed: AbstractSet[K], index: int) -> list[K]:
    """Rows that a whole listing begun at that index should have held, and did not."""
    return [key for key, row in rows.items() if key not in listed and row.modify_index <= index]


class NomadRecords:
    """The newest `modify_index` wins; a row of the same index may complete or correct another."""

    def __init__(self, machines: MachineIndex, touched: Callable[[], None]) -> None:
        self.nodes = Table[str, Node]()
        self.details = Table[str, NodeDetail]()
        self.allocations = Table[str, Allocation]()
        self.index = AllocationIndex()
        self.job_stubs = Table[JobKey, JobStub]()
        self.jobs = Table[JobKey, Job]()
        self.deployments = Table[str, Deployment]()
        self.blocked = Table[str, Evaluation]()
        self.unread: dict[str, None] = {}  # nodes whose detail is missing or older than their row
        self._removed: dict[str, int] = {}  # purged nodes -> index of the purge
        self._read: set[str] = set()  # nodes whose detail was read by this console
        self._machines = machines
        self._touched = touched

    def put_nodes(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            old = self.nodes.get(node.id)
            if old is not None and old.modify_index > node.modify_index:
                continue
            if node.modify_index <= self._removed.get(node.id, -1):
                continue
            if self.nodes.put(node.id, node):
                self._place(node)
                self.index.touch((node.id,))
        self._touched()

    def put_details(self, details: Iterable[NodeDetail], *, read: bool = True) -> None:
        """Details from the cluster, or (`read` false) from the disk: these never replace others."""
        for detail in details:
            old = self.details.get(detail.id)
            if old is not None and (not read or old.modify_index > detail.modify_index):
                continue
            self.details.put(detail.id, detail)
            if read:
                self._read.add(detail.id)
            node = self.nodes.get(detail.id)
            if node is not None:
                self._place(node)
        self._touched()

    def put_allocations(self, allocations: Iterable[Allocation]) -> None:
        for allocation in allocations:
            old = self.allocations.get(allocation.id)
            new = merged(old, allocation)
            if self.allocations.put(new.id, new):
                self.index.change(old, new)
        self._touched()

    def put_job_stubs(self, stubs: Iterable[JobStub]) -> None:
        for stub in stubs:
            old = self.job_stubs.get((stub.namespace, stub.id))
            if old is None or old.modify_index <= stub.modify_index:
                self.job_stubs.put((stub.namespace, stub.id), stub)
        self._touched()

    def put_jobs(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            old = self.jobs.get((job.namespace, job.id))
            if old is None or old.modify_index <= job.modify_index:
                self.jobs.put((job.namespace, job.id), job)
        self._touched()

    def put_deployments(self, deployments: Iterable[Deployment]) -> None:
        for deployment in deployments:
            old = self.deployments.get(deployment.id)
            if old is None or old.modify_index <= deployment.modify_index:
                self.deployments.put(deployment.id, deployment)
        self._touched()

    def put_evaluations(self, evaluations: Iterable[Evaluation]) -> None:
        """Keep the blocked ones; one that is blocked no longer is forgotten."""
        for evaluation in evaluations:
            old = self.blocked.get(evaluation.id)
            if old is not None and old.modify_index > evaluation.modify_index:
                continue
            if evaluation.status == "blocked":
                self.blocked.put(evaluation.id, evaluation)
            else:
                self.blocked.drop(evaluation.id)
        self._touched()

    def keep_nodes(self, listed: AbstractSet[str], index: int) -> None:
        """Forget what a whole listing, begun at that index, does not hold."""
        for node_id in missing(self.nodes.rows, listed, index):
            self._forget(node_id)
        self._touched()

    def remove_node(self, node_id: str, index: int) -> None:
        """It was purged at that index: rows that are older come too late."""
        self._removed[node_id] = index
        self._forget(node_id)
        self._touched()

    def keep_allocations(self, listed: AbstractSet[str], index: int) -> None:
        for key in missing(self.allocations.rows, listed, index):
            self.index.change(self.allocations.drop(key), None)
        self.index.counted(self.nodes.rows)
        self._touched()

    def keep_jobs(self, listed: AbstractSet[JobKey], index: int) -> None:
        for key in missing(self.job_stubs.rows, listed, index):
            self.job_stubs.drop(key)
            self.jobs.drop(key)
        self._touched()

    def keep_deployments(self, listed: AbstractSet[str], index: int) -> None:
        for key in missing(self.deployments.rows, listed, index):
            self.deployments.drop(key)
        self._touched()

    def keep_evaluations(self, listed: AbstractSet[str], index: int) -> None:
        for key in missing(self.blocked.rows, listed, index):
            self.blocked.drop(key)
        self._touched()

    def members(self, node_id: str) -> AbstractSet[str]:
        """Ids of the allocations of a node."""
        return self.index.members(node_id)

    def freeze(self) -> tuple[frozenset[str], frozenset[str], frozenset[JobKey]]:
        """Ids of the nodes, allocations and jobs that differ from the last freeze."""
        allocations = self.allocations.freeze()
        self.deployments.freeze()
        self.blocked.freeze()
        nodes = set(self.nodes.freeze() | self.details.freeze())
        nodes |= self.index.freeze(self.nodes.rows)
        nodes |= {
            row.node_id for key in allocations if (row := self.allocations.get(key)) is not None
        }
        return frozenset(nodes), allocations, self.job_stubs.freeze() | self.jobs.freeze()

    def _forget(self, node_id: str) -> None:
        self.nodes.drop(node_id)
        self.details.drop(node_id)
        self.unread.pop(node_id, None)
        self._read.discard(node_id)
        self.index.touch((node_id,))
        self._machines.forget(node_id)

    def _place(self, node: Node) -> None:
        detail = self.details.get(node.id)
        read = node.id in self._read
        if read and detail is not None and detail.modify_index >= node.modify_index:
            self.unread.pop(node.id, None)
        else:
            self.unread[node.id] = None
        self._machines.place(node, detail, read=read)
