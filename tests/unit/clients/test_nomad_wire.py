"""Meanings; that every recorded field arrives is tests/contract's affair."""

import json
from typing import Any

import msgspec
import pytest

from nomad_console.clients.nomad_wire import (
    AllocationWire,
    DeploymentWire,
    EvaluationWire,
    allocation,
    deployment,
    evaluation,
)
from nomad_console.domain.allocation import Allocation, Claim, merged
from tests.support.recorded import recorded_body

ALLOCATION = recorded_body("nomad/allocation.json")


def wire(kind: type[Any], row: object) -> Any:
    return msgspec.json.decode(json.dumps(row), type=kind)


def read(row: object, *, whole: bool = False) -> Allocation:
    return allocation(wire(AllocationWire, row), whole=whole)


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        (AllocationWire, allocation),
        (EvaluationWire, evaluation),
        (DeploymentWire, deployment),
    ],
)
def test_an_id_is_enough_and_null_is_as_good_as_absent(kind: type[Any], record: Any) -> None:
    fields = [field.encode_name for field in msgspec.structs.fields(kind) if field.name != "id"]
    bare = record(wire(kind, {"ID": "x"}))
    assert record(wire(kind, {"ID": "x"} | dict.fromkeys(fields))) == bare
    assert bare.id == "x"


def test_what_a_list_does_not_say_is_unknown_and_kept_from_before() -> None:
    row = recorded_body("nomad/allocations-slim.json")[0]
    listed = read(row)
    assert (listed.tasks, listed.previous_id) == (None, None)
    before = read(row | {"TaskStates": {"app": {"State": "running"}}}, whole=True)
    later = merged(before, listed)
    assert later.tasks == before.tasks
    assert later.previous_id == ""


def test_task_events_tell_how_a_task_ended() -> None:
    killed = read(recorded_body("nomad/allocation-force-killed.json"), whole=True)
    assert killed.tasks is not None
    (task,) = killed.tasks
    ended = next(event for event in task.events if event.type == "Terminated")
    assert (ended.exit_code, ended.signal, ended.oom_killed) == (137, 9, False)
    assert next(event.kill_timeout_s for event in task.events if event.type == "Killing") == 5.0


def test_null_transitions_and_health_mean_not_yet() -> None:
    transition = dict.fromkeys(("Migrate", "Reschedule", "ForceReschedule"))
    found = read({"ID": "x", "DesiredTransition": transition, "DeploymentStatus": None})
    assert (found.migrate, found.healthy) == (False, None)
    assert read({"ID": "x", "DeploymentStatus": {"Healthy": False}}).healthy is False


def test_the_job_inside_tells_type_and_version() -> None:
    found = read(ALLOCATION, whole=True)
    assert (found.job_type, found.job_version) == ("service", 0)


def test_why_there_was_no_place() -> None:
    failed = {
        "web": {"DimensionExhausted": {"memory": 2}, "ConstraintFiltered": {"${attr.x} = y": 1}},
        "api": {"NodesEvaluated": 0},
        "db": {"NodesEvaluated": 3, "QuotaExhausted": ["cpu"]},
        "any": {"NodesEvaluated": 3},
        "none": None,
    }
    found = evaluation(wire(EvaluationWire, {"ID": "x", "FailedTGAllocs": failed}))
    assert found.failed == {
        "any": "no node fits",
        "api": "no node to look at",
        "db": "quota cpu",
        "none": "no node to look at",
        "web": "memory exhausted, ${attr.x} = y",
    }


def test_a_claim_is_the_sum_over_the_tasks_with_the_hosts_ports() -> None:
    task = {"Cpu": {"CpuShares": 50}, "Memory": {"MemoryMB": 64}}
    ports = [{"Label": "http", "Value": 80}, {"Label": "odd", "Value": 0}]
    found = read(
        {
            "ID": "a",
            "AllocatedResources": {
                "Tasks": {"edge": task, "log": {"Cpu": None, "Memory": None}, "odd": None},
                "Shared": {"Ports": ports},
            },
        }
    )
    assert found.claim == Claim(50, 64, (80,))
    bare = read({"ID": "a", "AllocatedResources": {"Tasks": {"edge": task}, "Shared": None}})
    assert bare.claim == Claim(50, 64)
    assert read({"ID": "a"}).claim is None
    assert merged(found, read({"ID": "a"})).claim == found.claim
