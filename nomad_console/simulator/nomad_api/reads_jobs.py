"""Reads of jobs and of what belongs to one.

Lists below a job that does not exist are empty, not 404: they prove nothing of the job.
"""

from bisect import bisect_left
from collections.abc import Callable

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.calls import Answer, Call, Reading, not_found
from nomad_console.simulator.nomad_api.encoding import job_status, job_stub, lean
from nomad_console.simulator.nomad_api.lists import page
from nomad_console.simulator.nomad_api.reads_allocations import stubs
from nomad_console.simulator.nomad_api.summaries import JobKey
from nomad_console.simulator.nomad_api.view import View, keeper, modified, prefixed


def jobs(view: View, call: Call) -> Reading:
    """By namespace and id; wakes on allocations too, as they change the summaries in it."""
    visible = view.readable(call, "list-jobs")
    keeps = keeper(visible, view.filter(call, "Job"), *prefixed(call.query.prefix))
    meta = call.query.flag("meta")

    def index() -> int:
        return max(view.state.table_index["jobs"], view.summaries.index())

    def answer() -> Answer:
        rows = [(f"{key[0]}.{key[1]}", view.state.jobs[key]) for key in sorted(view.state.jobs)]
        begin = bisect_left(rows, call.query.next_token, key=lambda pair: pair[0])
        found = page(rows[begin:], call.query, keeps, str)
        return Answer(
            [
                job_stub(row, view.summaries.row((row["Namespace"], row["ID"])), meta=meta)
                for row in found.rows
            ],
            next_token=found.next_token,
        )

    return Reading(("jobs", "allocations"), index, answer)


def jobs_statuses(view: View, call: Call) -> Reading:
    """Newest first; a POST names the jobs it wants."""
    visible = view.readable(call, "read-job")
    wanted = _wanted(call) if call.method == "POST" else None
    chosen = view.filter(call, "Job")

    def answer() -> Answer:
        keeps = keeper(visible, chosen)
        rows = [
            row
            for key, row in view.state.jobs.items()
            if (wanted is None or key in wanted) and keeps(row)
        ]
        rows.sort(key=lambda row: row["ModifyIndex"], reverse=not call.query.reverse)
        tokens = [f"{row['ModifyIndex']}.{row['Namespace']}.{row['ID']}" for row in rows]
        begin = tokens.index(call.query.next_token) if call.query.next_token in tokens else 0
        ordered = list(zip(tokens, rows, strict=True))[begin:]
        found = page(ordered, call.query, lambda _: True, str)
        return Answer([_status(view, row) for row in found.rows], next_token=found.next_token)

    return Reading(("jobs", "allocations", "deployments"), _newest(view), answer)


def _wanted(call: Call) -> set[JobKey]:
    return {
        (job.get("Namespace") or "default", job.get("ID") or "")
        for job in call.json().get("Jobs") or ()
    }


def _newest(view: View) -> Callable[[], int]:
    return view.index_of("jobs", "allocations", "deployments")


def _status(view: View, row: Row) -> Row:
    key = (row["Namespace"], row["ID"])
    allocations = [view.state.allocations[name] for name in sorted(view.state.allocs_by_job[key])]
    return job_status(
        row,
        allocations,
        _latest_deployment(view, key),
        lambda identity: view.state.allocation_jobs[identity]["Version"],
    )


def _latest_deployment(view: View, key: JobKey) -> Row | None:
    rows = [view.state.deployments[name] for name in view.state.deployments_by_job.get(key, ())]
    return max(rows, key=lambda row: row["CreateIndex"], default=None)


def _key(call: Call, capability: str = "read-job") -> JobKey:
    """(namespace, id) of the job asked for; refuses without the right."""
    namespace = call.query.namespace
    call.need_in(namespace, capability)
    if not call.path["job"]:
        raise Refusal(400, "Missing Job ID")
    return namespace, call.path["job"]


def job(view: View, call: Call) -> Reading:
    key = _key(call)

    def index() -> int:
        row = view.state.jobs.get(key)
        return modified(row) if row else view.state.table_index["jobs"]

    def answer() -> Answer:
        row = view.state.jobs.get(key)
        return Answer(row) if row else not_found("job")

    return Reading((f"job:{key[0]}/{key[1]}",), index, answer)


