"""What a job says about stopping it."""

import msgspec

from nomad_console.domain.job import JobTask
from tests.support.records import a_group, a_job

TASK = JobTask(
    name="app",
    driver="docker",
    kill_timeout_s=5,
    kill_signal="",
    shutdown_delay_s=0,
    cpu_mhz=100,
    memory_mb=64,
)


def test_a_stop_takes_the_delay_and_then_the_slowest_task() -> None:
    slow = msgspec.structs.replace(TASK, name="slow", kill_timeout_s=12, shutdown_delay_s=1)
    group = a_group(shutdown_delay_s=4, tasks=(TASK, slow))
    assert group.kill_timeout_s == 12
    assert group.stop_s == 4 + 1 + 12


def test_a_group_without_tasks_stops_after_its_delay() -> None:
    group = a_group(shutdown_delay_s=4)
    assert (group.kill_timeout_s, group.stop_s) == (0, 4)


def test_groups_are_found_by_name() -> None:
    job = a_job(groups=(a_group("web"), a_group("api", count=3)))
    found = job.group("api")
    assert found is not None
    assert found.count == 3
    assert job.group("none") is None


def test_the_signal_is_the_drivers_where_the_job_names_none() -> None:
    assert TASK.signal == "SIGTERM"
    assert msgspec.structs.replace(TASK, driver="raw_exec").signal == "SIGINT"
    assert msgspec.structs.replace(TASK, kill_signal="SIGQUIT").signal == "SIGQUIT"
