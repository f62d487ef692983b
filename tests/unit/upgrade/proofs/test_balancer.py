"""Proofs about the balancer, true and false."""

from datetime import timedelta

import msgspec

from nomad_console.domain.plan import Step
from nomad_console.upgrade.gates import Proof, ProofName, Truth
from nomad_console.upgrade.proofs.balancer import oldest_reading
from nomad_console.upgrade.proofs.sight import Sight
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import look, run_at, seen_before, truths
from tests.support.snapshots import (
    API_INT,
    WEB_PUBLIC,
    a_target,
    article_snapshot,
    later,
    node_id,
    with_derived,
    with_target,
    without_targets,
)

_P = ProofName
NOW = later(article_snapshot(), 5)
OUT = later(without_targets(NOW, 1), 1)


def test_targets_that_came_or_went_are_named() -> None:
    assert look(NOW, None)[_P.TARGETS_AS_PLANNED].evidence == "2 as recorded"
    gone = look(OUT, None)[_P.TARGETS_AS_PLANNED]
    assert (gone.truth, gone.evidence[:6]) == (Truth.FALSE, "gone: ")
    extra = a_target(WEB_PUBLIC, 1, port=8081)
    more = later(
        with_derived(msgspec.structs.replace(NOW, targets={**NOW.targets, extra.key: extra})), 1
    )
    proof = look(more, None)[_P.TARGETS_AS_PLANNED]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "new: i-00000000000000001:8081")


def test_others_must_be_able_to_serve() -> None:
    enough = look(NOW, Step.CORDON)[_P.OTHERS_SERVE]
    assert enough.truth == Truth.TRUE
    assert "web-public keeps 5 healthy, needs 1" in enough.evidence
    alone = NOW
    for number in range(2, 7):
        alone = with_target(alone, WEB_PUBLIC, number, state="unhealthy")
    proof = look(alone, Step.CORDON)[_P.OTHERS_SERVE]
    assert (proof.truth, proof.evidence) == (
        Truth.FALSE,
        "web-public keeps 0 healthy, needs 1",
    )


def test_a_group_that_no_balancer_uses_needs_nobody() -> None:
    idle = {
        arn: msgspec.structs.replace(group, load_balancers=()) for arn, group in NOW.groups.items()
    }
    proof = look(msgspec.structs.replace(NOW, groups=idle), Step.CORDON)[_P.OTHERS_SERVE]
    assert (proof.truth, proof.evidence) == (Truth.TRUE, "not in use")


def test_released_is_absent_or_not_registered() -> None:
    assert truths(OUT, Step.DETACH)[_P.RELEASED] == Truth.TRUE
    unused = NOW
    for arn in (WEB_PUBLIC, API_INT):
        unused = with_target(unused, arn, 1, state="unused", reason="Target.NotRegistered")
    assert truths(unused, Step.DETACH)[_P.RELEASED] == Truth.TRUE


def test_draining_or_unused_for_another_reason_is_not_released() -> None:
    draining = with_target(OUT_BUT_ONE, WEB_PUBLIC, 1, state="draining")
    proof = look(draining, Step.DETACH)[_P.RELEASED]
    assert proof.truth == Truth.FALSE
    assert proof.evidence == "web-public i-00000000000000001:80 draining"
    not_in_use = with_target(OUT_BUT_ONE, WEB_PUBLIC, 1, state="unused", reason="Target.NotInUse")
    assert truths(not_in_use, Step.DETACH)[_P.RELEASED] == Truth.FALSE


OUT_BUT_ONE = msgspec.structs.replace(
    NOW,
    targets={key: one for key, one in NOW.targets.items() if key != a_target(API_INT, 1).key},
)


def test_released_twice_is_by_two_readings() -> None:
    assert truths(OUT, Step.DETACH)[_P.RELEASED_TWICE] == Truth.FALSE
    plan = a_plan(1)
    node = OUT.nodes[node_id(1)]
    sight = Sight(OUT, plan, plan.nodes[0], run_at(Step.DETACH).upgrade, node)
    mark = oldest_reading(sight)
    first = seen_before(Proof(_P.RELEASED, Truth.TRUE, "2 of 2", "alb", OUT.at, mark))
    same = look(OUT, Step.DETACH, proofs=first)[_P.RELEASED_TWICE]
    assert (same.truth, same.evidence) == (Truth.FALSE, "seen out once")
    again = look(later(OUT, 2), Step.DETACH, proofs=first)[_P.RELEASED_TWICE]
    assert (again.truth, again.evidence) == (Truth.TRUE, "seen out twice")
    back = look(later(NOW, 2), Step.DETACH, proofs=first)[_P.RELEASED_TWICE]
    assert back.truth == Truth.FALSE
    assert mark > (EPOCH + timedelta(seconds=5)).isoformat()


def test_healthy_is_every_recorded_target_serving() -> None:
    assert look(NOW, Step.ATTACH)[_P.HEALTHY].evidence == "2 of 2 healthy"
    assert "is not registered" in look(OUT, Step.ATTACH)[_P.HEALTHY].evidence
    sick = with_target(NOW, API_INT, 1, state="unhealthy", reason="Target.Timeout")
    proof = look(sick, Step.ATTACH)[_P.HEALTHY]
    assert proof.truth == Truth.FALSE
    assert proof.evidence == "api-int i-00000000000000001:80 unhealthy Target.Timeout"
    shifted = with_target(NOW, API_INT, 1, override="zonal_shift_active")
    assert truths(shifted, Step.ATTACH)[_P.HEALTHY] == Truth.FALSE


def test_where_no_balancer_uses_the_group_registered_is_enough() -> None:
    unused = with_target(NOW, API_INT, 1, state="unused", reason="Target.NotInUse")
    assert truths(unused, Step.ATTACH)[_P.HEALTHY] == Truth.FALSE
    idle = msgspec.structs.replace(unused.groups[API_INT], load_balancers=())
    groups = {**unused.groups, API_INT: idle}
    seen = truths(msgspec.structs.replace(unused, groups=groups), Step.ATTACH)
    assert seen[_P.HEALTHY] == Truth.TRUE
