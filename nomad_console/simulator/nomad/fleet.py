"""Which nodes can take work, and what is taken on each: kept in step with the store."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd

from nomad_console.simulator.nomad.allocations import client_terminal, server_terminal
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.state import Row

GroupKey = tuple[str, str, str]  # namespace, job, group


@dataclass(frozen=True, slots=True)
class Claim:
    """What one allocation holds on its node until its client says it is over."""

    cpu: int
    memory: int
    ports: frozenset[int]


@dataclass(slots=True)
class Usage:
    """The sum of a node's claims, and how many copies of each group it runs."""

    cpu: int = 0
    memory: int = 0
    ports: Counter[int] = field(default_factory=Counter)
    groups: Counter[GroupKey] = field(default_factory=Counter)

    def copy(self) -> "Usage":
        return Usage(self.cpu, self.memory, Counter(self.ports), Counter(self.groups))

    def add(self, claim: Claim, sign: int = 1) -> None:
        self.cpu += sign * claim.cpu
        self.memory += sign * claim.memory
        for port in claim.ports:
            self.ports[port] += sign
            if not self.ports[port]:
                del self.ports[port]


def claim_of(allocation: Row) -> Claim:
    resources = allocation["AllocatedResources"]
    tasks = resources["Tasks"].values()
    return Claim(
        sum(task["Cpu"]["CpuShares"] for task in tasks),
        sum(task["Memory"]["MemoryMB"] for task in tasks),
        frozenset(port["Value"] for port in resources["Shared"]["Ports"] or ()),
    )


def group_key(allocation: Row) -> GroupKey:
    return allocation["Namespace"], allocation["JobID"], allocation["TaskGroup"]


class Fleet:
    """Usage per node and the list of nodes that are ready and eligible."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._usage: dict[str, Usage] = {}
        self._claims: dict[str, Claim] = {}
        self._ready: list[str] | None = None
        core.observe("nodes", self._node_changed)
        core.observe("allocations", self._allocation_changed)

    def usage(self, node_id: str) -> Usage:
        usage = self._usage.get(node_id)
        if usage is None:
            usage = self._usage[node_id] = Usage()
        return usage

    def claim(self, allocation: Row) -> Claim:
        """Kept while it is held: what is given back is exactly what was taken."""
        claim = self._claims.get(allocation["ID"])
        if claim is None:
            claim = self._claims[allocation["ID"]] = claim_of(allocation)
        return claim

    def ready(self) -> list[str]:
        if self._ready is None:
            self._ready = [
                node["ID"] for node in self._core.state.nodes.values() if _takes_work(node)
            ]
        return self._ready

    def shuffled(self) -> Iterator[str]:
        """The ready nodes once each, from a random one on with a random stride.

        Nomad shuffles them all (scheduler, shuffleNodes); of thousands a search looks at a few.
        """
        ready = self.ready()
        count = len(ready)
        if not count:
            return
        start = self._core.rng.randrange(count)
        stride = self._core.rng.randrange(count) or 1
        while gcd(stride, count) != 1:
            stride += 1
        for step in range(count):
            yield ready[(start + step * stride) % count]

    def _node_changed(self, old: Row | None, new: Row | None) -> None:
        before = old is not None and _takes_work(old)
        after = new is not None and _takes_work(new)
        if before != after:
            self._ready = None

    def _allocation_changed(self, old: Row | None, new: Row | None) -> None:
        row = new or old
        if row is None:
            return
        held = old is not None and not client_terminal(old)
        holds = new is not None and not client_terminal(new)
        usage = self.usage(row["NodeID"])
        if held != holds:
            usage.add(self.claim(row), 1 if holds else -1)
        if not holds:
            self._claims.pop(row["ID"], None)
        wanted = old is not None and held and not server_terminal(old)
        wants = new is not None and holds and not server_terminal(new)
        if wanted != wants:
            usage.groups[group_key(row)] += 1 if wants else -1


def _takes_work(node: Row) -> bool:
    return bool(node["Status"] == "ready" and node["SchedulingEligibility"] == "eligible")
