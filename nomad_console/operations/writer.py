"""The calls that change something: each reads first, and writes only what is not so yet."""

from collections.abc import Callable, Mapping
from typing import Protocol, assert_never

import msgspec

from nomad_console.clients.errors import ApiError, Misread, NotFound, Refused, Unreachable
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.allocation import Allocation
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.target import Target, TargetKey
from nomad_console.operations.comparison import Sight, differences, groups_of, ours, present
from nomad_console.upgrade.commands import (
    RUN_META,
    CancelDrain,
    Deregister,
    Drain,
    EvaluateJob,
    ExtendDrain,
    Register,
    SetEligibility,
    StopAllocation,
    Write,
)
from nomad_console.upgrade.run import Run

ApiWrite = (
    SetEligibility
    | Deregister
    | Register
    | Drain
    | ExtendDrain
    | CancelDrain
    | EvaluateJob
    | StopAllocation
)
_COMPLETE = "complete"


class NomadWrites(Protocol):
    """The part of Nomad's client that a run uses."""

    async def node(self, node_id: str) -> tuple[Node, NodeDetail]: ...

    async def allocation(self, alloc_id: str) -> Allocation: ...

    async def drain(
        self,
        node_id: str,
        spec: DrainSpec | None,
        *,
        mark_eligible: bool,
        meta: Mapping[str, str],
    ) -> int: ...

    async def set_eligibility(self, node_id: str, *, eligible: bool) -> int: ...

    async def evaluate_job(self, namespace: str, job_id: str) -> int: ...

    async def stop_allocation(self, alloc_id: str) -> int: ...


class ElbWrites(Protocol):
    """The part of ELBv2's client that a run uses."""

    async def targets(self, arn: str) -> tuple[Target, ...]: ...

    async def register(self, key: TargetKey, zone: str, quic: str) -> None: ...

    async def deregister(self, key: TargetKey) -> None: ...


class Done(msgspec.Struct, frozen=True):
    """`index`: Nomad's, of the write; 0 where it was so already, or is not Nomad's."""

    index: int = 0


class NotDone(msgspec.Struct, frozen=True):
    """Nothing changed. `refused`: Nomad did not take our token."""

    reason: str
    refused: bool = False


class Unclear(msgspec.Struct, frozen=True):
    """No answer: it may have worked."""

    reason: str


class Unwanted(Exception):
    """Raised by `begin`: the call must not be made any more."""


Outcome = Done | NotDone | Unclear
Begin = Callable[[], None]


def unwelcome(error: ApiError) -> bool:
    """Nomad did not take our token for this call."""
    return isinstance(error, Refused) and error.backend == "nomad"


class Writer:
    """Makes one call for one command. `elb` None: no balancer is configured."""

    def __init__(self, nomad: NomadWrites, elb: ElbWrites | None) -> None:
        self._nomad = nomad
        self._elb = elb

    async def look(self, run: Run, write: Write) -> Sight:
        """The node, and what a balancer says of it where that matters. Raises ApiError."""
        node, detail = await self._nomad.node(write.node)
        groups = groups_of(run.plan.node(write.node), write) if self._elb else ()
        listings = {arn: await self._elb.targets(arn) for arn in groups if self._elb}
        return Sight(node, detail, listings)

    async def differences(self, run: Run, write: Write) -> tuple[Sight, tuple[str, ...]]:
        """What is there, and what of it this run did not do. Raises ApiError."""
        sight = await self.look(run, write)
        return sight, differences(run, write.node, sight)

    async def perform(self, write: ApiWrite, sight: Sight, begin: Begin) -> Outcome:
        """Make the call that what was seen leaves to be made.

        `begin` is called just before it is sent, where it is; Unwanted comes through.
        """
        begun = False

        def sending() -> None:
            nonlocal begun
            begin()
            begun = True

        try:
            return await self._call(write, sight, sending)
        except (Unreachable, Misread) as silence:
            return Unclear(str(silence)) if begun else NotDone(str(silence))
        except ApiError as refusal:
            return NotDone(str(refusal), refused=unwelcome(refusal))

    async def _call(self, write: ApiWrite, sight: Sight, begin: Begin) -> Outcome:
        match write:
            case SetEligibility():
                return await self._set_eligibility(write, sight, begin)
            case Drain() | ExtendDrain():
                return await self._drain(write, sight, begin)
            case CancelDrain():
                return await self._cancel(write, sight, begin)
            case EvaluateJob():
                begin()
                return Done(await self._nomad.evaluate_job(write.namespace, write.job_id))
            case StopAllocation():
                return await self._stop(write, begin)
            case Deregister() | Register():
                return await self._move(write, sight, begin)
            case _:
                assert_never(write)

    async def _set_eligibility(self, write: SetEligibility, sight: Sight, begin: Begin) -> Outcome:
        if sight.node.eligible == write.eligible:
            return Done()
        begin()
        return Done(await self._nomad.set_eligibility(write.node, eligible=write.eligible))

    async def _drain(self, write: Drain | ExtendDrain, sight: Sight, begin: Begin) -> Outcome:
        """Never a second time while ours is set, except to extend it, nor once it is complete."""
        node, under_way = sight.node, sight.detail.drain is not None
        mine = ours(node, write.run_id)
        if under_way and not mine:
            return _foreign(node)
        complete = mine and node.last_drain is not None and node.last_drain.status == _COMPLETE
        extending = isinstance(write, ExtendDrain)
        if not under_way if extending else under_way or complete:
            return Done(node.modify_index)
        begin()
        spec = DrainSpec(write.deadline_s, ignore_system_jobs=write.keep_system)
        return Done(await self._post(write.node, spec, write.run_id))

    async def _cancel(self, write: CancelDrain, sight: Sight, begin: Begin) -> Outcome:
        if sight.detail.drain is None:
            return Done()
        if not ours(sight.node, write.run_id):
            return _foreign(sight.node)
        begin()
        return Done(await self._post(write.node, None, write.run_id))

    async def _post(self, node_id: str, spec: DrainSpec | None, run_id: str) -> int:
        """Meta is repeated each time: a later one replaces the first."""
        meta = {RUN_META: run_id}
        return await self._nomad.drain(node_id, spec, mark_eligible=False, meta=meta)

    async def _stop(self, write: StopAllocation, begin: Begin) -> Outcome:
        try:
            allocation = await self._nomad.allocation(write.allocation)
        except NotFound:  # garbage collected: it has ended
            return Done()
        if allocation.terminal or allocation.desired != "run":
            return Done()
        begin()
        return Done(await self._nomad.stop_allocation(write.allocation))

    async def _move(self, write: Deregister | Register, sight: Sight, begin: Begin) -> Outcome:
        if self._elb is None:
            return NotDone("no balancer is configured")
        target = write.target
        listed = {one.key: one for one in sight.listings[target.key.group]}
        if present(listed.get(target.key)) == isinstance(write, Register):
            return Done()
        begin()
        if isinstance(write, Deregister):
            await self._elb.deregister(target.key)
        else:
            await self._elb.register(target.key, target.zone, target.quic_server_id)
        return Done()


def _foreign(node: Node) -> NotDone:
    drain = node.last_drain
    who = drain.accessor_id if drain else "somebody"
    since = drain.started_at.isoformat(timespec="seconds") if drain and drain.started_at else "?"
    return NotDone(f"{node.name} is being drained by another hand: {who}, since {since}")