def job_allocations(view: View, call: Call) -> Reading:
    """Empty for a job that does not exist."""
    key = _key(call)

    def answer() -> Answer:
        names = sorted(view.state.allocs_by_job.get(key, ()))
        rows = [view.state.allocations[name] for name in names]
        return Answer(stubs(view, rows, states=True, resources=False))

    wakes = (f"job-allocs:{key[0]}/{key[1]}",)
    return Reading(wakes, view.index_of("allocations"), answer)


def job_evaluations(view: View, call: Call) -> Reading:
    key = _key(call)

    def answer() -> Answer:
        names = sorted(view.state.evaluations_by_job.get(key, ()))
        return Answer([lean(view.state.evaluations[name]) for name in names])

    wakes = (f"job-evaluations:{key[0]}/{key[1]}",)
    return Reading(wakes, view.index_of("evaluations"), answer)


def job_deployments(view: View, call: Call) -> Reading:
    key = _key(call)

    def answer() -> Answer:
        names = sorted(view.state.deployments_by_job.get(key, ()))
        return Answer([view.state.deployments[name] for name in names])

    wakes = (f"job-deployments:{key[0]}/{key[1]}",)
    return Reading(wakes, view.index_of("deployments"), answer)


def job_deployment(view: View, call: Call) -> Reading:
    """The latest; null where there is none."""
    key = _key(call)
    wakes = (f"job-deployments:{key[0]}/{key[1]}",)
    return Reading(
        wakes, view.index_of("deployments"), lambda: Answer(_latest_deployment(view, key))
    )


def job_summary(view: View, call: Call) -> Reading:
    """Its index is that of the last write that changed a count, not of the last to the job."""
    key = _key(call)

    def index() -> int:
        if key not in view.state.jobs:
            return view.state.table_index["jobs"]
        return modified(view.summaries.row(key))

    def answer() -> Answer:
        return Answer(view.summaries.row(key)) if key in view.state.jobs else not_found("job")

    wakes = (f"job-allocs:{key[0]}/{key[1]}", f"job:{key[0]}/{key[1]}")
    return Reading(wakes, index, answer)


def job_versions(view: View, call: Call) -> Reading:
    """Newest first."""
    key = _key(call)
    index = view.index_of("jobs")

    def answer() -> Answer:
        versions = view.state.job_versions.get(key)
        if not versions:
            return not_found("job versions")
        return Answer(
            {
                "Diffs": None,
                "Index": index(),
                "KnownLeader": True,
                "LastContact": 0,
                "NextToken": "",
                "Versions": sorted(versions, key=lambda row: row["Version"], reverse=True),
            }
        )

    return Reading((f"job:{key[0]}/{key[1]}",), index, answer)


def job_scale(view: View, call: Call) -> Reading:
    """What each group should have and has, with the events of earlier scalings."""
    key = _key(call, "read-job-scaling")

    def answer() -> Answer:
        row = view.state.jobs.get(key)
        if row is None:
            return not_found("job")
        return Answer(
            {
                "JobCreateIndex": row["CreateIndex"],
                "JobID": key[1],
                "JobModifyIndex": row["ModifyIndex"],
                "JobStopped": row["Stop"],
                "Namespace": key[0],
                "TaskGroups": {
                    group["Name"]: _group_scale(view, key, group) for group in row["TaskGroups"]
                },
            }
        )

    wakes = (f"job:{key[0]}/{key[1]}", f"job-allocs:{key[0]}/{key[1]}")
    return Reading(wakes, view.index_of("jobs", "allocations"), answer)


def _group_scale(view: View, key: JobKey, group: Row) -> Row:
    deployment = _latest_deployment(view, key)
    counts = deployment["TaskGroups"].get(group["Name"], {}) if deployment else {}
    summary = view.summaries.row(key)["Summary"][group["Name"]]
    return {
        "Desired": group["Count"],
        "Events": view.cluster.scaling_events(key, group["Name"]) or None,
        "Healthy": counts.get("HealthyAllocs", 0),
        "Placed": summary["Running"] + summary["Starting"],
        "Running": summary["Running"],
        "Unhealthy": counts.get("UnhealthyAllocs", 0),
    }


def job_services(view: View, call: Call) -> Reading:
    key = _key(call)

    def answer() -> Answer:
        rows = view.state.services.values()
        return Answer([row for row in rows if (row["Namespace"], row["JobID"]) == key])

    return Reading(("services",), view.index_of("services"), answer)
