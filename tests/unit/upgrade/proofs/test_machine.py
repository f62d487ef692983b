"""Proofs about the node, true, false and unknown."""

from datetime import timedelta

import msgspec
import pytest

from nomad_console.domain.node import LastDrain
from nomad_console.domain.plan import Step
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.upgrade.gates import Proof, ProofName, Truth
from nomad_console.upgrade.observe import observe
from nomad_console.upgrade.run import Restoring
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import look, run_at, seen_before, truths
from tests.support.snapshots import (
    article_snapshot,
    drained,
    later,
    node_id,
    with_detail,
    with_node,
)

_P = ProofName
NOW = later(article_snapshot(), 5)


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"status": "down"}, "is down"),
        ({"eligibility": "ineligible"}, "is ineligible"),
        ({"draining": True}, "is draining"),
        ({"version": "2.0.5"}, "has 2.0.5"),
    ],
)
def test_a_node_that_somebody_changed_is_not_as_planned(
    changes: dict[str, object], evidence: str
) -> None:
    proof = look(with_node(NOW, 1, **changes), None)[_P.NODE_AS_PLANNED]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, evidence)


def test_our_own_cordon_is_no_change() -> None:
    closed = with_node(NOW, 1, eligibility="ineligible")
    assert truths(closed, None, cordoned=True)[_P.NODE_AS_PLANNED] == Truth.TRUE


def test_cordoned_is_read_back() -> None:
    assert truths(NOW, Step.CORDON)[_P.CORDONED] == Truth.FALSE
    closed = with_node(NOW, 1, eligibility="ineligible")
    assert truths(closed, Step.CORDON)[_P.CORDONED] == Truth.TRUE


def test_eligibility_comes_back_as_it_was_found() -> None:
    assert truths(NOW, Step.REJOIN)[_P.ELIGIBLE] == Truth.TRUE
    closed = with_node(NOW, 1, eligibility="ineligible")
    assert truths(closed, Step.REJOIN)[_P.ELIGIBLE] == Truth.FALSE


def _with_drain(status: str, run_id: str) -> ClusterSnapshot:
    last = LastDrain(status, NOW.at, NOW.at, "token:x", {"nomad-console-run": run_id})
    return with_node(NOW, 1, last_drain=last)


@pytest.mark.parametrize(
    ("snapshot", "truth", "evidence"),
    [
        (drained(NOW, 1, "7f3a0000"), Truth.TRUE, "the drain is complete"),
        (drained(NOW, 1, "other"), Truth.FALSE, "the last drain is not ours"),
        (_with_drain("canceled", "7f3a0000"), Truth.FALSE, "the drain is canceled"),
        (NOW, Truth.FALSE, "the last drain is not ours"),
        (with_node(NOW, 1, draining=True), Truth.FALSE, "draining"),
    ],
)
def test_only_our_own_drain_completed_is_over(
    snapshot: ClusterSnapshot, truth: Truth, evidence: str
) -> None:
    proof = look(snapshot, Step.DRAIN)[_P.DRAIN_OVER]
    assert (proof.truth, proof.evidence) == (truth, evidence)


def test_the_machine_is_told_by_its_instance_id() -> None:
    assert truths(NOW, Step.UPGRADE)[_P.SAME_MACHINE] == Truth.TRUE
    other = look(with_detail(NOW, 1, instance_id=""), Step.UPGRADE)[_P.SAME_MACHINE]
    assert (other.truth, other.evidence) == (Truth.FALSE, "no instance id")
    unread = msgspec.structs.replace(NOW, details={})
    assert truths(unread, Step.UPGRADE)[_P.SAME_MACHINE] == Truth.UNKNOWN


def test_outside_ec2_the_name_tells_the_machine() -> None:
    plan = a_plan(1, snapshot=with_detail(article_snapshot(), 1, instance_id=""))
    assert truths(NOW, Step.UPGRADE, plan)[_P.SAME_MACHINE] == Truth.TRUE
    renamed = with_node(NOW, 1, name="c9")
    assert truths(renamed, Step.UPGRADE, plan)[_P.SAME_MACHINE] == Truth.FALSE


def test_ready_is_what_nomad_says() -> None:
    assert truths(NOW, Step.UPGRADE)[_P.READY] == Truth.TRUE
    starting = look(with_node(NOW, 1, status="initializing"), Step.UPGRADE)[_P.READY]
    assert (starting.truth, starting.evidence) == (Truth.FALSE, "initializing")


LOST = with_detail(with_node(NOW, 1, status="down"), 1, status_updated_at=EPOCH)


