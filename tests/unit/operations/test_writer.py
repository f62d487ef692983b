from collections.abc import Mapping

import msgspec
import pytest

from nomad_console.clients.errors import ApiError, NotFound, Refused, Unreachable
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.node import DrainStrategy, LastDrain, Node, NodeDetail
from nomad_console.domain.plan import RecordedTarget
from nomad_console.domain.target import Target, TargetKey
from nomad_console.operations.writer import Done, NotDone, Unclear, Writer
from nomad_console.upgrade.commands import (
    RUN_META,
    CancelDrain,
    Deregister,
    Drain,
    EvaluateJob,
    Register,
    SetEligibility,
)
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import WEB_PUBLIC, a_detail, a_node, a_target

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
        self.error: ApiError | None = None

    async def node(self, node_id: str) -> tuple[Node, NodeDetail]:
        if self.error:
            raise self.error
        assert node_id == self.state.id
        return self.state, self.detail

    async def drain(
        self, node_id: str, spec: DrainSpec | None, *, mark_eligible: bool, meta: Mapping[str, str]
    ) -> int:
        self.writes.append((node_id, spec, mark_eligible, dict(meta)))
        return 77

    async def set_eligibility(self, node_id: str, *, eligible: bool) -> int:
        self.writes.append((node_id, eligible))
        return 78

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


def drained_by(nomad: Nomad, run_id: str) -> None:
    last = LastDrain("draining", EPOCH, EPOCH, "token:abc", {RUN_META: run_id})
    nomad.state = msgspec.structs.replace(nomad.state, draining=True, last_drain=last)
    nomad.detail = msgspec.structs.replace(nomad.detail, drain=STRATEGY)


@pytest.mark.parametrize("eligible", [True, False])
async def test_eligibility_is_written_only_where_it_differs(eligible: bool) -> None:
    nomad = Nomad()
    outcome = await Writer(nomad, None).perform(
        SetEligibility(id="1", node=nomad.state.id, eligible=eligible)
    )
    assert outcome == (Done() if eligible else Done(78))
    assert nomad.writes == ([] if eligible else [(nomad.state.id, False)])


async def test_a_drain_carries_the_run_and_leaves_system_jobs_if_asked() -> None:
    nomad = Nomad()
    write = Drain(id="1", node=nomad.state.id, run_id="7f3a", deadline_s=600, keep_system=True)
    assert await Writer(nomad, None).perform(write) == Done(77)
    spec = DrainSpec(600, ignore_system_jobs=True)
    assert nomad.writes == [(nomad.state.id, spec, False, {RUN_META: "7f3a"})]


async def test_our_own_drain_is_never_posted_twice_and_a_foreign_one_never_touched() -> None:
    nomad = Nomad()
    drained_by(nomad, "7f3a")
    ours = Drain(id="1", node=nomad.state.id, run_id="7f3a", deadline_s=600, keep_system=True)
    assert await Writer(nomad, None).perform(ours) == Done(nomad.state.modify_index)
    theirs = msgspec.structs.replace(ours, run_id="beef")
    outcome = await Writer(nomad, None).perform(theirs)
    assert isinstance(outcome, NotDone)
    assert "token:abc" in outcome.reason
    cancel = CancelDrain(id="2", node=nomad.state.id, run_id="beef")
    assert isinstance(await Writer(nomad, None).perform(cancel), NotDone)
    assert nomad.writes == []


async def test_a_cancel_keeps_the_node_ineligible_and_says_whose_it_was() -> None:
    nomad = Nomad()
    drained_by(nomad, "7f3a")
    cancel = CancelDrain(id="2", node=nomad.state.id, run_id="7f3a")
    assert await Writer(nomad, None).perform(cancel) == Done(77)
    assert nomad.writes == [(nomad.state.id, None, False, {RUN_META: "7f3a"})]
    nomad.detail = a_detail(1)
    assert await Writer(nomad, None).perform(cancel) == Done()


@pytest.mark.parametrize(
    ("state", "deregistered", "registered"),
    [
        ("healthy", True, False),
        ("initial", True, False),
        ("draining", False, True),
        ("unused", False, True),
    ],
)
async def test_targets_are_written_only_where_they_differ(
    state: str, deregistered: bool, registered: bool
) -> None:
    elb = Elb(a_target(WEB_PUBLIC, 1, state=state))
    writer = Writer(Nomad(), elb)
    assert await writer.perform(Deregister(id="1", node="n", target=RECORDED)) == Done()
    assert elb.writes == ([("deregister", KEY)] if deregistered else [])
    elb.writes.clear()
    assert await writer.perform(Register(id="2", node="n", target=RECORDED)) == Done()
    assert elb.writes == ([("register", KEY, "eu-west-1a", "")] if registered else [])


async def test_a_target_that_is_gone_is_registered_as_it_was_found() -> None:
    elb = Elb()
    await Writer(Nomad(), elb).perform(Register(id="2", node="n", target=RECORDED))
    assert elb.writes == [("register", KEY, "eu-west-1a", "")]


async def test_without_a_balancer_nothing_is_moved() -> None:
    outcome = await Writer(Nomad(), None).perform(Deregister(id="1", node="n", target=RECORDED))
    assert outcome == NotDone("no balancer is configured")


async def test_a_job_is_evaluated_as_asked() -> None:
    nomad = Nomad()
    write = EvaluateJob(id="1", node="n", namespace="default", job_id="edge")
    assert await Writer(nomad, None).perform(write) == Done(79)
    assert nomad.writes == [("default", "edge")]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Refused("nomad", "GET /v1/node/x", 403, "Permission denied"), NotDone),
        (NotFound("nomad", "GET /v1/node/x", 404, "node not found"), NotDone),
        (Unreachable("nomad", "GET /v1/node/x", None, "timed out"), Unclear),
    ],
)
async def test_a_refusal_is_told_from_silence(error: ApiError, expected: type) -> None:
    nomad = Nomad()
    nomad.error = error
    write = SetEligibility(id="1", node=nomad.state.id, eligible=False)
    outcome = await Writer(nomad, None).perform(write)
    assert type(outcome) is expected
    assert isinstance(outcome, NotDone | Unclear)
    assert outcome.reason == str(error)
