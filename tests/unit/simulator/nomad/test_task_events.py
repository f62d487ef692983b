"""Task events as clients write them."""

from nomad_console.simulator.nomad import task_events
from tests.support.recorded import recorded_body


def test_a_start_has_the_recorded_events() -> None:
    recorded = recorded_body("nomad/allocation.json")["TaskStates"]["app"]["Events"]
    makers = (task_events.received, task_events.task_setup, task_events.started)
    assert [make(event["Time"]) for make, event in zip(makers, recorded, strict=True)] == recorded


def test_a_forced_end_says_so_only_in_its_exit() -> None:
    killing = task_events.killing(1, 5_000_000_000)
    ended = task_events.terminated(2, 137, 9)
    assert killing["DisplayMessage"] == "Sent interrupt. Waiting 5s before force killing"
    assert ended["DisplayMessage"] == "Exit Code: 137, Signal: 9"
    assert ended["Details"] == {"exit_code": "137", "signal": "9", "oom_killed": "false"}
    assert task_events.terminated(2, 0, 0)["DisplayMessage"] == "Exit Code: 0"


def test_restarts_give_their_reason() -> None:
    asked = task_events.restarting(1, 0, "")
    assert asked["DisplayMessage"] == "Task restarting in 0s"
    given_up = task_events.not_restarting(1, 2, 1_800_000_000_000)
    assert given_up["FailsTask"]
    assert given_up["DisplayMessage"] == (
        'Exceeded allowed attempts 2 in interval 30m0s and mode is "fail"'
    )
