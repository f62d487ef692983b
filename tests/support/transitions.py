"""Event streams, recorded or simulated, as sequences of states an entity went through."""

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Event = dict[str, Any]
Step = tuple[float, str]
Steps = dict[str, list[Step]]

RECORDINGS = Path(__file__).parent.parent / "recordings" / "nomad"
ACTION_AT = 1.2  # s on the recordings' clock
_ENDINGS = frozenset({"Terminated", "Killed", "Reconnected", "Not Restarting"})
_ENDED = frozenset({"complete", "failed"})


def recorded(case: str, action_at: float = ACTION_AT) -> list[tuple[float, Event]]:
    """The events of one recorded case with their seconds since the action, from it on."""
    lines = (RECORDINGS / f"{case}-events.ndjson").read_text().splitlines()
    times = json.loads((RECORDINGS / f"{case}-events.times.json").read_text())
    return [
        (at - action_at, event)
        for at, line in zip(times, lines, strict=True)
        if at >= action_at
        for event in json.loads(line).get("Events", ())
    ]


def digested(case: str) -> Steps:
    """A recorded case of which only its steps are kept."""
    cases = json.loads((RECORDINGS / "drain-transitions.json").read_text())["cases"]
    return {label: [(at, state) for at, state in states] for label, states in cases[case].items()}


def allocation_state(row: dict[str, Any]) -> str:
    """Desired and client status, Migrate, health, and how its task ended."""
    migrate = (row.get("DesiredTransition") or {}).get("Migrate")
    health = (row.get("DeploymentStatus") or {}).get("Healthy")
    events = [
        task["Events"][-1]["Type"]
        for task in (row.get("TaskStates") or {}).values()
        if task["Events"] and task["Events"][-1]["Type"] in _ENDINGS
    ]
    marks = ["M" if migrate else "-", {None: "?", True: "+", False: "!"}[health], *events]
    return " ".join([row["DesiredStatus"], row["ClientStatus"], *marks])


def node_state(row: dict[str, Any]) -> str:
    drain = "draining" if row["DrainStrategy"] is not None else "-"
    last = (row["LastDrain"] or {}).get("Status") or "-"
    return " ".join([row["Status"], row["SchedulingEligibility"], drain, last])


def steps(events: Iterable[tuple[float, Event]], node_name: str) -> Steps:
    """What the node went through, its allocations (`job/old/n`) and those placed since, wherever
    (`job/new/n`); numbered in the order in which they ended or came to run."""
    nodes: list[Step] = []
    old: defaultdict[str, list[Step]] = defaultdict(list)
    new: defaultdict[str, list[Step]] = defaultdict(list)
    jobs: dict[str, str] = {}
    first: int | None = None
    for at, event in events:
        first = event["Index"] if first is None else first
        kind, row = next(iter(event["Payload"].items()))
        if kind == "Node" and row["Name"] == node_name:
            _append(nodes, at, node_state(row))
        elif kind == "Allocation":
            jobs[row["ID"]] = row["JobID"]
            if row["CreateIndex"] >= first:
                _append(new[row["ID"]], at, allocation_state(row))
            elif row["NodeName"] == node_name:
                _append(old[row["ID"]], at, allocation_state(row))
    result: Steps = {"node": nodes}
    for role, entities in (("old", old), ("new", new)):
        for entity, job in sorted(jobs.items(), key=lambda item: _order(entities[item[0]])):
            if entities[entity] and not _repeated(entities[entity]):
                number = sum(label.startswith(f"{job}/{role}/") for label in result)
                result[f"{job}/{role}/{number}"] = entities[entity]
    return result


def _append(states: list[Step], at: float, state: str) -> None:
    if not states or states[-1][1] != state:
        states.append((round(at, 2), state))


def _order(states: list[Step]) -> list[float]:
    """Those placed together are told apart by when they came to run."""
    return [round(states[0][0]), *(at for at, _ in reversed(states))] if states else []


def _repeated(states: list[Step]) -> bool:
    """An allocation that was over before: written again with its successor."""
    return len(states) == 1 and states[0][1].split()[1] in _ENDED


def differences(simulated: Steps, reference: Steps, share: float = 0.2) -> list[str]:
    """Where the sequences differ, or a time by more than the share and more than a second."""
    found = []
    for label in sorted(reference.keys() | simulated.keys()):
        mine, theirs = simulated.get(label, []), reference.get(label, [])
        if [state for _, state in mine] != [state for _, state in theirs]:
            found.append(f"{label}: {mine} instead of {theirs}")
            continue
        found += [
            f"{label}: {state} at {at} instead of {when}"
            for (at, state), (when, _) in zip(mine, theirs, strict=True)
            if abs(at - when) > max(1.0, share * when)
        ]
    return found
