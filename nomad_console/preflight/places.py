"""Where work that leaves a node could go, and what is left of each such place.

Nodes are taken one after another: a place is a node that is not marked, or marked and back already;
`outside` asks for what is not marked alone.
"""

from collections.abc import Iterator
from typing import NamedTuple

from nomad_console.domain.allocation import Claim, claim_of
from nomad_console.domain.forecast import Wave
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.preflight.case import Case
from nomad_console.preflight.feasibility import distinct, may_take


class Need(NamedTuple):
    """A group's copies that leave a node, and what each takes. `held`: nodes closed to them."""

    wave: Wave
    copies: int
    claim: Claim
    alone: bool  # one copy a node
    held: frozenset[str]

    @property
    def most(self) -> int:
        """How many of them one node may get."""
        return 1 if self.alone else self.copies


class Free(NamedTuple):
    """What is left of a node. MHz, MB."""

    cpu_mhz: int
    memory_mb: int

    def fits(self, claim: Claim, most: int) -> int:
        """How many such copies, at most `most`."""
        for free, each in ((self.cpu_mhz, claim.cpu_mhz), (self.memory_mb, claim.memory_mb)):
            if each:
                most = min(most, free // each)
        return max(0, most)

    def less(self, claim: Claim, copies: int) -> "Free":
        return Free(
            self.cpu_mhz - copies * claim.cpu_mhz, self.memory_mb - copies * claim.memory_mb
        )


class Place(NamedTuple):
    node: Node
    detail: NodeDetail
    free: Free


class Places:
    """For the work of the plan's node of this number; found one by one, as far as is asked for."""

    def __init__(self, case: Case, number: int, *, outside: bool = False) -> None:
        self.unread: list[str] = []  # names of nodes whose room is not known
        self.full = 0  # nodes without any CPU or memory left
        self._snapshot = case.snapshot
        turns = {one.node_id: turn for turn, one in enumerate(case.plan.nodes)}
        last = number if case.plan.cordon_selection else len(turns)
        self._closed = {
            one for one, turn in turns.items() if outside or turn == number or turn > last
        }
        self._found: list[Place] = []
        self._rest = self._search()

    def __iter__(self) -> Iterator[Place]:
        number = 0
        while True:
            if number == len(self._found):
                place = next(self._rest, None)
                if place is None:
                    return
                self._found.append(place)
            yield self._found[number]
            number += 1

    def takes(self, place: Place, need: Need) -> bool:
        """Whether the place is open to the copies, its CPU and memory aside."""
        wave = need.wave
        return (
            place.node.id not in need.held
            and may_take(place.node, place.detail, wave.job, wave.group) is not False
            and not (need.claim.ports and self._ports(place).intersection(need.claim.ports))
        )

    def _search(self) -> Iterator[Place]:
        snapshot = self._snapshot
        for node in snapshot.nodes.values():
            if not takes_work(node) or node.id in self._closed:
                continue
            detail, claims = snapshot.details.get(node.id), snapshot.node_claims.get(node.id)
            if detail is None or claims is None or not detail.cpu_mhz or claims.untold:
                self.unread.append(node.name)
                continue
            cpu = detail.cpu_mhz - detail.reserved_cpu_mhz - claims.cpu_mhz
            memory = detail.memory_mb - detail.reserved_memory_mb - claims.memory_mb
            if cpu > 0 and memory > 0:
                yield Place(node, detail, Free(cpu, memory))
            else:
                self.full += 1

    def _ports(self, place: Place) -> set[int]:
        """Those in use on the node, and those that are kept from allocations."""
        here = self._snapshot.allocations_of(place.node.id)
        used = {port for one in here if not one.terminal and one.claim for port in one.claim.ports}
        return used | _ranges(place.detail.reserved_ports)


def takes_work(node: Node) -> bool:
    """The scheduler may place something there, now."""
    return node.ready and node.eligible and not node.draining


def need_of(case: Case, wave: Wave) -> Need:
    job, group = wave.job, wave.group
    ports = group.static_ports
    parts = ((one.hook, one.sidecar, one.cpu_mhz, one.memory_mb) for one in group.tasks)
    whole_job, own = distinct(job.constraints), distinct(group.constraints)
    copies = case.snapshot.allocations_of_job(job.namespace, job.id) if whole_job or own else ()
    held = frozenset(
        one.node_id for one in copies if not one.terminal and (whole_job or one.group == group.name)
    )
    alone = bool(ports) or whole_job or own
    return Need(wave, wave.here, claim_of(parts, ports), alone, held)


def _ranges(text: str) -> set[int]:
    """`22,8500-8600`, as Nomad has it configured."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            found.update(range(int(first), min(int(last or first), 65535) + 1))
    return found
