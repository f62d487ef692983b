import pytest

from nomad_console.simulator.nomad import policies
from nomad_console.simulator.nomad.jobs import JobType
from nomad_console.simulator.pace import Pace
from tests.support import lab_jobs
from tests.support.recorded import recorded_body


def test_a_service_has_the_recorded_policies() -> None:
    group = recorded_body("nomad/job-web.json")["TaskGroups"][0]
    delay = group["RestartPolicy"]["Delay"] / 1e9
    assert policies.restart(Pace(), None, delay, batch=False) == group["RestartPolicy"]
    assert policies.reschedule(Pace(), 30, batch=False) == group["ReschedulePolicy"]


def test_a_batch_job_is_tried_more_often_in_place_and_once_elsewhere() -> None:
    assert policies.restart(Pace(), None, 15, batch=True)["Attempts"] == 3
    assert policies.restart(Pace(), 0, 15, batch=True)["Attempts"] == 0
    elsewhere = policies.reschedule(Pace(), 30, batch=True)
    assert (elsewhere["Attempts"], elsewhere["Unlimited"]) == (1, False)


def test_a_group_without_parallel_updates_does_not_stagger() -> None:
    assert policies.update(Pace(), 0)["Stagger"] == 0
    assert policies.update(Pace(10), 2)["Stagger"] == 3_000_000_000


@pytest.mark.parametrize(
    ("type_", "blocks"),
    [
        ("service", {"Migrate", "ReschedulePolicy", "Update"}),
        ("batch", {"ReschedulePolicy"}),
        ("system", {"Update"}),
        ("sysbatch", set[str]()),
    ],
)
def test_each_type_of_job_has_its_own_blocks(type_: JobType, blocks: set[str]) -> None:
    group = lab_jobs.one_group("x", lab_jobs.web().groups[0], type_).row()["TaskGroups"][0]
    assert {name for name in ("Migrate", "ReschedulePolicy", "Update") if group[name]} == blocks
