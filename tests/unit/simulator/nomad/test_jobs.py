"""Job specifications as canonical structs."""

import pytest

from nomad_console.simulator.nomad.jobs import GroupSpec, JobSpec
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.pace import Pace
from tests.support import lab_jobs
from tests.support.lab_jobs import one_group
from tests.support.recorded import recorded_body

SERVERS_FIELDS = {
    "CreateIndex", "JobModifyIndex", "ModifyIndex", "SubmitTime", "Stable", "Status", "Version",
}  # fmt: skip


def _without(row: Row, names: set[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def test_web_is_the_recorded_job() -> None:
    mine, theirs = lab_jobs.web().row(), recorded_body("nomad/job-web.json")
    assert mine.keys() == theirs.keys()
    outside = SERVERS_FIELDS | {"TaskGroups"}
    assert _without(mine, outside) == _without(theirs, outside)
    group, recorded = mine["TaskGroups"][0], theirs["TaskGroups"][0]
    assert _without(group, {"Meta", "Tasks"}) == _without(recorded, {"Meta", "Tasks"})
    task, recorded_task = group["Tasks"][0], recorded["Tasks"][0]
    assert _without(task, {"Config"}) == _without(recorded_task, {"Config"})


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (lab_jobs.api(), "job-api"),
        (lab_jobs.edge(), "job-edge"),
        (lab_jobs.solo(), "job-solo"),
        (lab_jobs.batch("crunch", 3600, 2), "job-crunch"),
    ],
)
def test_other_jobs_agree_where_the_recording_kept_a_field(spec: JobSpec, name: str) -> None:
    mine, theirs = spec.row(), recorded_body(f"nomad/{name}.json")
    for field in theirs.keys() - SERVERS_FIELDS - {"TaskGroups"}:
        assert mine[field] == theirs[field], field
    group, recorded = mine["TaskGroups"][0], theirs["TaskGroups"][0]
    for field in recorded.keys() - {"Meta", "Tasks", "Services"}:
        assert group[field] == recorded[field], field


def test_the_speed_divides_every_duration() -> None:
    job = lab_jobs.web().row(Pace(10))
    group = job["TaskGroups"][0]
    assert group["ShutdownDelay"] == 400_000_000
    assert group["Migrate"]["MinHealthyTime"] == 300_000_000
    assert group["Tasks"][0]["KillTimeout"] == 1_500_000_000
    assert group["Services"][0]["Checks"][0]["Interval"] == 200_000_000
    assert group["Meta"]["sim.stop"] == "0.22"


def test_groups_may_be_spread_and_constrained() -> None:
    spec = GroupSpec(
        "x", ports={"a": 0, "b": 99}, spread="${attr.x}", constraints=[("a", "=", "b")]
    )
    group = one_group("job", spec).row()["TaskGroups"][0]
    assert group["Name"] == "job"
    assert group["Spreads"] == [{"Attribute": "${attr.x}", "SpreadTarget": None, "Weight": 100}]
    assert group["Constraints"] == [{"LTarget": "a", "Operand": "=", "RTarget": "b"}]
    assert [*group["Networks"][0]] == ["DynamicPorts", "ReservedPorts"]
