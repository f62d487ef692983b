"""The recorded jobs as a real Nomad takes them: raw_exec scripts that end as slowly."""

import sys
from pathlib import Path
from typing import Any

SECOND = 10**9
APP = """
import os, signal, sys, time
stop, flag = float(sys.argv[1]), sys.argv[2]
if flag and os.path.exists(flag):
    sys.exit(1)
def end(*_):
    time.sleep(stop)
    sys.exit(0)
signal.signal(signal.SIGINT, end)
while True:
    signal.pause()
"""
COUNTS = {"web": 6, "api": 3, "solo": 1, "edge": 1, "broken": 2, "keeper": 1, "pinned": 2}
STOPS = {"web": 2.2, "api": 8.0, "solo": 1.2, "broken": 1.0}  # s
Job = dict[str, Any]


def real_job(name: str, count: int, node: str, flag: Path) -> Job:
    """`node`: the one that `report` and `pinned` may run on; `broken` fails where the flag is."""
    kind = {"edge": "system", "report": "batch", "crunch": "batch"}.get(name, "service")
    group: Job = {"Name": name, "Count": count, "Tasks": [_task(name, flag)]}
    if kind != "batch":
        group |= _health(20 if name == "broken" else 60)
    if kind == "system":
        del group["Migrate"]
    if name == "web":
        group["ShutdownDelay"] = 4 * SECOND
    if name == "broken":
        group["RestartPolicy"] = {
            "Attempts": 100,
            "Interval": 3600 * SECOND,
            "Delay": 2 * SECOND,
            "Mode": "delay",
        }
    if name == "solo":
        group["Networks"] = [{"DynamicPorts": [{"Label": "http"}]}]
        group["Services"] = [{"Name": "solo", "Provider": "nomad", "PortLabel": "http"}]
    if name == "keeper":
        group["Disconnect"] = {"LostAfter": 600 * SECOND, "Replace": False}
    job = {"ID": name, "Name": name, "Type": kind, "Datacenters": ["*"], "TaskGroups": [group]}
    if name in {"report", "pinned"}:
        where = {"LTarget": "${node.unique.name}", "RTarget": node, "Operand": "="}
        job["Constraints"] = [where]
    return job


def _task(name: str, flag: Path) -> Job:
    arguments = ["-c", APP, str(STOPS.get(name, 0.1)), str(flag) if name == "broken" else ""]
    if name in {"report", "crunch"}:
        arguments = ["-c", f"import time; time.sleep({22.4 if name == 'report' else 1.0})"]
    return {
        "Name": name if name == "edge" else "app",
        "Driver": "raw_exec",
        "Config": {"command": sys.executable, "args": arguments},
        "KillTimeout": (15 if name == "web" else 5) * SECOND,
        "Resources": {"CPU": 20, "MemoryMB": 32},
    }


def _health(deadline: int) -> Job:
    rules = {
        "MaxParallel": 1,
        "HealthCheck": "task_states",
        "MinHealthyTime": 3 * SECOND,
        "HealthyDeadline": deadline * SECOND,
    }
    return {"Migrate": rules, "Update": {**rules, "ProgressDeadline": 600 * SECOND}}
