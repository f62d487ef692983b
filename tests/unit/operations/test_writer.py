from collections.abc import Mapping

import msgspec
import pytest

from nomad_console.clients.errors import ApiError, Misread, NotFound, Refused, Unreachable
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.allocation import Allocation
from nomad_console.domain.node import DrainStrategy, LastDrain, Node, NodeDetail
from nomad_console.domain.plan import RecordedTarget
from nomad_console.domain.target import Target, TargetKey
from nomad_console.operations.writer import (
    ApiWrite,
    Done,
    NotDone,
    Outcome,
    Unclear,
    Unwanted,
    Writer,
)
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
)
from nomad_console.upgrade.run import Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_detail,
    a_node,
    a_target,
    an_allocation,
    node_id,
)

RUN = Run.of(a_plan(1))
NODE = node_id(1)
KEY = a_target(WEB_PUBLIC, 1).key
RECORDED = RecordedTarget(
    KEY, "web-public", "eu-west-1a", "", network=False, delay_s=30, slow_start_s=0
)
STRATEGY = DrainStrategy(
    ignore_system_jobs=True, deadline_s=600, started_at=EPOCH, force_deadline=None
)


class Nomad:
    """One node in memory; every write is kept."""

    def __init__(self) -> None:
        self.state: Node = a_node(1)
        self.detail: NodeDetail = a_detail(1)
        self.writes: list[tuple[object, ...]] = []
        self.silence: ApiError | None = None  # of writes
        self.client = "running"
        self.gone = False

    async def node(self, node_id: str) -> tuple[Node, NodeDetail]:
        assert node_id == self.state.id
        return self.state, self.detail

    async def drain(
        self, node_id: str, spec: DrainSpec | None, *, mark_eligible: bool, meta: Mapping[str, str]
    ) -> int:
        self.writes.append((node_id, spec, mark_eligible, dict(meta)))
        return 77

    async def set_eligibility(self, node_id: str, *, eligible: bool) -> int:
        self.writes.append((node_id, eligible))
        if self.silence:
            raise self.silence
        return 78

    async def allocation(self, alloc_id: str) -> Allocation:
        if self.gone:
            raise NotFound("nomad", f"GET /v1/allocation/{alloc_id}", 404, "alloc not found")
        return an_allocation("batch", 1, 1, "batch", id=alloc_id, client=self.client)

    async def stop_allocation(self, alloc_id: str) -> int:
        self.writes.append(("stop", alloc_id))
        return 80

    async def evaluate_job(self, namespace: str, job_id: str) -> int:
        self.writes.append((namespace, job_id))
        return 79


class Elb:
    def __init__(self, *targets: Target) -> None:
        self.listed = targets
        self.writes: list[tuple[object, ...]] = []

    async def targets(self, arn: str) -> tuple[Target, ...]:
        return tuple(one for one in self.listed if one.key.group == arn)

    async def register(self, key: TargetKey, zone: str, quic: str) -> None:
        self.writes.append(("register", key, zone, quic))

    async def deregister(self, key: TargetKey) -> None:
        self.writes.append(("deregister", key))


def drained_by(nomad: Nomad, run_id: str, status: str = "draining") -> None:
    last = LastDrain(status, EPOCH, EPOCH, "token:abc", {RUN_META: run_id})
    under_way = status == "draining"
    nomad.state = msgspec.structs.replace(nomad.state, draining=under_way, last_drain=last)
    nomad.detail = msgspec.structs.replace(nomad.detail, drain=STRATEGY if under_way else None)


async def performed(writer: Writer, write: ApiWrite) -> Outcome:
    """Look, then write, as a performer does."""
    return await writer.perform(write, await writer.look(RUN, write), lambda: None)


def a_drain(run_id: str = "7f3a0000") -> Drain:
    return Drain(id="1", node=NODE, run_id=run_id, deadline_s=600, keep_system=True)


@pytest.mark.parametrize("eligible", [True, False])
async def test_eligibility_is_written_only_where_it_differs(eligible: bool) -> None:
    nomad = Nomad()
    write = SetEligibility(id="1", node=NODE, eligible=eligible)
    outcome = await performed(Writer(nomad, None), write)
    assert outcome == (Done() if eligible else Done(78))
    assert nomad.writes == ([] if eligible else [(NODE, False)])


async def test_a_drain_carries_the_run_and_leaves_system_jobs_if_asked() -> None:
    nomad = Nomad()
    assert await performed(Writer(nomad, None), a_drain()) == Done(77)
    spec = DrainSpec(600, ignore_system_jobs=True)
    assert nomad.writes == [(NODE, spec, False, {RUN_META: "7f3a0000"})]


async def test_our_own_drain_is_never_posted_twice_and_a_foreign_one_never_touched() -> None:
    nomad = Nomad()
    writer = Writer(nomad, None)
    drained_by(nomad, "7f3a0000")
    assert await performed(writer, a_drain()) == Done(nomad.state.modify_index)
    outcome = await performed(writer, a_drain("beef"))
    assert isinstance(outcome, NotDone)
    assert "token:abc" in outcome.reason
    cancel = CancelDrain(id="2", node=NODE, run_id="beef")
    assert isinstance(await performed(writer, cancel), NotDone)
    assert nomad.writes == []


@pytest.mark.parametrize(("status", "writes"), [("complete", 0), ("canceled", 1)])
async def test_our_drain_that_is_complete_is_never_posted_again(status: str, writes: int) -> None:
    nomad = Nomad()
    drained_by(nomad, "7f3a0000", status=status)
    await performed(Writer(nomad, None), a_drain())
    assert len(nomad.writes) == writes


