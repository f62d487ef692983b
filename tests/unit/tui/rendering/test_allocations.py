"""What an allocation does now, and what replaces it."""

import math
from datetime import timedelta

import msgspec
import pytest

from nomad_console.domain.allocation import Allocation, TaskEvent
from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.tui.rendering import allocations
from nomad_console.tui.rendering.columns import At
from tests.support.consoles import degraded_snapshot
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import (
    a_task,
    allocation_id,
    an_allocation,
    article_snapshot,
    nanoseconds,
    with_allocation,
)

NOW = nanoseconds(EPOCH)


def an_exit(code: int, signal: int = 0, *, oom: bool = False) -> TaskEvent:
    return TaskEvent("Terminated", NOW, "", code, signal, 0.0, oom)


def shown(*rows: Allocation, of: ClusterSnapshot | None = None) -> dict[str, str]:
    """The cells of the first of these rows."""
    snapshot = of or ClusterSnapshot(allocations={one.id: one for one in rows})
    row = allocations.build(snapshot, rows[0].id)
    assert row is not None
    at = At(snapshot, EPOCH)
    return {one.key: one.cell(row, at).text for one in allocations.ALLOCATIONS.columns}


def test_a_running_one() -> None:
    cells = shown(an_allocation("web", 2, 3))
    wanted = {"job": "web[2]", "group": "web", "node": "c3", "tasks": "1/1", "state": "running"}
    wanted |= {"health": "healthy", "restarts": "0", "age": "2d", "replacement": ""}
    assert {key: cells[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"migrate": True}, "running, to move"),
        ({"client": "pending"}, "pending"),
        ({"client": "pending", "desired": "stop"}, "never started"),
        ({"client": "lost"}, "lost"),
        ({"client": "new word"}, "new word"),
        ({"client": "complete", "tasks": None}, "complete"),
        ({"client": "complete", "tasks": (a_task(events=(an_exit(0),)),)}, "complete (exit 0)"),
        ({"client": "failed", "tasks": (a_task(events=(an_exit(1),)),)}, "failed (exit 1)"),
        ({"client": "complete", "tasks": (a_task(events=(an_exit(0, 9),)),)}, "complete (killed)"),
        (
            {"client": "failed", "tasks": (a_task(events=(an_exit(137, oom=True),)),)},
            "failed (out of memory)",
        ),
        ({"desired": "stop", "modify_time_ns": 0, "tasks": None}, "stopping"),
    ],
)
def test_states(changes: dict[str, object], state: str) -> None:
    one = msgspec.structs.replace(an_allocation("web", 0, 1), **changes)
    assert shown(one)["state"] == state


def test_stopping_counts_from_the_first_word_against_all_that_is_allowed() -> None:
    snapshot = degraded_snapshot()
    one = snapshot.allocations[allocation_id("web", 2)]
    assert shown(one, of=snapshot)["state"] == "stopping 3s of 10s"
    began = nanoseconds(EPOCH - timedelta(seconds=8))
    event = TaskEvent("Waiting for shutdown delay", began, "", 0, 0, 0.0, oom_killed=False)
    told = msgspec.structs.replace(one, tasks=(a_task(events=(event,)),))
    assert shown(told)["state"] == "stopping 8s"


def test_what_is_not_known_is_not_zero() -> None:
    one = an_allocation("web", 0, 1, tasks=None, healthy=None, job_type=None)
    cells = shown(one)
    assert [cells[key] for key in ("tasks", "health", "restarts", "type")] == ["·"] * 4
    assert shown(an_allocation("crunch", 0, 1, "batch"))["health"] == "\u2013"
    assert shown(an_allocation("web", 0, 1, healthy=False))["health"] == "UNHEALTHY"


def test_the_replacement_is_the_last_of_the_chain() -> None:
    first = an_allocation("web", 0, 1, next_id=allocation_id("web", 1))
    second = an_allocation("web", 1, 2, next_id=allocation_id("web", 2), client="failed")
    third = an_allocation("web", 2, 3, healthy=None, client="pending")
    assert shown(first, second, third)["replacement"] == "c3 pending"
    assert shown(first, second)["replacement"] == "c2 failed, healthy"
    assert shown(first)["replacement"] == "·"


