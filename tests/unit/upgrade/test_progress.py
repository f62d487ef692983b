"""A drain, allocation by allocation."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from nomad_console.domain.allocation import Evaluation, TaskEvent
from nomad_console.domain.node import DrainStrategy
from nomad_console.domain.plan import Step, SystemJobs
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.upgrade.progress import Doing, Hop, Moving, Progress, progress
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import (
    a_task,
    allocation_id,
    an_allocation,
    article_snapshot,
    drained,
    nanoseconds,
    node_id,
    with_allocation,
    with_detail,
    with_new,
    with_node,
)

NOW = article_snapshot()


def of(snapshot: ClusterSnapshot, **options: Any) -> Progress:
    return progress(snapshot, run_at(Step.DRAIN, a_plan(1, 2, **options)), node_id(1))


def web(snapshot: ClusterSnapshot) -> Moving:
    return next(one for one in of(snapshot).moving if one.name == "web[0]")


def event(kind: str, seconds_ago: float, **changes: Any) -> TaskEvent:
    plain = TaskEvent(
        type=kind,
        time_ns=nanoseconds(EPOCH - timedelta(seconds=seconds_ago)),
        message="",
        exit_code=0,
        signal=0,
        kill_timeout_s=0.0,
        oom_killed=False,
    )
    return msgspec.structs.replace(plain, **changes)


def with_web(*events: TaskEvent, **changes: Any) -> ClusterSnapshot:
    return with_allocation(NOW, "web", 0, tasks=(a_task(events=events),), **changes)


KILLING = event("Killing", 7.0, kill_timeout_s=5.0)


def test_before_its_turn_each_allocation_waits_and_system_ones_are_kept() -> None:
    seen = of(NOW)
    assert [(one.name, one.doing) for one in seen.moving] == [
        ("solo[0]", Doing.WAITING),
        ("web[0]", Doing.WAITING),
        ("edge[1]", Doing.KEPT),
    ]
    assert (seen.gone, seen.total, seen.deadline_left_s) == (0, 2, None)


def test_system_allocations_that_are_to_stop_wait_as_well() -> None:
    seen = of(NOW, system=SystemJobs.STOP)
    assert (seen.moving[0].name, seen.moving[0].doing) == ("edge[1]", Doing.WAITING)
    assert seen.total == 3


def test_batch_stays_until_the_deadline() -> None:
    seen = progress(NOW, run_at(Step.DRAIN, a_plan(2)), node_id(2))
    assert {one.name: one.doing for one in seen.moving}["crunch[0]"] == Doing.BATCH


def test_the_shutdown_delay_is_counted_from_the_word_to_stop() -> None:
    told = nanoseconds(EPOCH - timedelta(seconds=3))
    one = web(with_web(desired="stop", modify_time_ns=told))
    assert (one.doing, one.for_s, one.of_s, one.then_s) == (Doing.DELAY, 3.0, 5.0, 5.0)


def test_after_the_signal_the_kill_timeout_runs() -> None:
    one = web(with_web(event("Killing", 2.0, kill_timeout_s=9.0), desired="stop"))
    assert (one.doing, one.for_s, one.of_s) == (Doing.STOPPING, 2.0, 9.0)
    capped = web(with_web(event("Killing", 2.0), desired="stop"))
    assert capped.of_s == 5.0  # the job's, where the event does not say


def test_a_clean_stop_is_gone_with_its_exit_code() -> None:
    ended = event("Terminated", 5.0, exit_code=0)
    one = web(with_web(KILLING, ended, desired="stop", client="complete"))
    assert (one.doing, one.exit_code, one.gone) == (Doing.GONE, 0, True)


@pytest.mark.parametrize(
    ("ended", "doing"),
    [
        (event("Terminated", 2.0, exit_code=137, signal=9), Doing.KILLED),
        (event("Terminated", 2.0, signal=9), Doing.KILLED),
        (event("Terminated", 2.0, exit_code=137), Doing.KILLED),
        (event("Terminated", 6.0, exit_code=137, signal=9), Doing.GONE),  # long before its time
        (event("Terminated", 2.0, exit_code=137, signal=9, oom_killed=True), Doing.GONE),
        (event("Terminated", 2.0, exit_code=1), Doing.GONE),
    ],
)
def test_only_the_signal_after_the_whole_time_out_is_a_kill(ended: TaskEvent, doing: Doing) -> None:
    one = web(with_web(KILLING, ended, desired="stop", client="complete"))
    assert one.doing == doing
    if doing == Doing.KILLED:
        assert (one.for_s, one.of_s) == (5.0, 5.0)


def test_without_task_states_gone_is_all_that_is_known() -> None:
    one = web(with_allocation(NOW, "web", 0, tasks=None, client="complete", desired="stop"))
    assert (one.doing, one.exit_code) == (Doing.GONE, None)
    pushed_out = with_web(event("Terminated", 1.0, signal=9), client="complete")
    assert web(pushed_out).doing == Doing.GONE


def test_a_job_that_is_not_read_has_no_delays_to_count() -> None:
    blind = msgspec.structs.replace(with_web(desired="stop"), jobs={})
    one = web(blind)
    assert (one.doing, one.of_s, one.then_s) == (Doing.DELAY, 0.0, 0.0)


def test_a_whole_drain_is_counted() -> None:
    out = with_allocation(drained(NOW, 1, "7f3a0000"), "edge", 1, client="running", desired="run")
    seen = of(out)
    assert (seen.gone, seen.total) == (2, 2)


def test_old_ends_are_not_shown_but_late_arrivals_are() -> None:
    old = an_allocation("old", 0, 1, client="complete", modify_index=900)
    late = an_allocation("late", 0, 1, client="complete", modify_index=1100)
    names = {one.name for one in of(with_new(NOW, old, late)).moving}
    assert "late[0]" in names
    assert "old[0]" not in names


def _chain(*changes: dict[str, Any]) -> tuple[Hop, ...]:
    """web[0] of c1 with one replacement after the other."""
    snapshot = with_allocation(NOW, "web", 0, next_id=allocation_id("web", 100))
    last = len(changes) - 1
    rows = [
        an_allocation(
            "web",
            100 + place,
            3 + place,
            next_id=allocation_id("web", 101 + place) if place < last else "",
            **change,
        )
        for place, change in enumerate(changes)
    ]
    return web(with_new(snapshot, *rows)).replacements


def test_replacements_are_followed_over_every_hop() -> None:
    first, second = _chain({"client": "failed", "healthy": False}, {"healthy": True})
    assert (first.node, first.client, first.healthy) == ("c3", "failed", False)
    assert (second.node, second.healthy, second.healthy_in_s) == ("c4", True, None)


def test_a_verdict_comes_min_healthy_time_after_the_start_at_the_earliest() -> None:
    since = a_task(started_at=EPOCH - timedelta(seconds=8))
    (hop,) = _chain({"healthy": None, "tasks": (since,)})
    assert hop.healthy_in_s == 2.0
    (pending,) = _chain({"healthy": None, "client": "pending"})
    assert pending.healthy_in_s is None
    (bare,) = _chain({"healthy": None, "tasks": None})
    assert bare.healthy_in_s is None


def test_a_chain_ends_at_what_is_not_read_and_at_its_own_beginning() -> None:
    unread = with_allocation(NOW, "web", 0, next_id="elsewhere")
    assert web(unread).replacements == ()
    loop = with_allocation(NOW, "web", 0, next_id=allocation_id("web", 0))
    assert web(loop).replacements == ()


def test_a_stopped_one_without_a_place_for_its_replacement_is_blocked() -> None:
    evaluation = Evaluation(
        id="e",
        namespace="default",
        job_id="web",
        type="service",
        status="blocked",
        triggered_by="queued-allocs",
        description="",
        node_id="",
        failed={},
        create_index=1,
        modify_index=1,
    )
    stopped = msgspec.structs.replace(with_web(desired="stop"), blocked={"e": evaluation})
    assert web(stopped).blocked
    assert not web(msgspec.structs.replace(with_web(), blocked={"e": evaluation})).blocked
    assert not web(with_web(desired="stop")).blocked


def test_the_deadline_is_counted_down_while_a_drain_is_set() -> None:
    ends = EPOCH + timedelta(minutes=10)
    strategy = DrainStrategy(
        ignore_system_jobs=True, deadline_s=600, started_at=EPOCH, force_deadline=ends
    )
    assert of(with_detail(NOW, 1, drain=strategy)).deadline_left_s == 600.0
    endless = msgspec.structs.replace(strategy, force_deadline=None)
    assert of(with_detail(NOW, 1, drain=endless)).deadline_left_s is None
    assert of(msgspec.structs.replace(NOW, details={})).deadline_left_s is None


def test_a_node_outside_the_run_is_shown_as_it_is() -> None:
    seen = progress(NOW, run_at(Step.DRAIN), node_id(3))
    assert {one.name for one in seen.moving} == {"edge[3]", "web[2]", "api[1]"}


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        ("down", {"client": "lost", "desired": "stop"}),
        ("disconnected", {"client": "unknown"}),
        ("down", {"desired": "stop"}),
    ],
)
def test_on_a_lost_node_nothing_counts_down_and_nothing_is_gone(
    status: str, changes: dict[str, Any]
) -> None:
    until = EPOCH + timedelta(seconds=60)
    draining = with_detail(NOW, 1, drain=DrainStrategy(True, 60.0, EPOCH, until))  # noqa: FBT003 — the record's own order
    killing = with_allocation(draining, "web", 0, tasks=(a_task(events=(KILLING,)),), **changes)
    lost = with_node(killing, 1, status=status)
    row = web(lost)
    assert (row.doing, row.for_s, row.of_s, row.gone) == (Doing.LOST, 0.0, 0.0, False)
    assert of(lost).lost == status
    assert of(killing).lost == ""


def test_what_had_ended_before_its_node_was_lost_is_gone() -> None:
    ended = with_web(event("Terminated", 1.0), client="complete", desired="stop")
    assert web(with_node(ended, 1, status="down")).doing == Doing.GONE
    back = with_allocation(NOW, "web", 0, client="lost", desired="stop")
    assert web(back).doing == Doing.GONE
