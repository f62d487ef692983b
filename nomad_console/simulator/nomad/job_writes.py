"""Writes to jobs and allocations that operators ask for."""

from typing import Any

from nomad_console.simulator.nomad.allocations import desired_by_server, group_of, server_terminal
from nomad_console.simulator.nomad.client import Clients
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.deployments import Deployments
from nomad_console.simulator.nomad.evaluations import Evaluations
from nomad_console.simulator.nomad.jobs import SYSTEM_TYPES
from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.runner import Runner
from nomad_console.simulator.nomad.state import Change, Row

VERSIONS_KEPT = 6  # job_tracked_versions by default
# No part of the specification: jobs that differ only here are one version (Job.SpecChanged).
_SET_BY_SERVERS = (
    "CreateIndex",
    "JobModifyIndex",
    "ModifyIndex",
    "Stable",
    "Status",
    "StatusDescription",
    "SubmitTime",
    "Version",
)


class JobWrites:
    """Each method is one call of Nomad's API and returns its answer."""

    def __init__(
        self, core: Core, evaluations: Evaluations, deployments: Deployments, clients: Clients
    ) -> None:
        self._core = core
        self._evaluations = evaluations
        self._deployments = deployments
        self._clients = clients
        self.scalings: dict[tuple[str, str], list[Row]] = {}  # newest first

    def register(self, job: Row) -> Row:
        """An unchanged job keeps its version, so a finished batch job is not run again."""
        change = self._core.state.change("JobRegistered")
        row = self.put(change, job)
        evaluation = self._evaluations.new(
            change, row, "job-register", JobModifyIndex=row["JobModifyIndex"]
        )
        index = self._core.state.write(change)
        return _answer(evaluation, index, row)

    def put(self, change: Change, job: Row, **fields: Any) -> Row:
        """The job as the servers keep it, put into the change without an evaluation."""
        key = (job["Namespace"], job["ID"])
        if job["Namespace"] not in self._core.state.namespaces:
            raise Refusal(500, f'rpc error: job "{job["ID"]}" is in nonexistent namespace')
        old = self._core.state.jobs.get(key)
        same = old is not None and not old["Stop"] and _spec(old) == _spec(job)
        version = 0 if old is None else old["Version"] + (not same)
        system = job["Type"] in SYSTEM_TYPES
        idle = "running" if system else "pending"
        row = {
            **job,
            "CreateIndex": change.index if old is None else old["CreateIndex"],
            "JobModifyIndex": change.index,
            "ModifyIndex": change.index,
            "Stable": old is not None and same and old["Stable"],
            "Status": idle if old is None or old["Status"] == "dead" else old["Status"],
            "Stop": False,
            "SubmitTime": self._core.now_ns(),
            "Version": version,
            **fields,
        }
        change.put("jobs", row)
        versions = self._core.state.job_versions[key]
        versions[:] = [row, *(other for other in versions if other["Version"] != version)]
        del versions[VERSIONS_KEPT:]
        return row

    def deregister(self, namespace: str, job_id: str, *, purge: bool = False) -> Row:
        """Stopped, it stays as a new version; purged, its row goes and its copies are told to."""
        job = self.job(namespace, job_id)
        change = self._core.state.change("JobDeregistered")
        evaluation = self._evaluations.new(
            change, job, "job-deregister", JobModifyIndex=change.index
        )
        if purge:
            change.remove("jobs", (namespace, job_id))
            self._stop_all(change, job)
        else:
            change.put(
                "jobs",
                {
                    **job,
                    "Stop": True,
                    "Stable": False,
                    "Version": job["Version"] + 1,
                    "ModifyIndex": change.index,
                    "JobModifyIndex": change.index,
                },
            )
        index = self._core.state.write(change)
        return _answer(evaluation, index, {**job, "JobModifyIndex": index})

    def scale(
        self, namespace: str, job_id: str, group_name: str, count: int, message: str = ""
    ) -> Row:
        """A new version and, where the group has an update block, a deployment."""
        job = self.job(namespace, job_id)
        group = group_of(job, group_name)
        if group is None:
            raise Refusal(
                400,
                f'task group "{group_name}" specified for scaling does not exist in job',
            )
        if self._deployments.running(job) is not None:
            raise Refusal(400, "job scaling blocked due to active deployment")
        groups = [{**row, "Count": count} if row is group else row for row in job["TaskGroups"]]
        change = self._core.state.change("JobRegistered")
        row = self.put(change, {**job, "TaskGroups": groups})
        self._core.state.write(change)
        change = self._core.state.change("EvaluationUpdated")
        evaluation = self._evaluations.new(
            change, row, "job-scaling", JobModifyIndex=row["JobModifyIndex"]
        )
        index = self._core.state.write(change)
        event = {
            "Count": count,
            "CreateIndex": index + 1,
            "Error": False,
            "EvalID": evaluation["ID"],
            "Message": message,
            "Meta": None,
            "PreviousCount": group["Count"],
            "Time": self._core.now_ns(),
            "Group": group_name,
        }
        self.scalings.setdefault((namespace, job_id), []).insert(0, event)
        return _answer(evaluation, index + 1, row, known_leader=True)

    def evaluate(self, namespace: str, job_id: str) -> Row:
        job = self.job(namespace, job_id)
        change = self._core.state.change("EvaluationUpdated")
        evaluation = self._evaluations.new(
            change, job, "job-register", JobModifyIndex=job["JobModifyIndex"]
        )
        return _answer(evaluation, self._core.state.write(change), job)

    def stop_allocation(self, alloc_id: str, *, no_shutdown_delay: bool = False) -> Row:
        """Sets Migrate as a drain does: the flag alone does not tell the two apart."""
        state = self._core.state
        row = self._allocation(alloc_id)
        job = state.jobs.get((row["Namespace"], row["JobID"]), state.allocation_jobs[alloc_id])
        change = state.change("AllocationUpdateDesiredStatus")
        transition = {
            **row["DesiredTransition"],
            "Migrate": True,
            "NoShutdownDelay": no_shutdown_delay,
            "Reschedule": False,
        }
        new = desired_by_server(row, self._core, change.index, DesiredTransition=transition)
        change.put("allocations", new)
        evaluation = self._evaluations.new(change, job, "alloc-stop")
        return {"EvalID": evaluation["ID"], "Index": state.write(change)}

    def restart_allocation(self, alloc_id: str, task: str = "") -> Row:
        """Its client does it: the servers write nothing, so there is no index."""
        self._runner(alloc_id, task).restart()
        return {"Index": 0}

    def signal_allocation(self, alloc_id: str, signal: str, task: str = "") -> Row:
        """An unknown signal name is no error: the task's driver takes what it gets."""
        self._runner(alloc_id, task).signal(signal)
        return {"Index": 0}

    def job(self, namespace: str, job_id: str) -> Row:
        job = self._core.state.jobs.get((namespace, job_id))
        if job is None:
            raise Refusal(404, "job not found")
        return job

    def _allocation(self, alloc_id: str) -> Row:
        row = self._core.state.allocations.get(alloc_id)
        if row is None:
            raise Refusal(404, "alloc not found")
        return row

    def _runner(self, alloc_id: str, task: str) -> Runner:
        """What can be signalled now; each reason why not has its own words in Nomad."""
        row = self._allocation(alloc_id)
        if task and task not in (row["TaskStates"] or {}):
            raise Refusal(500, f"Could not find task runner for task: {task}")
        runner = self._clients.runner(alloc_id)
        if runner is None:
            if (agent := self._clients.by_node.get(row["NodeID"])) is not None and not agent.up:
                raise Refusal(404, "No path to node")
            raise Refusal(500, "rpc error: Task not running")
        if not runner.live:
            raise Refusal(500, "rpc error: 1 error occurred:\n\t* Task not running\n\n")
        return runner

    def _stop_all(self, change: Change, job: Row) -> None:
        state = self._core.state
        for alloc_id in sorted(state.allocs_by_job[job["Namespace"], job["ID"]]):
            row = state.allocations[alloc_id]
            if not server_terminal(row):
                change.put(
                    "allocations",
                    desired_by_server(
                        row,
                        self._core,
                        change.index,
                        DesiredStatus="stop",
                        DesiredDescription="alloc not needed due to job update",
                    ),
                )


def _spec(job: Row) -> Row:
    return {name: value for name, value in job.items() if name not in _SET_BY_SERVERS}


def _answer(evaluation: Row, index: int, job: Row, *, known_leader: bool = False) -> Row:
    return {
        "EvalCreateIndex": evaluation["CreateIndex"],
        "EvalID": evaluation["ID"],
        "Index": index,
        "JobModifyIndex": job["JobModifyIndex"],
        "KnownLeader": known_leader,
        "LastContact": 0,
        "NextToken": "",
        "Warnings": "",
    }
