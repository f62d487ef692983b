from datetime import timedelta
from typing import Any

import msgspec
import pytest

from nomad_console.domain.node import DrainStrategy, LastDrain, NodeEvent
from nomad_console.domain.plan import Step
from nomad_console.domain.target import Target
from nomad_console.operations.comparison import Known, Sight, differences, groups_of, present
from nomad_console.operations.inbox import Moment
from nomad_console.upgrade.commands import (
    RUN_META,
    CancelDrain,
    Deregister,
    Drain,
    Register,
    RunHost,
    SetEligibility,
    Write,
)
from nomad_console.upgrade.events import Disturbed, Held, Released, RestoreAsked
from nomad_console.upgrade.run import Pending, Restoring, Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.snapshots import a_detail, a_node, a_target, node_id

PLAN = a_plan(2)
NODE = node_id(2)
FOUND = PLAN.nodes[0]
TARGETS = FOUND.targets
LATER = PLAN.made_at + timedelta(minutes=5)
OURS, THEIRS = {RUN_META: PLAN.run_id}, {"who": "else"}
STRATEGY = DrainStrategy(
    ignore_system_jobs=True, deadline_s=600, started_at=LATER, force_deadline=None
)
DRAIN = Drain(id="1", node=NODE, run_id=PLAN.run_id, deadline_s=600, keep_system=True)
CANCEL = CancelDrain(id="1", node=NODE, run_id=PLAN.run_id)
CORDON = SetEligibility(id="1", node=NODE, eligible=False)


def a_run(*pending: Write, **fields: Any) -> Run:
    run = Run.of(PLAN)
    asked = tuple(Pending(one) for one in pending)
    upgrade = msgspec.structs.replace(run.upgrades[0], pending=asked, **fields)
    return msgspec.structs.replace(run, upgrades=(upgrade,))


def seen(
    *,
    eligible: bool = True,
    status: str = "",
    meta: dict[str, str] | None = None,
    draining: bool = False,
    events: tuple[NodeEvent, ...] = (),
    targets: tuple[Target, ...] | None = None,
) -> Sight:
    last = LastDrain(status, LATER, LATER, "token:0b5e", meta or OURS) if status else None
    word = "eligible" if eligible else "ineligible"
    node = msgspec.structs.replace(a_node(2), eligibility=word, last_drain=last)
    drain = STRATEGY if draining else None
    detail = msgspec.structs.replace(a_detail(2), drain=drain, events=events)
    listed = targets
    if listed is None:
        listed = tuple(Target(one.key, "", "", "healthy", "", "", "") for one in TARGETS)
    groups = {one.key.group for one in listed} | {one.key.group for one in TARGETS}
    by_group = {arn: tuple(one for one in listed if one.key.group == arn) for arn in groups}
    return Sight(node, detail, by_group)


def told(run: Run, sight: Sight) -> str:
    return "; ".join(differences(run, NODE, sight))


def test_as_found_nothing_is_different() -> None:
    assert told(a_run(), seen()) == ""
    assert differences(a_run(), "another", seen()) == ()


def test_eligibility_that_another_hand_changed_is_told_with_its_moment() -> None:
    cordoned = a_run(cordoned=True)
    assert told(cordoned, seen(eligible=False)) == ""
    marked = NodeEvent("Cluster", "Node marked as eligible for scheduling", LATER, {})
    words = f"was made eligible by another hand at {LATER:%H:%M:%S}"
    assert told(cordoned, seen(events=(marked,))) == words
    assert told(a_run(), seen(eligible=False)) == "was made ineligible by another hand"


def test_on_the_way_back_what_is_as_it_was_found_is_no_difference() -> None:
    done = a_run(cordoned=True, detached=tuple(one.key for one in TARGETS))
    assert "was made eligible" in told(done, seen())
    assert "registered again" in told(done, seen())
    back = msgspec.structs.replace(done, restoring=Restoring("enough", LATER))
    assert told(back, seen()) == ""
    gone = msgspec.structs.replace(back, upgrades=a_run().upgrades)
    assert "made ineligible" in told(gone, seen(eligible=False))
    assert "deregistered by another hand" in told(gone, seen(targets=()))


@pytest.mark.parametrize("write", [CORDON, DRAIN])
def test_while_our_own_call_has_no_answer_either_eligibility_may_be_ours(write: Write) -> None:
    assert told(a_run(write), seen(eligible=False)) == ""
    assert told(a_run(write), seen(eligible=True)) == ""