async def test_a_drain_is_extended_only_while_it_is_ours() -> None:
    nomad = Nomad()
    writer = Writer(nomad, None)
    more = ExtendDrain(id="2", node=NODE, run_id="7f3a0000", deadline_s=0, keep_system=False)
    assert await performed(writer, more) == Done(nomad.state.modify_index)
    drained_by(nomad, "beef")
    assert isinstance(await performed(writer, more), NotDone)
    assert nomad.writes == []
    drained_by(nomad, "7f3a0000")
    assert await performed(writer, more) == Done(77)
    spec = DrainSpec(0, ignore_system_jobs=False)
    assert nomad.writes == [(NODE, spec, False, {RUN_META: "7f3a0000"})]


async def test_a_cancel_keeps_the_node_ineligible_and_says_whose_it_was() -> None:
    nomad = Nomad()
    writer = Writer(nomad, None)
    drained_by(nomad, "7f3a0000")
    cancel = CancelDrain(id="2", node=NODE, run_id="7f3a0000")
    assert await performed(writer, cancel) == Done(77)
    assert nomad.writes == [(NODE, None, False, {RUN_META: "7f3a0000"})]
    nomad.detail = a_detail(1)
    assert await performed(writer, cancel) == Done()


@pytest.mark.parametrize(
    ("state", "reason", "deregistered", "registered"),
    [
        ("healthy", "", True, False),
        ("initial", "", True, False),
        ("unused", "Target.NotInUse", True, False),
        ("draining", "", False, True),
        ("unused", "Target.NotRegistered", False, True),
    ],
)
async def test_targets_are_written_only_where_they_differ(
    state: str, reason: str, deregistered: bool, registered: bool
) -> None:
    found = a_target(WEB_PUBLIC, 1, state=state)
    elb = Elb(msgspec.structs.replace(found, reason=reason))
    writer = Writer(Nomad(), elb)
    assert await performed(writer, Deregister(id="1", node=NODE, target=RECORDED)) == Done()
    assert elb.writes == ([("deregister", KEY)] if deregistered else [])
    elb.writes.clear()
    assert await performed(writer, Register(id="2", node=NODE, target=RECORDED)) == Done()
    assert elb.writes == ([("register", KEY, "eu-west-1a", "")] if registered else [])


async def test_a_target_that_is_gone_is_registered_as_it_was_found() -> None:
    elb = Elb()
    await performed(Writer(Nomad(), elb), Register(id="2", node=NODE, target=RECORDED))
    assert elb.writes == [("register", KEY, "eu-west-1a", "")]


async def test_without_a_balancer_nothing_is_moved() -> None:
    write = Deregister(id="1", node=NODE, target=RECORDED)
    assert await performed(Writer(Nomad(), None), write) == NotDone("no balancer is configured")


async def test_a_job_is_evaluated_as_asked() -> None:
    nomad = Nomad()
    write = EvaluateJob(id="1", node=NODE, namespace="default", job_id="edge")
    assert await performed(Writer(nomad, None), write) == Done(79)
    assert nomad.writes == [("default", "edge")]


async def test_batch_work_is_stopped_unless_it_has_ended() -> None:
    nomad = Nomad()
    writer = Writer(nomad, None)
    write = StopAllocation(id="1", node=NODE, allocation="a1")
    assert await performed(writer, write) == Done(80)
    nomad.client = "complete"
    assert await performed(writer, write) == Done()
    nomad.gone = True
    assert await performed(writer, write) == Done()
    assert nomad.writes == [("stop", "a1")]


async def test_what_is_not_wanted_any_more_is_not_sent() -> None:
    nomad = Nomad()
    writer = Writer(nomad, None)

    def begin() -> None:
        raise Unwanted

    write = a_drain()
    with pytest.raises(Unwanted):
        await writer.perform(write, await writer.look(RUN, write), begin)
    assert nomad.writes == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Refused("nomad", "PUT /v1/node/x", 403, "Permission denied"), NotDone),
        (NotFound("nomad", "PUT /v1/node/x", 404, "node not found"), NotDone),
        (Unreachable("nomad", "PUT /v1/node/x", None, "timed out"), Unclear),
        (Misread("nomad", "PUT /v1/node/x", None, "garbage"), Unclear),
    ],
)
async def test_a_refusal_is_told_from_silence(error: ApiError, expected: type) -> None:
    nomad = Nomad()
    nomad.silence = error
    outcome = await performed(
        Writer(nomad, None), SetEligibility(id="1", node=NODE, eligible=False)
    )
    welcome = {"refused": True} if isinstance(error, Refused) else {}
    assert outcome == expected(str(error), **welcome)


async def test_silence_before_anything_was_sent_changed_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nomad = Nomad()
    silence = Unreachable("nomad", "GET /v1/allocation/a1", None, "timed out")

    async def silent(_: str) -> Allocation:
        raise silence

    monkeypatch.setattr(nomad, "allocation", silent)
    write = StopAllocation(id="1", node=NODE, allocation="a1")
    assert await performed(Writer(nomad, None), write) == NotDone(str(silence))


async def test_only_the_groups_that_matter_are_listed() -> None:
    elb = Elb(a_target(WEB_PUBLIC, 1))
    writer = Writer(Nomad(), elb)
    cordon = SetEligibility(id="1", node=NODE, eligible=False)
    assert (await writer.look(RUN, cordon)).listings == {}
    mine = await writer.look(RUN, Deregister(id="1", node=NODE, target=RECORDED))
    assert set(mine.listings) == {WEB_PUBLIC}
    whole = await writer.look(RUN, a_drain())
    assert set(whole.listings) == {one.key.group for one in RUN.plan.nodes[0].targets}
