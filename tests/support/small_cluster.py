"""The article's cluster in memory: what a run writes shows in the next snapshot."""

from collections.abc import Callable, Mapping

import msgspec

from nomad_console.clients.errors import ApiError
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.allocation import Allocation
from nomad_console.domain.node import DrainStrategy, LastDrain, Node, NodeDetail
from nomad_console.domain.snapshot import ClusterSnapshot, Reading, Source, SourceName, SourceState
from nomad_console.domain.target import Target, TargetKey
from tests.support.manual_clock import ManualClock
from tests.support.snapshots import article_snapshot, drained, with_derived, with_detail, with_node

NUMBERS = range(1, 7)


class SmallCluster:
    """Snapshots, Nomad's and ELBv2's writes in one; every write is kept in `writes`."""

    def __init__(self, clock: ManualClock) -> None:
        self.latest = article_snapshot(clock.now())
        self.writes: list[tuple[object, ...]] = []
        self.failing: ApiError | None = None
        self.slow_drains = False  # one that is set stays under way
        self.unanswered: ApiError | None = None  # raised by a write of Nomad's that worked
        self.wrong = ""  # what a visitor of its services is told
        self._clock = clock
        self._callbacks: list[Callable[[ClusterSnapshot], None]] = []

    def subscribe(self, callback: Callable[[ClusterSnapshot], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def publish(self, snapshot: ClusterSnapshot | None = None) -> None:
        """Everything read again, now; with changes where they are given."""
        at = self._clock.now()
        base = snapshot or self.latest
        newer = msgspec.structs.replace(
            base,
            at=at,
            number=base.number + 1,
            nomad_index=base.nomad_index + 1,
            every_namespace=True,
            sources={name: Source(name, SourceState.LIVE, at) for name in SourceName},
            health_read={name: Reading(at) for name in base.health_read},
            group_read={arn: Reading(at) for arn in base.groups},
        )
        self.show(newer)

    def show(self, snapshot: ClusterSnapshot) -> None:
        """Exactly this snapshot, however old what it says is."""
        self.latest = snapshot
        for callback in tuple(self._callbacks):
            callback(self.latest)

    async def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """Let time go by, everything read again each second."""
        for _ in range(int(seconds / step)):
            await self._clock.advance(step)
            self.publish()
            await self._clock.advance(0)

    def upgraded(self, number: int, version: str = "2.0.5") -> None:
        """The agent restarted with another version."""
        index = self.latest.nomad_index + 1
        newer = with_detail(self.latest, number, modify_index=index)
        self.publish(with_node(newer, number, version=version, modify_index=index))

    async def visit(self, url: str) -> str:
        assert url
        return self.wrong

    # Nomad

    async def node(self, node: str) -> tuple[Node, NodeDetail]:
        if self.failing:
            raise self.failing
        return self.latest.nodes[node], self.latest.details[node]

    async def set_eligibility(self, node: str, *, eligible: bool) -> int:
        self.writes.append(("eligibility", node, eligible))
        word = "eligible" if eligible else "ineligible"
        return self._write(with_node(self.latest, _number(node), eligibility=word))

    async def drain(
        self, node: str, spec: DrainSpec | None, *, mark_eligible: bool, meta: Mapping[str, str]
    ) -> int:
        self.writes.append(("drain", node, spec, mark_eligible))
        (run_id,) = meta.values()
        if spec is None or self.slow_drains:
            return self._write(self._drain_set(_number(node), spec, meta))
        system = {
            key: one
            for key, one in self.latest.allocations.items()
            if spec.ignore_system_jobs and one.job_type == "system"
        }
        after = drained(self.latest, _number(node), run_id)
        kept = {**after.allocations, **system}
        return self._write(with_derived(msgspec.structs.replace(after, allocations=kept)))

    def _drain_set(
        self, number: int, spec: DrainSpec | None, meta: Mapping[str, str]
    ) -> ClusterSnapshot:
        """The node with a drain that has only begun, or with none any more."""
        at = self._clock.now()
        strategy = None
        if spec is not None:
            strategy = DrainStrategy(spec.ignore_system_jobs, spec.deadline_s, at, None)
        status = "draining" if spec is not None else "canceled"
        last = LastDrain(status, at, at, "token:acls-disabled", meta)
        changed = with_node(
            self.latest,
            number,
            draining=spec is not None,
            eligibility="ineligible",
            last_drain=last,
            modify_index=self.latest.nomad_index + 1,
        )
        return with_detail(changed, number, drain=strategy)

    async def allocation(self, alloc_id: str) -> Allocation:
        return self.latest.allocations[alloc_id]

    async def stop_allocation(self, alloc_id: str) -> int:
        self.writes.append(("stop", alloc_id))
        return self._write(self.latest)

    async def evaluate_job(self, namespace: str, job_id: str) -> int:
        self.writes.append(("evaluate", namespace, job_id))
        return self._write(self.latest)

    # ELBv2

    async def targets(self, arn: str) -> tuple[Target, ...]:
        return tuple(one for key, one in self.latest.targets.items() if key.group == arn)

    async def deregister(self, key: TargetKey) -> None:
        self.writes.append(("deregister", key))
        left = {other: one for other, one in self.latest.targets.items() if other != key}
        self._write(with_derived(msgspec.structs.replace(self.latest, targets=left)))

    async def register(self, key: TargetKey, zone: str, quic: str) -> None:
        self.writes.append(("register", key))
        target = Target(key, zone, quic, "healthy", "", "", "")
        more = {**self.latest.targets, key: target}
        self._write(with_derived(msgspec.structs.replace(self.latest, targets=more)))

    def _write(self, snapshot: ClusterSnapshot) -> int:
        self.publish(snapshot)
        if self.unanswered:
            raise self.unanswered
        return self.latest.nomad_index


def _number(node: str) -> int:
    return int(node[1])