@pytest.mark.parametrize(
    ("step", "seconds", "evidence"),
    [
        (
            Step.DRAIN,
            5,
            "down since 22:00:00: its tasks cannot be stopped in order and may run on",
        ),
        (Step.UPGRADE, 55, "down since 22:00:00, as while it restarts"),
        (Step.UPGRADE, 65, "down since 22:00:00: longer than an agent takes to restart"),
        (Step.REJOIN, 5, "down since 22:00:00"),
    ],
)
def test_a_lost_node_says_since_when_and_what_it_means(
    step: Step, seconds: float, evidence: str
) -> None:
    seen = look(msgspec.structs.replace(LOST, at=EPOCH + timedelta(seconds=seconds)), step)
    ready = seen[_P.READY]
    assert (ready.truth, ready.evidence, ready.mark) == (Truth.FALSE, evidence, "down")


def test_since_when_is_not_said_by_details_older_than_the_loss() -> None:
    status = "disconnected"
    newer = LOST.details[node_id(1)].modify_index + 1
    seen = look(with_node(LOST, 1, status=status, modify_index=newer), Step.UPGRADE)[_P.READY]
    assert (seen.evidence, seen.mark) == (status, status)


def test_the_wanted_version_is_proof_whenever_it_came() -> None:
    assert truths(NOW, Step.UPGRADE)[_P.VERSION] == Truth.FALSE
    new = look(with_node(NOW, 1, version="2.0.5"), Step.UPGRADE)[_P.VERSION]
    assert (new.truth, new.mark) == (Truth.TRUE, "101")


def test_a_restart_with_the_same_version_needs_a_new_registration() -> None:
    plan = a_plan(1, target_version="2.0.4")
    assert truths(NOW, Step.UPGRADE, plan)[_P.VERSION] == Truth.FALSE
    again = with_node(NOW, 1, modify_index=1001)
    assert truths(again, Step.UPGRADE, plan)[_P.VERSION] == Truth.TRUE


@pytest.mark.parametrize(
    ("truth", "mark", "wanted"),
    [
        (Truth.TRUE, "100", Truth.TRUE),
        (Truth.TRUE, "101", Truth.FALSE),
        (Truth.FALSE, "", Truth.FALSE),
    ],
)
def test_a_second_registration_raises_the_index(truth: Truth, mark: str, wanted: Truth) -> None:
    version = Proof(_P.VERSION, truth, "2.0.5", "nomad", NOW.at, mark)
    seen = truths(NOW, Step.UPGRADE, proofs=seen_before(version))
    assert seen[_P.REGISTERED_AGAIN] == wanted


def test_a_first_registration_is_no_second() -> None:
    assert truths(NOW, Step.UPGRADE)[_P.REGISTERED_AGAIN] == Truth.FALSE


def test_every_driver_that_was_healthy_is_healthy_again() -> None:
    assert look(NOW, Step.UPGRADE)[_P.DRIVERS].evidence == "docker, raw_exec"
    sick = look(with_detail(NOW, 1, drivers={"raw_exec": True}), Step.UPGRADE)[_P.DRIVERS]
    assert (sick.truth, sick.evidence) == (Truth.FALSE, "not healthy: docker")


def test_drivers_are_not_judged_by_details_older_than_the_node() -> None:
    newer = with_node(NOW, 1, modify_index=500)
    assert truths(newer, Step.UPGRADE)[_P.DRIVERS] == Truth.UNKNOWN
    unread = msgspec.structs.replace(NOW, details={})
    assert truths(unread, Step.UPGRADE)[_P.DRIVERS] == Truth.UNKNOWN


def test_a_node_without_drivers_has_none_to_miss() -> None:
    plan = a_plan(1, snapshot=with_detail(article_snapshot(), 1, drivers={}))
    assert look(NOW, Step.UPGRADE, plan)[_P.DRIVERS].evidence == "it had none"


def test_only_our_own_drain_has_to_be_ended() -> None:
    plan = a_plan(1)
    drain = with_node(drained(NOW, 1, plan.run_id), 1, draining=True)
    proof = _back(drain)[_P.UNDRAINED]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "draining")
    assert _back(drained(NOW, 1, plan.run_id))[_P.UNDRAINED].evidence == "not draining"
    assert _back(with_node(drained(NOW, 1, "other"), 1, draining=True))[_P.UNDRAINED].holds
    assert _back(NOW)[_P.UNDRAINED].holds


def _back(snapshot: ClusterSnapshot) -> dict[ProofName, Proof]:
    """What the way back from a drain needs."""
    run = run_at(Step.DRAIN)
    run = msgspec.structs.replace(run, restoring=Restoring("enough", EPOCH))
    return {one.name: one for one in observe(snapshot, run).nodes[0].proofs}