@pytest.mark.parametrize(
    ("sight", "words"),
    [
        (
            seen(eligible=False, status="draining", meta=THEIRS, draining=True),
            f"is being drained by token:0b5e at {LATER:%H:%M:%S}",
        ),
        (
            seen(status="complete", meta=THEIRS),
            f"was drained by token:0b5e at {LATER:%H:%M:%S}",
        ),
        (seen(eligible=False, status="draining", draining=True), ""),
        (seen(status="complete"), ""),
    ],
)
def test_another_hands_drain_is_told_with_who_and_when(sight: Sight, words: str) -> None:
    assert told(a_run(), sight) == words


def test_a_drain_from_before_the_plan_is_nobodys_doing_now() -> None:
    sight = seen(status="complete", meta=THEIRS)
    last = LastDrain("complete", PLAN.made_at, PLAN.made_at, "token:0b5e", THEIRS)
    node = msgspec.structs.replace(sight.node, last_drain=last)
    assert told(a_run(), sight._replace(node=node)) == ""


def test_our_drain_cancelled_by_another_hand_is_told() -> None:
    sight = seen(eligible=False, status="canceled")
    draining = {"step": Step.DRAIN, "cordoned": True, "drained": True}
    words = f"had our drain cancelled by token:0b5e at {LATER:%H:%M:%S}"
    assert told(a_run(**draining), sight) == words
    assert told(a_run(CANCEL, **draining), sight) == ""
    assert told(a_run(DRAIN, **draining), sight) == ""
    assert told(a_run(**draining, cancelled=True), sight) == ""
    assert told(a_run(step=Step.UPGRADE, cordoned=True, drained=True), sight) == ""


def test_targets_that_another_hand_moved_are_told() -> None:
    first, *_ = TARGETS
    out = a_run(detached=(first.key,))
    assert told(out, seen()) == f"had {first} registered again by another hand"
    rest = tuple(one for one in seen().listings[first.key.group] if one.key != first.key)
    others = tuple(
        one for arn, listing in seen().listings.items() if arn != first.key.group for one in listing
    )
    without = seen(targets=(*rest, *others))
    assert told(out, without) == ""
    assert told(a_run(), without) == f"had {first} deregistered by another hand"
    for write in (
        Deregister(id="1", node=NODE, target=first),
        Register(id="1", node=NODE, target=first),
    ):
        assert told(a_run(write), without) == ""
        assert told(a_run(write, detached=(first.key,)), seen()) == ""


def test_a_port_that_the_plan_does_not_know_is_told() -> None:
    listed = tuple(one for listing in seen().listings.values() for one in listing)
    strange = msgspec.structs.replace(listed[0], key=listed[0].key._replace(port=8443))
    others = a_target(listed[0].key.group, 5)
    words = f"is registered as {strange.key.id}:8443 too, which the plan does not know"
    assert told(a_run(), seen(targets=(*listed, strange, others))) == words


@pytest.mark.parametrize(
    ("state", "reason", "there"),
    [
        ("healthy", "", True),
        ("unhealthy", "", True),
        ("unused", "Target.NotInUse", True),
        ("unused", "Target.NotRegistered", False),
        ("draining", "Target.DeregistrationInProgress", False),
    ],
)
def test_registered_is_what_aws_lists_as_such(state: str, reason: str, there: bool) -> None:
    target = msgspec.structs.replace(a_target("arn", 1, state=state), reason=reason)
    assert present(target) == there
    assert not present(None)


def test_a_write_depends_on_the_groups_it_moves_or_empties() -> None:
    first, *_ = TARGETS
    every = {one.key.group for one in TARGETS}
    assert groups_of(FOUND, Register(id="1", node=NODE, target=first)) == (first.key.group,)
    assert set(groups_of(FOUND, DRAIN)) == every
    assert set(groups_of(FOUND, RunHost(id="1", node=NODE, argv=("true",)))) == every
    assert groups_of(FOUND, CORDON) == ()


def test_what_the_operator_was_told_and_went_on_from_stops_nothing_more() -> None:
    what = Known.joined(["was drained", "had x registered again"])
    at: Moment = {"at": EPOCH, "elapsed": 0.0}
    known = Known((Held(reason="lunch", **at), Disturbed(node=NODE, what=what, **at)))
    assert (NODE, "was drained") not in known
    known.take(Released(**at))
    assert (NODE, "was drained") in known
    assert (NODE, "had x registered again") in known
    assert ("another", "was drained") not in known
    known.take(Disturbed(node=NODE, what="was made eligible", **at))
    known.take(RestoreAsked(reason="enough", **at))
    assert (NODE, "was made eligible") in known
