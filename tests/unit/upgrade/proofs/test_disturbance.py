"""Another hand on the node or its targets is seen, and named."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from nomad_console.domain.node import LastDrain, NodeEvent
from nomad_console.domain.plan import RecordedTarget, Step
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.upgrade.commands import Register, RunHost, SetEligibility
from nomad_console.upgrade.gates import Proof, ProofName, Truth
from nomad_console.upgrade.run import Pending
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import look
from tests.support.snapshots import (
    WEB_PUBLIC,
    article_snapshot,
    later,
    node_id,
    with_detail,
    with_node,
    with_target,
    without_targets,
)

C1 = node_id(1)
NOW = later(article_snapshot(), 5)
CLOSED = with_node(NOW, 1, eligibility="ineligible")
AT = EPOCH + timedelta(minutes=3)
OURS = {"nomad-console-run": "7f3a0000"}


def node_ours(snapshot: ClusterSnapshot, step: Step, **fields: Any) -> Proof:
    return look(snapshot, step, **{"cordoned": True, **fields})[ProofName.NODE_OURS]


def targets_ours(snapshot: ClusterSnapshot, step: Step, **fields: Any) -> Proof:
    return look(snapshot, step, **fields)[ProofName.TARGETS_OURS]


def with_drain(
    snapshot: ClusterSnapshot,
    status: str,
    *,
    meta: dict[str, str] | None = None,
    accessor: str = "token:5a0b",
) -> ClusterSnapshot:
    last = LastDrain(status, AT, AT, accessor, OURS if meta is None else meta)
    return with_node(snapshot, 1, draining=status == "draining", last_drain=last)


def test_a_node_as_we_left_it() -> None:
    assert node_ours(CLOSED, Step.DETACH).truth == Truth.TRUE
    assert node_ours(NOW, Step.ATTACH, cordoned=False).truth == Truth.TRUE


def test_a_node_made_eligible_is_told_with_the_time() -> None:
    assert node_ours(NOW, Step.UPGRADE).evidence == "became eligible"
    events = (
        NodeEvent("Cluster", "Node marked as ineligible for scheduling", EPOCH, {}),
        NodeEvent("Cluster", "Node marked as eligible for scheduling", AT, {}),
        NodeEvent("Cluster", "Node registered", None, {}),
    )
    told = node_ours(with_detail(NOW, 1, events=events), Step.UPGRADE)
    assert told.evidence == f"became eligible at {AT:%H:%M:%S} UTC"
    assert (told.truth, told.mark) == (Truth.FALSE, "eligible")


def test_a_node_closed_again_is_told() -> None:
    blind = msgspec.structs.replace(CLOSED, details={})
    assert node_ours(blind, Step.BAKE, cordoned=False).mark == "ineligible"


def test_while_a_call_of_ours_is_under_way_nobody_knows() -> None:
    asked = Pending(SetEligibility(id="1", node=C1, eligible=False))
    assert node_ours(NOW, Step.CORDON, pending=(asked,)).truth == Truth.UNKNOWN
    host = Pending(RunHost(id="1", node=C1, argv=("true",)))
    assert node_ours(CLOSED, Step.UPGRADE, pending=(host,)).truth == Truth.TRUE


@pytest.mark.parametrize("status", ["draining", "complete"])
def test_our_own_drain_is_no_disturbance(status: str) -> None:
    proof = node_ours(with_drain(CLOSED, status), Step.DRAIN, drained=True)
    assert proof.truth == Truth.TRUE


def test_a_drain_of_another_hand_is_told_with_who_and_when() -> None:
    proof = node_ours(with_drain(CLOSED, "draining", meta={}), Step.UPGRADE)
    assert proof.evidence == f"drained by token:5a0b at {AT:%H:%M:%S} UTC"
    again = node_ours(with_drain(CLOSED, "draining"), Step.UPGRADE)  # with our meta, but not now
    assert again.mark == "drained"
    nameless = with_node(CLOSED, 1, draining=True, last_drain=None)
    assert node_ours(nameless, Step.DETACH).evidence == "drained by another hand"


def test_our_drain_ended_by_another_hand_is_told() -> None:
    canceled = with_drain(CLOSED, "canceled", accessor="")
    proof = node_ours(canceled, Step.DRAIN, drained=True)
    assert proof.evidence == f"canceled by another hand at {AT:%H:%M:%S} UTC"
    assert proof.mark == "canceled"
    assert node_ours(canceled, Step.DRAIN, drained=True, cancelled=True).truth == Truth.TRUE
    assert node_ours(canceled, Step.DRAIN).truth == Truth.TRUE  # ours is not answered yet


def test_our_drain_replaced_by_another_is_told() -> None:
    proof = node_ours(with_drain(CLOSED, "complete", meta={}), Step.DRAIN, drained=True)
    assert proof.evidence.startswith("undrained: the last drain is not ours, but by token:5a0b")
    both = with_drain(NOW, "canceled")
    assert node_ours(both, Step.DRAIN, drained=True).mark == "eligible,canceled"


def test_targets_out_and_in_as_we_left_them() -> None:
    assert targets_ours(without_targets(NOW, 1), Step.DRAIN).truth == Truth.TRUE
    leaving = with_target(NOW, WEB_PUBLIC, 1, state="draining")
    assert targets_ours(leaving, Step.BAKE).truth == Truth.FALSE
    assert targets_ours(NOW, Step.BAKE).truth == Truth.TRUE


def test_a_target_registered_again_by_another_hand_is_told_with_the_time() -> None:
    out = without_targets(NOW, 1)
    key = a_plan(1).nodes[0].targets[-1].key
    back = msgspec.structs.replace(
        out, targets={**out.targets, key: NOW.targets[key]}, target_since={key: AT}
    )
    proof = targets_ours(back, Step.UPGRADE)
    time = f"{AT:%H:%M:%S} UTC"
    assert proof.evidence == f"web-public {key.id}:{key.port} is healthy again at {time}"
    assert proof.mark == f"{key.id}:{key.port}"


@pytest.mark.parametrize(
    ("state", "reason", "out"),
    [
        ("draining", "Target.DeregistrationInProgress", True),
        ("unused", "Target.NotRegistered", True),
        ("unused", "Target.NotInUse", False),
        ("initial", "Elb.RegistrationInProgress", False),
        ("unhealthy", "Target.Timeout", False),
    ],
)
def test_which_states_are_out(state: str, reason: str, out: bool) -> None:
    changed = with_target(without_one(), WEB_PUBLIC, 1, state=state, reason=reason)
    assert (targets_ours(changed, Step.REJOIN).truth == Truth.TRUE) is out


def without_one() -> ClusterSnapshot:
    """Of c1's targets only that of web-public is listed."""
    rows = {
        key: one
        for key, one in NOW.targets.items()
        if key.group == WEB_PUBLIC or one.key not in {two.key for two in a_targets()}
    }
    return msgspec.structs.replace(NOW, targets=rows)


def a_targets() -> tuple[RecordedTarget, ...]:
    return a_plan(1).nodes[0].targets


def test_a_target_taken_out_during_the_watch_is_told() -> None:
    proof = targets_ours(without_targets(NOW, 1), Step.BAKE)
    assert proof.truth == Truth.FALSE
    assert "is out again" in proof.evidence


def test_while_a_target_is_being_moved_nobody_knows() -> None:
    asked = Pending(Register(id="1", node=C1, target=a_targets()[0]))
    assert targets_ours(NOW, Step.BAKE, pending=(asked,)).truth == Truth.UNKNOWN
