"""Deployments: made by plans, counted by health reports, driven on by their watcher.

Canaries and promotion are not simulated: no job here has any.
"""

from nomad_console.simulator.nomad.core import Core, seconds_of
from nomad_console.simulator.nomad.evaluations import Evaluations
from nomad_console.simulator.nomad.reconcile import Reconciled
from nomad_console.simulator.nomad.state import Change, Row, job_key
from nomad_console.simulator.timeline import Timer

WATCHER_BATCH = 1.25  # s from a health report to the next evaluation (deploymentwatcher)
PROGRESS_TEXT = "Failed due to progress deadline"


class Deployments:
    """One watched deployment a job; system and batch jobs have none."""

    def __init__(self, core: Core, evaluations: Evaluations) -> None:
        self._core = core
        self._evaluations = evaluations
        self._nudges: dict[str, Timer] = {}
        self._deadlines: dict[str, Timer] = {}

    def latest(self, job: Row) -> Row | None:
        """The newest of the job since it was created."""
        ids = self._core.state.deployments_by_job[job["Namespace"], job["ID"]]
        if not ids:
            return None
        row = self._core.state.deployments[ids[-1]]
        return row if row["JobCreateIndex"] == job["CreateIndex"] else None

    def running(self, job: Row) -> Row | None:
        row = self.latest(job)
        return row if row is not None and row["Status"] == "running" else None

    def plan(self, change: Change, job: Row, result: Reconciled, placed: list[Row]) -> Row | None:
        """The deployment that the placed allocations belong to, put into the change.

        It ends here and not at the last health report: the plan that finds nothing to do says so.
        """
        if job["Type"] != "service":
            return None
        current = self.running(job)
        if current is not None and (job["Stop"] or current["JobVersion"] != job["Version"]):
            text = (
                "Cancelled because job is stopped"
                if job["Stop"]
                else "Cancelled due to newer version of job"
            )
            self._put(change, current, Status="cancelled", StatusDescription=text)
            current = None
        created = current is None and self._needed(job, result, placed)
        if created:
            current = _new(self._core, change, job)
        if current is None:
            return None
        groups = {name: dict(group) for name, group in current["TaskGroups"].items()}
        for row in placed:
            if row["TaskGroup"] in groups:
                groups[row["TaskGroup"]]["PlacedAllocs"] += 1
        done = (
            not placed
            and not result.stops
            and all(group["HealthyAllocs"] >= group["DesiredTotal"] for group in groups.values())
        )
        if done:
            self._succeed(change, job, current)
        elif created or placed:
            current = self._put(change, current, TaskGroups=groups)
            self._watch_progress(current)
        return current

    def report(self, change: Change, allocation: Row, *, healthy: bool) -> None:
        """Count one health report of a client into its deployment."""
        row = self._pending(change, allocation["DeploymentID"])
        if row is None or row["Status"] != "running":
            return
        name = allocation["TaskGroup"]
        group = dict(row["TaskGroups"][name])
        group["HealthyAllocs" if healthy else "UnhealthyAllocs"] += 1
        if healthy:  # progress: the deadline counts from here again
            deadline = seconds_of(group["ProgressDeadline"])
            group["RequireProgressBy"] = self._core.stamp(deadline)
        row = self._put(change, row, TaskGroups={**row["TaskGroups"], name: group})
        if healthy:
            self._watch_progress(row)
        self._nudge(row["ID"])

    def _pending(self, change: Change, deployment_id: str) -> Row | None:
        """As an earlier report of the same batch left it: a change is not yet in the store."""
        for table, row in reversed(change.puts):
            if table == "deployments" and row["ID"] == deployment_id:
                return row
        return self._core.state.deployments.get(deployment_id)

    def _needed(self, job: Row, result: Reconciled, placed: list[Row]) -> bool:
        """For a version that has no copies yet, or one that changes copies (reconciler)."""
        if not any((group["Update"] or {}).get("MaxParallel") for group in job["TaskGroups"]):
            return False
        latest = self.latest(job)
        if job["Stop"] or (latest is not None and latest["JobVersion"] == job["Version"]):
            return False
        state = self._core.state
        ids = state.allocs_by_job[job["Namespace"], job["ID"]]
        had_running = any(
            state.allocations[row_id]["JobVersion"] == job["Version"] for row_id in ids
        )
        updating = any(
            tally["DestructiveUpdate"] or tally["InPlaceUpdate"]
            for tally in result.tallies.values()
        )
        return bool(placed) and (updating or not had_running)

    def _put(self, change: Change, row: Row, **fields: object) -> Row:
        """In place of what this change has put of it so far: one write, one event."""
        new = {
            **row,
            **fields,
            "ModifyIndex": change.index,
            "ModifyTime": self._core.now_ns(),
        }
        change.puts[:] = [
            put for put in change.puts if put[0] != "deployments" or put[1]["ID"] != row["ID"]
        ]
        change.put("deployments", new)
        return new

    def _succeed(self, change: Change, job: Row, row: Row) -> None:
        """Its version of the job is stable from now on."""
        text = "Deployment completed successfully"
        self._put(change, row, Status="successful", StatusDescription=text)
        self._forget(row["ID"])
        current = self._core.state.jobs[job["Namespace"], job["ID"]]
        stable = {**current, "Stable": True, "ModifyIndex": change.index}
        versions = self._core.state.job_versions[job["Namespace"], job["ID"]]
        versions[:] = [
            stable if version["Version"] == stable["Version"] else version for version in versions
        ]
        change.put("jobs", stable)

    def _forget(self, deployment_id: str) -> None:
        for timers in (self._nudges, self._deadlines):
            if (timer := timers.pop(deployment_id, None)) is not None:
                timer.cancel()

    def _nudge(self, deployment_id: str) -> None:
        """Have the scheduler go on, once for all reports of a batch."""
        if deployment_id not in self._nudges:
            self._nudges[deployment_id] = self._core.after(
                WATCHER_BATCH, lambda: self._go_on(deployment_id)
            )

    def _go_on(self, deployment_id: str) -> None:
        del self._nudges[deployment_id]
        row = self._core.state.deployments.get(deployment_id)
        job = self._core.state.jobs.get(job_key(row)) if row is not None else None
        if row is None or job is None or row["Status"] != "running":
            return
        change = self._core.state.change("AllocationUpdateDesiredStatus")
        self._evaluations.new(change, job, "deployment-watcher", DeploymentID=deployment_id)
        self._core.state.write(change)

    def _watch_progress(self, row: Row) -> None:
        if (timer := self._deadlines.pop(row["ID"], None)) is not None:
            timer.cancel()
        waits = [
            seconds_of(group["ProgressDeadline"])
            for group in row["TaskGroups"].values()
            if group["HealthyAllocs"] < group["DesiredTotal"]
        ]
        if waits and min(waits) > 0:
            self._deadlines[row["ID"]] = self._core.timeline.after(
                min(waits), lambda: self._fail(row["ID"])
            )

    def _fail(self, deployment_id: str) -> None:
        del self._deadlines[deployment_id]
        row = self._core.state.deployments.get(deployment_id)
        if row is None or row["Status"] != "running":
            return
        change = self._core.state.change("DeploymentStatusUpdate")
        self._put(change, row, Status="failed", StatusDescription=PROGRESS_TEXT)
        job = self._core.state.jobs.get(job_key(row))
        if job is not None:
            self._evaluations.new(change, job, "deployment-watcher", DeploymentID=deployment_id)
        self._core.state.write(change)


