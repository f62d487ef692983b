"""The calls that change something: each reads first, and writes only what is not so yet."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from nomad_console.clients.errors import ApiError, Misread, Unreachable
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.target import Target, TargetKey, TargetState
from nomad_console.upgrade.commands import (
    RUN_META,
    CancelDrain,
    Deregister,
    Drain,
    EvaluateJob,
    Register,
    SetEligibility,
)

ApiWrite = SetEligibility | Deregister | Register | Drain | CancelDrain | EvaluateJob
_LEAVING = frozenset({TargetState.DRAINING, TargetState.UNUSED})


class NomadWrites(Protocol):
    """The part of Nomad's client that a run uses."""

    async def node(self, node_id: str) -> tuple[Node, NodeDetail]: ...

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


class ElbWrites(Protocol):
    """The part of ELBv2's client that a run uses."""

    async def targets(self, arn: str) -> tuple[Target, ...]: ...

    async def register(self, key: TargetKey, zone: str, quic: str) -> None: ...

    async def deregister(self, key: TargetKey) -> None: ...


class Done(msgspec.Struct, frozen=True):
    """`index`: Nomad's, of the write; 0 where it was so already, or is not Nomad's."""

    index: int = 0


class NotDone(msgspec.Struct, frozen=True):
    """Refused, nothing changed."""

    reason: str


class Unclear(msgspec.Struct, frozen=True):
    """No answer: it may have worked."""

    reason: str


Outcome = Done | NotDone | Unclear


class Writer:
    """Makes one call for one command. `elb` None: no balancer is configured."""

    def __init__(self, nomad: NomadWrites, elb: ElbWrites | None) -> None:
        self._nomad = nomad
        self._elb = elb

    async def perform(self, write: ApiWrite) -> Outcome:
        try:
            return await self._call(write)
        except (Unreachable, Misread) as silence:
            return Unclear(str(silence))
        except ApiError as refusal:
            return NotDone(str(refusal))

    async def _call(self, write: ApiWrite) -> Outcome:
        match write:
            case SetEligibility():
                return await self._set_eligibility(write)
            case Drain():
                return await self._drain(write)
            case CancelDrain():
                return await self._cancel(write)
            case EvaluateJob():
                return Done(await self._nomad.evaluate_job(write.namespace, write.job_id))
            case _:
                return await self._move(write)

    async def _set_eligibility(self, write: SetEligibility) -> Outcome:
        node, _ = await self._nomad.node(write.node)
        if node.eligible == write.eligible:
            return Done()
        return Done(await self._nomad.set_eligibility(write.node, eligible=write.eligible))

    async def _drain(self, write: Drain) -> Outcome:
        node, detail = await self._nomad.node(write.node)
        if detail.drain is not None:
            return Done(node.modify_index) if _ours(node, write.run_id) else _foreign(node)
        spec = DrainSpec(write.deadline_s, ignore_system_jobs=write.keep_system)
        meta = {RUN_META: write.run_id}
        return Done(await self._nomad.drain(write.node, spec, mark_eligible=False, meta=meta))

    async def _cancel(self, write: CancelDrain) -> Outcome:
        node, detail = await self._nomad.node(write.node)
        if detail.drain is None:
            return Done()
        if not _ours(node, write.run_id):
            return _foreign(node)
        meta = {RUN_META: write.run_id}
        return Done(await self._nomad.drain(write.node, None, mark_eligible=False, meta=meta))

    async def _move(self, write: Deregister | Register) -> Outcome:
        if self._elb is None:
            return NotDone("no balancer is configured")
        target = write.target
        listed = {
            one.key
            for one in await self._elb.targets(target.key.group)
            if one.state not in _LEAVING
        }
        if isinstance(write, Deregister):
            if target.key in listed:
                await self._elb.deregister(target.key)
        elif target.key not in listed:
            await self._elb.register(target.key, target.zone, target.quic_server_id)
        return Done()


def _ours(node: Node, run_id: str) -> bool:
    return node.last_drain is not None and node.last_drain.meta.get(RUN_META) == run_id


def _foreign(node: Node) -> NotDone:
    drain = node.last_drain
    who = drain.accessor_id if drain else "somebody"
    since = drain.started_at.isoformat(timespec="seconds") if drain and drain.started_at else "?"
    return NotDone(f"{node.name} is being drained by another hand: {who}, since {since}")
