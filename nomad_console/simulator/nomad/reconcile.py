"""What a service or batch job lacks and has too much of (scheduler/reconciler of Nomad)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from nomad_console.simulator.nomad.allocations import (
    client_terminal,
    group_of,
    healthy,
    marked_to_migrate,
    server_terminal,
    terminal,
)
from nomad_console.simulator.nomad.core import Core, seconds_of
from nomad_console.simulator.nomad.state import Row

# DesiredDescription, word for word as Nomad's scheduler writes it
MIGRATING = "alloc is being migrated"
UPDATING = "alloc is being updated due to job update"
NOT_NEEDED = "alloc not needed due to job update"
LOST = "alloc is lost since its node is down"
UNKNOWN = "alloc is unknown since its node is disconnected"
RESCHEDULED = "alloc was rescheduled because it failed"

Tally = Literal[
    "Ignore",
    "Migrate",
    "Place",
    "Stop",
    "DestructiveUpdate",
    "InPlaceUpdate",
    "Disconnect",
    "Reconnect",
    "RescheduleNow",
    "RescheduleLater",
]
# Changing these of a group leaves its running copies alone (scheduler/util.go, tasksUpdated).
_UPDATED_IN_PLACE = (
    "Count",
    "Disconnect",
    "MaxClientDisconnect",
    "Migrate",
    "ReschedulePolicy",
    "RestartPolicy",
    "Scaling",
    "Update",
)


@dataclass(frozen=True)
class Want:
    """A copy to place; where the previous one is stopped for it, that happens in any case."""

    group: str
    name: str
    previous: Row | None = None
    tracker: Row | None = None


@dataclass
class Reconciled:
    """What must change, group by group."""

    stops: list[tuple[Row, dict[str, Any]]] = field(default_factory=list)
    updates: list[tuple[Row, dict[str, Any]]] = field(default_factory=list)  # in place, unknown
    wants: list[Want] = field(default_factory=list)
    later: list[tuple[Row, float]] = field(default_factory=list)  # failed, seconds from now
    tallies: dict[str, Counter[Tally]] = field(default_factory=dict)
    lost_after: float | None = None  # seconds until an unknown copy counts as lost

    def tally(self, group: str, kind: Tally, count: int = 1) -> None:
        self.tallies.setdefault(group, Counter())[kind] += count

    def stop(self, row: Row, description: str, **fields: Any) -> None:
        self.stops.append(
            (row, {"DesiredStatus": "stop", "DesiredDescription": description, **fields})
        )


class Reconciler:
    """Looks at one job's allocations once; `reconcile` writes nothing."""

    def __init__(self, core: Core, job: Row, deployment: Row | None) -> None:
        self._core = core
        self._job = job
        self._deployment = deployment
        self._result = Reconciled()

    def reconcile(self) -> Reconciled:
        state = self._core.state
        key = (self._job["Namespace"], self._job["ID"])
        groups: dict[str, list[Row]] = {group["Name"]: [] for group in self._job["TaskGroups"]}
        for allocation_id in state.allocs_by_job[key]:
            row = state.allocations[allocation_id]
            groups.setdefault(row["TaskGroup"], []).append(row)
        for name, rows in groups.items():
            rows.sort(key=lambda row: (_number(row["Name"]), row["CreateIndex"], row["ID"]))
            self._group(name, rows)
        return self._result

    def _group(self, name: str, rows: list[Row]) -> None:
        self._result.tallies.setdefault(name, Counter())
        group = None if self._job["Stop"] else group_of(self._job, name)
        if group is None:
            for row in rows:
                if not terminal(row):
                    self._result.stop(row, NOT_NEEDED)
                    self._result.tally(name, "Stop")
            return
        keep: list[Row] = []  # copies that count, replaced or not
        names: set[str] = set()
        for row in rows:
            if self._settle(row, group):
                keep.append(row)
                names.add(row["Name"])
            elif row["DesiredTransition"]["MigrateDisablePlacement"]:
                names.add(row["Name"])  # a batch copy stopped by a drain's deadline is not replaced
        names |= {want.name for want in self._result.wants if want.group == name}
        self._stop_excess(group, keep)
        self._update(group, keep)
        self._fill(group, names)

    def _settle(self, row: Row, group: Row) -> bool:
        """Deal with what happened to one copy; True where it stays as it is."""
        if self._job["Type"] == "batch" and row["ClientStatus"] == "complete":
            if row["JobVersion"] != self._job["Version"]:
                self._result.tally(group["Name"], "Ignore")
                return False
            return not server_terminal(row)
        if server_terminal(row):
            return False
        match row["ClientStatus"]:
            case "complete" | "lost":
                return False
            case "failed":
                return self._failed(row, group)
        return self._tainted(row, group)

    def _failed(self, row: Row, group: Row) -> bool:
        """True where the failed copy keeps its place, because it must wait or is given up."""
        if row["NextAllocation"]:
            return False
        delay = reschedule_delay(row, group)
        if delay is None or (row["FollowupEvalID"] and not self._due(row)):
            return True
        failed_at = row["ModifyTime"] / 1e9
        wait = failed_at + delay - self._core.now_ns() / 1e9
        if wait > 0 and not row["FollowupEvalID"]:
            self._result.later.append((row, wait))
            self._result.tally(group["Name"], "RescheduleLater")
            return True
        self._result.stop(row, RESCHEDULED)
        self._result.wants.append(
            Want(group["Name"], row["Name"], row, _tracker(row, self._core, delay))
        )
        self._result.tally(group["Name"], "RescheduleNow")
        return False

    def _due(self, row: Row) -> bool:
        followup = self._core.state.evaluations.get(row["FollowupEvalID"])
        return followup is None or followup["Status"] != "pending" or self._reached(followup)

    def _reached(self, followup: Row) -> bool:
        return bool(followup["WaitUntil"] <= self._core.stamp())

    def _tainted(self, row: Row, group: Row) -> bool:
        """What its node's state or a drain's mark makes of a copy that lives; True: it stays."""
        node = self._core.state.nodes.get(row["NodeID"])
        status = "down" if node is None else node["Status"]
        name = group["Name"]
        if row["ClientStatus"] == "unknown":
            return self._unknown(row, group, status)
        if status == "disconnected" and group["Disconnect"] is not None:
            if row["ClientStatus"] != "running":
                return self._lose(row, group)
            self._disconnect(row, group)
            return not group["Disconnect"]["Replace"]
        if status in {"down", "disconnected"}:
            return self._lose(row, group)
        if marked_to_migrate(row):
            self._result.stop(row, MIGRATING)
            if not row["DesiredTransition"]["MigrateDisablePlacement"]:
                self._result.wants.append(Want(name, row["Name"], row))
            self._result.tally(name, "Migrate")
            return False
        if row["AllocStates"] and row["AllocStates"][-1]["Value"] == "unknown":
            self._result.updates.append((row, {"AllocStates": _known(row, self._core, "running")}))
            self._result.tally(name, "Reconnect")
        return True

    def _lose(self, row: Row, group: Row) -> bool:
        """Replaced at once, though its tasks may run on where the servers cannot see them."""
        self._result.stop(row, LOST, ClientStatus="lost")
        self._result.wants.append(Want(group["Name"], row["Name"], row))
        self._result.tally(group["Name"], "Place")
        return False

    def _disconnect(self, row: Row, group: Row) -> None:
        self._result.updates.append((row, out_of_reach(row, self._core)))
        self._result.lost_after = seconds_of(group["Disconnect"]["LostAfter"])
        if group["Disconnect"]["Replace"]:
            self._result.wants.append(Want(group["Name"], row["Name"], row))
            self._result.tally(group["Name"], "Place")
        self._result.tally(group["Name"], "Disconnect")

    def _unknown(self, row: Row, group: Row, status: str) -> bool:
        """Out of reach until now: given up after lost_after, or once its node counts as down."""
        if status not in {"down", "disconnected"}:
            return True
        since = next(
            (mark["Time"] for mark in reversed(row["AllocStates"] or ())), self._core.stamp()
        )
        lost_after = seconds_of((group["Disconnect"] or {}).get("LostAfter"))
        if status == "down" or since <= self._core.stamp(-lost_after):
            return self._lose(row, group)
        return not (group["Disconnect"] or {"Replace": True})["Replace"]

    def _stop_excess(self, group: Row, keep: list[Row]) -> None:
        """The highest numbers go first; of two copies of one name the older one goes."""
        batch = self._job["Type"] == "batch"
        wants = [want for want in self._result.wants if want.group == group["Name"]]
        excess = len(keep) + len(wants) - group["Count"]
        if excess <= 0:
            return
        doomed = sorted(
            (row for row in keep if not (batch and client_terminal(row))),
            key=lambda row: (-_number(row["Name"]), row["CreateIndex"]),
        )[:excess]
        for row in doomed:
            keep.remove(row)
            self._result.stop(row, NOT_NEEDED)
            self._result.tally(group["Name"], "Stop")
        for want in wants[: max(0, excess - len(doomed))]:
            self._result.wants.remove(want)

    def _update(self, group: Row, keep: list[Row]) -> None:
        """Bring the kept copies to the present version, so many at a time as allowed."""
        name = group["Name"]
        allowed = self._update_limit(group, keep)
        for row in keep:
            if row["JobVersion"] == self._job["Version"] or client_terminal(row):
                self._result.tally(name, "Ignore")
            elif same_tasks(self._core.state.allocation_jobs[row["ID"]], self._job, name):
                self._result.updates.append((row, {"JobVersion": self._job["Version"]}))
                self._result.tally(name, "InPlaceUpdate")
            elif allowed > 0:
                allowed -= 1
                self._result.stop(row, UPDATING)
                self._result.wants.append(Want(name, row["Name"], row))
                self._result.tally(name, "DestructiveUpdate")
            else:
                self._result.tally(name, "Ignore")

    def _update_limit(self, group: Row, keep: list[Row]) -> int:
        """max_parallel less those not yet judged; none once a copy of the deployment is bad."""
        if self._job["Type"] == "batch" or not (group["Update"] or {}).get("MaxParallel"):
            return int(group["Count"])
        limit = int(group["Update"]["MaxParallel"])
        deployment = self._deployment
        if deployment is None or deployment["JobVersion"] != self._job["Version"]:
            return limit
        if deployment["Status"] != "running":
            return 0
        for row in keep:
            if row["DeploymentID"] == deployment["ID"]:
                if healthy(row) is False:
                    return 0
                limit -= healthy(row) is not True
        return max(0, limit)

    def _fill(self, group: Row, names: set[str]) -> None:
        job_id, name = self._job["ID"], group["Name"]
        for number in range(group["Count"]):
            copy = f"{job_id}.{name}[{number}]"
            if copy not in names:
                self._result.wants.append(Want(name, copy))
                self._result.tally(name, "Place")


