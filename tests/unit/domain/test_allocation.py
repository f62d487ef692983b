"""Two readings of one allocation become one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.allocation import (
    Allocation,
    Claim,
    Task,
    TaskEvent,
    claim_of,
    merged,
    outlined,
)
from tests.support.records import an_allocation

TASKS = (
    Task("app", "running", failed=False, restarts=2, started_at=None, finished_at=None, events=()),
)

READINGS = st.builds(
    lambda index, client, tasks, kind, previous: an_allocation(
        modify_index=index, client=client, tasks=tasks, job_type=kind, previous_id=previous
    ),
    st.integers(1, 3),
    st.sampled_from(["pending", "running", "failed"]),
    st.sampled_from([None, (), TASKS]),
    st.sampled_from([None, "service"]),
    st.sampled_from([None, "", "a0"]),
)


@given(READINGS, READINGS)
def test_the_newer_wins_and_nothing_said_is_lost(old: Allocation, new: Allocation) -> None:
    both = merged(old, new)
    newer, older = (new, old) if new.modify_index >= old.modify_index else (old, new)
    assert both.modify_index == newer.modify_index
    assert both.client == newer.client
    for name in ("tasks", "job_type", "previous_id", "job_version"):
        said = getattr(newer, name)
        assert getattr(both, name) == (getattr(older, name) if said is None else said)


def test_the_first_reading_is_taken_as_it_is() -> None:
    reading = an_allocation()
    assert merged(None, reading) is reading


def test_empty_is_not_the_same_as_not_said() -> None:
    assert merged(an_allocation(tasks=TASKS), an_allocation(tasks=())).tasks == ()
    assert merged(an_allocation(tasks=TASKS), an_allocation()).tasks == TASKS


@pytest.mark.parametrize(
    ("client", "terminal"),
    [
        ("pending", False),
        ("running", False),
        ("unknown", False),
        ("something new", False),
        ("complete", True),
        ("failed", True),
        ("lost", True),
    ],
)
def test_terminal_is_what_nomad_calls_so(client: str, terminal: bool) -> None:
    assert an_allocation(client=client).terminal is terminal


def test_names_and_restarts() -> None:
    assert an_allocation(name="shop.web[2]").index_in_group == "web[2]"
    assert an_allocation(name="odd").index_in_group == "odd"
    assert an_allocation().restarts is None
    assert an_allocation(tasks=TASKS + TASKS).restarts == 4


@pytest.mark.parametrize(
    ("parts", "cpu", "memory"),
    [
        ([], 0, 0),
        ([("", False, 100, 64), ("", False, 50, 32)], 150, 96),
        ([("", False, 100, 64), ("poststart", False, 50, 32)], 150, 96),
        ([("", False, 100, 64), ("prestart", False, 300, 32)], 300, 64),
        ([("", False, 100, 64), ("prestart", True, 300, 32)], 400, 96),
        ([("", False, 100, 64), ("poststop", False, 10, 500)], 100, 500),
    ],
)
def test_tasks_that_do_not_run_together_share_their_room(
    parts: list[tuple[str, bool, int, int]], cpu: int, memory: int
) -> None:
    assert claim_of(parts, (80,)) == Claim(cpu, memory, (80,))


def test_an_outline_keeps_what_says_how_its_tasks_stop_and_ended() -> None:
    kinds = ("Received", "Started", "Terminated", "Restarting", "Killing", "Terminated")
    events = tuple(
        TaskEvent(kind, time_ns, "", 0, 0, 0.0, oom_killed=False)
        for time_ns, kind in enumerate(kinds)
    )
    task = msgspec.structs.replace(TASKS[0], events=events)
    one = an_allocation(tasks=(task,))
    (outline,) = outlined(one).tasks or ()
    assert [(event.type, event.time_ns) for event in outline.events] == [
        ("Killing", 4),
        ("Terminated", 5),
    ]
    assert outlined(one) == msgspec.structs.replace(
        one, tasks=(msgspec.structs.replace(task, events=outline.events),)
    )


def test_without_events_the_outline_is_the_same_row() -> None:
    for tasks in (None, (), TASKS):
        one = an_allocation(tasks=tasks)
        assert outlined(one) is one