def test_a_chain_that_runs_in_circles_ends() -> None:
    one = an_allocation("web", 0, 1, next_id=allocation_id("web", 0))
    assert shown(one)["replacement"] == "c1 running, healthy"


def test_predecessors_are_touched_with_their_replacement() -> None:
    first = an_allocation("web", 0, 1)
    second = an_allocation("web", 1, 2, previous_id=first.id)
    third = an_allocation("web", 2, 3, previous_id=second.id)
    new = ClusterSnapshot(allocations={one.id: one for one in (first, second, third)})
    changes = Changes(allocations=frozenset({third.id}))
    assert allocations.touched(new, new, changes) == {first.id, second.id, third.id}


def test_a_list_of_jobs_says_the_type_that_the_allocation_does_not() -> None:
    whole = with_allocation(article_snapshot(), "web", 1, job_type=None)
    unread = msgspec.structs.replace(whole, jobs={}, job_stubs={})
    known = msgspec.structs.replace(whole, jobs={})
    key = allocation_id("web", 1)
    kinds = [row and row.kind for row in (allocations.build(one, key) for one in (unread, known))]
    assert kinds == ["", "service"]
    assert key in (allocations.touched(unread, known, Changes()) or ())


def test_order_counts_indexes_and_every_column_has_a_value() -> None:
    rows = [an_allocation("web", number, 1) for number in (10, 2)]
    snapshot = ClusterSnapshot(allocations={one.id: one for one in rows})
    built = [allocations.build(snapshot, one.id) for one in rows]
    order = allocations.ALLOCATIONS.columns[0].order
    assert order is not None
    assert built[0] is not None
    assert built[1] is not None
    assert order(built[1]) < order(built[0])
    missing = {one.key for one in allocations.ALLOCATIONS.columns if one.value(built[0]) is None}
    assert missing == {"replacement"}
    assert "web[10]" in allocations.ALLOCATIONS.words(built[0])


def test_a_name_without_index_stands_as_it_is() -> None:
    assert allocations.label(an_allocation("web", 0, 1, name="odd")) == "odd"


MINUTE = 60.0


def history_after(**fields: object) -> float:
    """Seconds from its end until it is history."""
    one = msgspec.structs.replace(an_allocation("web", 2, 3), modify_time_ns=NOW, **fields)
    row = allocations.build(ClusterSnapshot(allocations={one.id: one}), one.id)
    assert row is not None
    return allocations.over(row) - EPOCH.timestamp()


@pytest.mark.parametrize("client", ["running", "pending", "unknown", "a new word"])
def test_what_has_not_ended_is_no_history(client: str) -> None:
    assert history_after(client=client, desired="stop", next_id="b") == math.inf


def test_batch_work_that_came_to_its_end_is_history_at_once() -> None:
    assert history_after(client="complete", job_type="batch") == 0
    assert history_after(client="complete", job_type="sysbatch") == 0
    assert history_after(client="complete", job_type="batch", desired="stop") == 10 * MINUTE


def test_what_was_moved_is_looked_at_for_a_while() -> None:
    assert history_after(client="complete", desired="stop", next_id="b") == 10 * MINUTE


@pytest.mark.parametrize("client", ["failed", "lost"])
def test_a_failure_is_seen_for_an_hour_and_for_ever_where_nothing_took_its_place(
    client: str,
) -> None:
    assert history_after(client=client, next_id="b") == 60 * MINUTE
    assert history_after(client=client, job_type="batch") == 60 * MINUTE
    assert history_after(client=client) == math.inf


def test_a_failure_that_its_job_wants_no_more_becomes_history() -> None:
    assert history_after(client="failed", desired="stop") == 60 * MINUTE
    assert history_after(client="lost", desired="stop") == math.inf