def same_tasks(old: Row, new: Row, group_name: str) -> bool:
    """Whether the change of version leaves the group's running copies alone."""
    before, after = group_of(old, group_name), group_of(new, group_name)
    if before is None or after is None:
        return False
    if old is new:
        return True

    def relevant(job: Row, group: Row) -> list[Any]:
        kept = {key: value for key, value in group.items() if key not in _UPDATED_IN_PLACE}
        return [kept, job["Meta"], job["Datacenters"], job["Constraints"]]

    return relevant(old, before) == relevant(new, after)


def reschedule_delay(row: Row, group: Row) -> float | None:
    """Seconds from the failure to the next attempt; None: it is given up."""
    policy = group["ReschedulePolicy"]
    if policy is None:
        return None
    attempts = len((row["RescheduleTracker"] or {"Events": []})["Events"])
    if not policy["Unlimited"] and attempts >= policy["Attempts"]:
        return None
    delay = seconds_of(policy["Delay"])
    if policy["DelayFunction"] == "exponential":
        delay = min(delay * 2**attempts, seconds_of(policy["MaxDelay"]) or delay)
    return delay


def _tracker(row: Row, core: Core, delay: float) -> Row:
    event = {
        "Delay": round(delay * 1e9),
        "PrevAllocID": row["ID"],
        "PrevNodeID": row["NodeID"],
        "RescheduleTime": core.now_ns(),
    }
    events = [*(row["RescheduleTracker"] or {"Events": []})["Events"], event]
    return {"Events": events[-5:], "LastReschedule": "ok"}  # maxPastRescheduleEvents


def out_of_reach(row: Row, core: Core) -> Row:
    """What changes of a copy whose client has gone silent but may come back."""
    return {
        "ClientStatus": "unknown",
        "ClientDescription": UNKNOWN,
        "AllocStates": _known(row, core, "unknown"),
    }


def _known(row: Row, core: Core, status: str) -> list[Row]:
    """Its AllocStates with one more: Field 0 is the client's status."""
    return [*(row["AllocStates"] or ()), {"Field": 0, "Time": core.stamp(), "Value": status}]


def _number(name: str) -> int:
    return int(name.rpartition("[")[2].rstrip("]"))
