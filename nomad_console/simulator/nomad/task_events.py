"""Task events as Nomad's clients write them, all fields present.

Words as Nomad fills them in (structs.go, PopulateEventDisplayMessage); times in nanoseconds.
"""

from typing import Any

from nomad_console.simulator.go_text import duration
from nomad_console.simulator.nomad.state import Row

TASK_EVENTS_KEPT = 10  # the newest of each task: after many restarts a stop pushes others out

_EMPTY: Row = {
    "Details": {},
    "DiskLimit": 0,
    "DisplayMessage": "",
    "DownloadError": "",
    "DriverError": "",
    "DriverMessage": "",
    "ExitCode": 0,
    "FailedSibling": "",
    "FailsTask": False,
    "GenericSource": "",
    "KillError": "",
    "KillReason": "",
    "KillTimeout": 0,
    "Message": "",
    "RestartReason": "",
    "SetupError": "",
    "Signal": 0,
    "StartDelay": 0,
    "TaskSignal": "",
    "TaskSignalReason": "",
    "Time": 0,
    "Type": "",
    "ValidationError": "",
    "VaultError": "",
}


def _event(time: int, type_: str, message: str, **fields: Any) -> Row:
    return {**_EMPTY, "Time": time, "Type": type_, "DisplayMessage": message, **fields}


def received(time: int) -> Row:
    return _event(time, "Received", "Task received by client")


def task_setup(time: int) -> Row:
    text = "Building Task Directory"
    return _event(time, "Task Setup", text, Message=text, Details={"message": text})


def started(time: int) -> Row:
    return _event(time, "Started", "Task started by client")


def killing(time: int, kill_timeout: int) -> Row:
    """Written at every stop, whether or not force follows."""
    wait = duration(kill_timeout)
    return _event(
        time,
        "Killing",
        f"Sent interrupt. Waiting {wait} before force killing",
        KillTimeout=kill_timeout,
        Details={"kill_timeout": wait},
    )


def terminated(time: int, exit_code: int, signal: int) -> Row:
    """137 and signal 9: the kill timeout was over before the task had ended."""
    text = f"Exit Code: {exit_code}" + (f", Signal: {signal}" if signal else "")
    details = {"exit_code": str(exit_code), "signal": str(signal), "oom_killed": "false"}
    return _event(time, "Terminated", text, ExitCode=exit_code, Signal=signal, Details=details)


def killed(time: int) -> Row:
    """Nomad's word for any end that was wanted, a clean exit too."""
    return _event(time, "Killed", "Task successfully killed")


def reconnected(time: int) -> Row:
    return _event(time, "Reconnected", "Client reconnected")


def signaling(time: int, signal: str) -> Row:
    return _event(time, "Signaling", "Task being sent a signal", Details={"signal": signal})


def restart_signaled(time: int) -> Row:
    text = "User requested task to restart"
    details = {"restart_reason": text}
    return _event(time, "Restart Signaled", text, RestartReason=text, Details=details)


def restarting(time: int, delay: int, reason: str) -> Row:
    text = f"Task restarting in {duration(delay)}"
    details = {"start_delay": str(delay), "restart_reason": reason}
    head = f"{reason} - " if reason else ""
    return _event(
        time,
        "Restarting",
        head + text,
        StartDelay=delay,
        RestartReason=reason,
        Details=details,
    )


def not_restarting(time: int, attempts: int, interval: int) -> Row:
    text = (
        f'Exceeded allowed attempts {attempts} in interval {duration(interval)} and mode is "fail"'
    )
    details = {"restart_reason": text, "fails_task": "true"}
    return _event(time, "Not Restarting", text, RestartReason=text, FailsTask=True, Details=details)
