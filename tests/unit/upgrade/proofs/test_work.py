"""Proofs about the work, true, false and unknown."""

from typing import Any

import pytest
from msgspec.structs import replace

from nomad_console.domain.allocation import Evaluation
from nomad_console.domain.job import Migrate
from nomad_console.domain.plan import Step, SystemJobs
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.upgrade.gates import Proof, ProofName, Truth
from nomad_console.upgrade.observe import observe
from nomad_console.upgrade.run import Restoring
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import look, run_at, seen_before, truths
from tests.support.snapshots import (
    a_job,
    a_stub,
    a_task,
    allocation_id,
    an_allocation,
    article_snapshot,
    drained,
    later,
    nanoseconds,
    with_allocation,
    with_derived,
    with_job,
    with_new,
)

_P = ProofName
NOW = later(article_snapshot(), 5, indexes=0)
OUT = drained(NOW, 1, "7f3a0000")


def _kept(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The edge of c1 still runs: it was kept."""
    return with_allocation(snapshot, "edge", 1, client="running", desired="run")


def test_a_drained_node_proves_all_but_the_second_look() -> None:
    seen = truths(later(OUT, 1), Step.DRAIN, cordoned=True)
    assert {name for name, truth in seen.items() if truth != Truth.TRUE} == {
        _P.EMPTY_TWICE,
        _P.RELEASED,
        _P.TARGETS_OURS,
    }


@pytest.mark.parametrize("client", ["pending", "running", "unknown"])
def test_anything_that_may_still_run_is_still_here(client: str) -> None:
    proof = look(with_allocation(OUT, "web", 0, client=client), Step.DRAIN)[_P.EMPTY]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "still here: web.web[0]")


def test_system_allocations_count_only_where_they_are_to_stop() -> None:
    assert truths(_kept(OUT), Step.DRAIN)[_P.EMPTY] == Truth.TRUE
    stopping = a_plan(1, system=SystemJobs.STOP)
    assert truths(_kept(OUT), Step.DRAIN, stopping)[_P.EMPTY] == Truth.FALSE


def test_an_allocation_of_unknown_type_leaves_it_open() -> None:
    stray = an_allocation("stray", 0, 1, job_type=None)
    proof = look(with_new(OUT, stray), Step.DRAIN)[_P.EMPTY]
    assert (proof.truth, proof.evidence) == (Truth.UNKNOWN, "the type of stray is not known")
    over = an_allocation("stray", 0, 1, job_type=None, client="complete")
    assert truths(with_new(OUT, over), Step.DRAIN)[_P.EMPTY] == Truth.TRUE


@pytest.mark.parametrize("sees", [False, None])
def test_an_empty_listing_of_a_token_that_may_not_see_all_is_no_proof(sees: bool | None) -> None:
    blind = replace(OUT, every_namespace=sees)
    assert truths(blind, Step.DRAIN)[_P.EMPTY] == Truth.UNKNOWN
    assert truths(blind, Step.DRAIN)[_P.EMPTY_TWICE] == Truth.FALSE


@pytest.mark.parametrize(
    ("index", "seconds", "wanted"),
    [
        (OUT.nomad_index - 1, 0, Truth.TRUE),
        (OUT.nomad_index, 0, Truth.FALSE),
        (OUT.nomad_index, 1.9, Truth.FALSE),
        (OUT.nomad_index, 2.0, Truth.TRUE),
    ],
)
def test_empty_twice_is_at_two_indexes_or_after_a_quiet_while(
    index: int, seconds: float, wanted: Truth
) -> None:
    first = Proof(_P.EMPTY, Truth.TRUE, "nothing left", "nomad", OUT.at, str(index))
    now = later(OUT, seconds, indexes=0)
    assert truths(now, Step.DRAIN, proofs=seen_before(first))[_P.EMPTY_TWICE] == wanted


def test_replacements_are_counted_by_the_jobs_present_count() -> None:
    assert look(OUT, Step.DRAIN)[_P.REPLACED].evidence == "2 of 2 groups healthy elsewhere"
    more = with_job(OUT, a_job("web", 7))
    assert truths(more, Step.DRAIN)[_P.REPLACED] == Truth.TRUE  # six were there before
    fewer = with_allocation(OUT, "web", 3, client="failed")
    proof = look(fewer, Step.DRAIN)[_P.REPLACED]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "web 5 of 6")
    scaled = with_job(fewer, a_job("web", 5))
    assert truths(scaled, Step.DRAIN)[_P.REPLACED] == Truth.TRUE


def test_a_replacement_needs_a_good_verdict_an_old_copy_none() -> None:
    old = with_allocation(OUT, "web", 3, healthy=None)
    assert truths(old, Step.DRAIN)[_P.REPLACED] == Truth.TRUE
    fresh = next(one for one in OUT.allocations.values() if one.previous_id and one.job_id == "web")
    rows = {**OUT.allocations, fresh.id: replace(fresh, healthy=None)}
    young = replace(OUT, allocations=rows)
    assert truths(young, Step.DRAIN)[_P.REPLACED] == Truth.FALSE


def test_a_group_that_came_after_the_plan_counts_too() -> None:
    newcomer = an_allocation("late", 0, 1, client="complete", modify_index=1500)
    job = a_job("late", 2)
    with_stub = replace(
        with_job(with_new(OUT, newcomer), job),
        job_stubs={**OUT.job_stubs, ("default", "late"): a_stub(job)},
    )
    assert look(with_stub, Step.DRAIN)[_P.REPLACED].evidence == "late 0 of 2"


def test_a_job_that_was_stopped_or_removed_needs_no_replacement() -> None:
    stubs = {key: stub for key, stub in OUT.job_stubs.items() if key[1] != "web"}
    gone = replace(with_allocation(OUT, "web", 3, client="failed"), job_stubs=stubs)
    assert truths(gone, Step.DRAIN)[_P.REPLACED] == Truth.TRUE
    stopped = {
        **stubs,
        ("default", "web"): a_stub(replace(a_job("web", 6), stopped=True)),
    }
    over = replace(gone, job_stubs=stopped)
    assert truths(over, Step.DRAIN)[_P.REPLACED] == Truth.TRUE


def test_a_group_that_left_its_job_needs_no_replacement() -> None:
    other = replace(a_job("web", 6), groups=())
    fewer = with_allocation(OUT, "web", 3, client="failed")
    assert truths(with_job(fewer, other), Step.DRAIN)[_P.REPLACED] == Truth.TRUE


def test_a_job_that_is_not_read_leaves_it_open() -> None:
    unread = replace(OUT, jobs={})
    proof = look(unread, Step.DRAIN)[_P.REPLACED]
    assert (proof.truth, proof.evidence) == (Truth.UNKNOWN, "not read yet: solo, web")


def test_an_unhealthy_replacement_is_named() -> None:
    assert truths(OUT, Step.DRAIN)[_P.NO_UNHEALTHY] == Truth.TRUE
    bad = with_allocation(OUT, "web", 3, healthy=False, modify_index=1500)
    proof = look(bad, Step.DRAIN)[_P.NO_UNHEALTHY]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "unhealthy: web.web[3] on c4")
    long_ago = with_allocation(OUT, "web", 3, healthy=False)
    assert truths(long_ago, Step.DRAIN)[_P.NO_UNHEALTHY] == Truth.TRUE


def _blocked(job: str, index: int) -> ClusterSnapshot:
    evaluation = Evaluation(
        id="e",
        namespace="default",
        job_id=job,
        type="service",
        status="blocked",
        triggered_by="queued-allocs",
        description="created to place remaining allocations",
        node_id="",
        failed={job: "memory exhausted on 5 nodes"},
        create_index=index,
        modify_index=index,
    )
    return replace(OUT, blocked={"e": evaluation})


def test_a_blocked_evaluation_of_a_moved_job_is_named() -> None:
    proof = look(_blocked("web", 1500), Step.DRAIN)[_P.PLACED]
    wanted = "no place for web: memory exhausted on 5 nodes"
    assert (proof.truth, proof.evidence) == (Truth.FALSE, wanted)
    assert truths(_blocked("web", 900), Step.DRAIN)[_P.PLACED] == Truth.TRUE
    assert truths(_blocked("api", 1500), Step.DRAIN)[_P.PLACED] == Truth.TRUE


def test_kept_system_allocations_still_run() -> None:
    assert truths(_kept(OUT), Step.REJOIN)[_P.SYSTEM_BACK] == Truth.TRUE
    proof = look(OUT, Step.REJOIN)[_P.SYSTEM_BACK]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "not back: edge")


@pytest.mark.parametrize(("healthy", "wanted"), [(True, Truth.TRUE), (None, Truth.FALSE)])
def test_stopped_system_allocations_come_back_healthy(healthy: bool | None, wanted: Truth) -> None:
    new = an_allocation("edge", 9, 1, "system", create_index=2000, healthy=healthy)
    assert truths(with_new(OUT, new), Step.REJOIN)[_P.SYSTEM_BACK] == wanted


def test_a_system_job_that_was_stopped_by_its_owner_is_not_missed() -> None:
    stubs = {key: stub for key, stub in OUT.job_stubs.items() if key[1] != "edge"}
    gone = replace(OUT, job_stubs=stubs)
    assert truths(gone, Step.REJOIN)[_P.SYSTEM_BACK] == Truth.TRUE


@pytest.mark.parametrize(
    "changes",
    [
        {"client": "failed"},
        {"healthy": False},
        {"tasks": (a_task(restarts=1),)},
    ],
)
def test_what_fails_or_restarts_is_not_steady(changes: dict[str, object]) -> None:
    assert truths(NOW, Step.BAKE)[_P.STEADY] == Truth.TRUE
    proof = look(with_allocation(NOW, "edge", 1, **changes), Step.BAKE)[_P.STEADY]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "restarting or failed: edge.edge[1]")


def test_restarts_from_before_are_not_counted() -> None:
    before = with_allocation(article_snapshot(), "edge", 1, tasks=(a_task(restarts=4),))
    plan = a_plan(1, snapshot=before)
    assert truths(later(before, 5), Step.BAKE, plan)[_P.STEADY] == Truth.TRUE


def test_a_failed_replacement_is_unhealthy_unless_another_comes() -> None:
    bad = with_allocation(OUT, "web", 1, client="failed", modify_index=2000)
    proof = look(bad, Step.DRAIN)[_P.NO_UNHEALTHY]
    assert (proof.truth, proof.evidence) == (Truth.FALSE, "unhealthy: web.web[1] on c2")
    assert proof.mark == allocation_id("web", 1)
    moved = with_allocation(bad, "web", 1, next_id="another")
    assert truths(moved, Step.DRAIN)[_P.NO_UNHEALTHY] == Truth.TRUE


def replacement(**changes: Any) -> ClusterSnapshot:
    """web[0] has left c1, and this came for it, 100 s before now."""
    old = next(one for one in OUT.allocations.values() if one.id == allocation_id("web", 0))
    since = nanoseconds(OUT.at) - 100 * 10**9
    moved = with_allocation(OUT, "web", 0, modify_time_ns=since)
    new = {"healthy": None, "create_time_ns": since, "modify_time_ns": since, **changes}
    rows = {**moved.allocations, old.next_id: replace(moved.allocations[old.next_id], **new)}
    return with_derived(replace(moved, allocations=rows))


def in_time(snapshot: ClusterSnapshot, deadline_s: float = 50.0) -> Proof:
    job = a_job("web", 6)
    migrate = Migrate(1, 10.0, deadline_s)
    groups = tuple(replace(one, migrate=migrate) for one in job.groups)
    return look(with_job(snapshot, replace(job, groups=groups)), Step.DRAIN)[_P.IN_TIME]


def test_a_replacement_without_a_verdict_in_time_is_late() -> None:
    proof = in_time(replacement())
    assert proof.truth == Truth.FALSE
    assert proof.evidence == "no verdict in time: web.web[0] on c2"
    assert proof.mark
    assert in_time(replacement(), 95.0).truth == Truth.TRUE  # a reading's time is allowed for
    assert in_time(replacement(), 300.0).truth == Truth.TRUE


@pytest.mark.parametrize(
    "changes",
    [{"healthy": True}, {"healthy": False}, {"desired": "stop"}, {"create_index": 10}],
)
def test_only_what_came_and_waits_for_its_verdict_can_be_late(changes: dict[str, Any]) -> None:
    assert in_time(replacement(**changes)).truth == Truth.TRUE


def test_a_replacement_waits_for_its_predecessors_end() -> None:
    waiting = with_allocation(replacement(), "web", 0, client="running")
    assert in_time(waiting).truth == Truth.TRUE


def test_a_copy_without_a_predecessor_is_late_by_its_own_age() -> None:
    alone = with_allocation(replacement(), "web", 0, next_id="")
    assert in_time(alone).truth == Truth.FALSE
    unread = replace(alone, jobs={})
    assert look(unread, Step.DRAIN)[_P.IN_TIME].truth == Truth.TRUE  # Nomad's default, 5 min


def settled(snapshot: ClusterSnapshot) -> Proof:
    run = replace(run_at(Step.DRAIN), restoring=Restoring("enough", EPOCH))
    return {one.name: one for one in observe(snapshot, run).nodes[0].proofs}[_P.SETTLED]


def test_what_was_told_to_stop_has_to_end_before_the_way_back_goes_on() -> None:
    assert settled(NOW).truth == Truth.TRUE
    assert settled(OUT).truth == Truth.TRUE
    stopping = with_allocation(NOW, "web", 0, desired="stop")
    assert settled(stopping).evidence == "still stopping: web.web[0]"
    assert settled(with_allocation(NOW, "web", 0, migrate=True)).truth == Truth.FALSE