def _new(core: Core, change: Change, job: Row) -> Row:
    return {
        "CreateIndex": change.index,
        "CreateTime": core.now_ns(),
        "EvalPriority": job["Priority"],
        "ID": core.ids.uuid(),
        "IsMultiregion": False,
        "JobCreateIndex": job["CreateIndex"],
        "JobID": job["ID"],
        "JobModifyIndex": job["JobModifyIndex"],
        "JobSpecModifyIndex": job["JobModifyIndex"],
        "JobVersion": job["Version"],
        "ModifyIndex": change.index,
        "ModifyTime": core.now_ns(),
        "Namespace": job["Namespace"],
        "Status": "running",
        "StatusDescription": "Deployment is running",
        "TaskGroups": {
            group["Name"]: _group_state(core, group)
            for group in job["TaskGroups"]
            if (group["Update"] or {}).get("MaxParallel")
        },
    }


def _group_state(core: Core, group: Row) -> Row:
    deadline = group["Update"]["ProgressDeadline"]
    return {
        "AutoPromote": False,
        "AutoRevert": False,
        "DesiredCanaries": 0,
        "DesiredTotal": group["Count"],
        "HealthyAllocs": 0,
        "PlacedAllocs": 0,
        "PlacedCanaries": None,
        "ProgressDeadline": deadline,
        "Promoted": False,
        "RequireProgressBy": core.stamp(seconds_of(deadline)),
        "UnhealthyAllocs": 0,
    }
