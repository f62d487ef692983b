"""Task states as they are reported."""

from nomad_console.simulator.nomad import task_events
from nomad_console.simulator.nomad.tasks import TaskStates
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def _states() -> TaskStates:
    group = lab_jobs.web().row()["TaskGroups"][0]
    return TaskStates(NomadWorld(clients=0).cluster.core, group)


def test_a_restart_is_counted() -> None:
    states = _states()
    assert not states.started
    states.start()
    states.start()
    (row,) = states.rows().values()
    assert (row["State"], row["Restarts"], row["LastRestart"] is None) == ("running", 1, False)


def test_an_ended_task_says_when_and_whether_it_failed() -> None:
    states = _states()
    states.settle()
    states.end(failed=True)
    (row,) = states.rows().values()
    assert (row["State"], row["Failed"]) == ("dead", True)
    assert row["FinishedAt"] == row["StartedAt"]
    assert [event["Type"] for event in row["Events"]] == ["Received", "Task Setup", "Started"]


def test_only_ten_events_are_kept() -> None:
    states = _states()
    states.add(task_events.received)
    for number in range(12):
        states.add(task_events.signaling, f"SIG{number}")
    (row,) = states.rows().values()
    assert len(row["Events"]) == 10
    assert row["Events"][-1]["Details"] == {"signal": "SIG11"}
