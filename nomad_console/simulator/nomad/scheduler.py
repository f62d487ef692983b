"""Turns one evaluation into one plan: stops, updates and placements written as PlanResult."""

from collections import Counter

from nomad_console.simulator.nomad.allocations import group_of
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.deployments import Deployments
from nomad_console.simulator.nomad.evaluations import Evaluations
from nomad_console.simulator.nomad.fleet import Fleet
from nomad_console.simulator.nomad.jobs import SYSTEM_TYPES
from nomad_console.simulator.nomad.placement import Draft, Placement, Seat, penalised_nodes
from nomad_console.simulator.nomad.plans import Plans
from nomad_console.simulator.nomad.reconcile import Reconciled, Reconciler, Want
from nomad_console.simulator.nomad.state import Row, job_key
from nomad_console.simulator.nomad.system_jobs import reconcile_system

UPDATE_KINDS = (  # every key of DesiredUpdates is there, those at 0 too
    "Canary",
    "DestructiveUpdate",
    "Disconnect",
    "Ignore",
    "InPlaceUpdate",
    "Migrate",
    "Place",
    "Preemptions",
    "Reconnect",
    "RescheduleLater",
    "RescheduleNow",
    "Stop",
)


class Scheduler:
    """Serves the evaluations queue."""

    def __init__(
        self, core: Core, fleet: Fleet, evaluations: Evaluations, deployments: Deployments
    ) -> None:
        self._core = core
        self._evaluations = evaluations
        self._deployments = deployments
        self._fleet = fleet
        self._plans = Plans(core, deployments)
        self._placement = Placement(core, fleet)
        evaluations.serve(self.process)

    def process(self, evaluation: Row) -> Row:
        """Apply the plan; return what the completed evaluation says of it.

        Blocked and delayed evaluations are written before the plan, whose rows name them.
        """
        snapshot = self._core.state.index
        job = self._core.state.jobs.get(job_key(evaluation))
        if job is None:
            return {"SnapshotIndex": snapshot}
        draft = Draft(self._fleet)
        failed: dict[str, Row] = {}
        if job["Type"] in SYSTEM_TYPES:
            result, seats, queued = self._system(draft, job, evaluation, failed)
        else:
            result = Reconciler(self._core, job, self._deployments.latest(job)).reconcile()
            for row, _ in result.stops:
                draft.release(row)
            seats = self._find(draft, job, result, failed)
            missing = Counter(want.group for want, seat in seats if seat is None)
            queued = {group["Name"]: missing[group["Name"]] for group in job["TaskGroups"]}
        blocked = self._block(job, evaluation, failed, snapshot)
        followups = self._follow_up(job, evaluation, result, snapshot)
        self._plans.apply(job, evaluation, result, seats, followups)
        deployment = self._deployments.latest(job)
        done: Row = {
            "DeploymentID": deployment["ID"] if deployment is not None else "",
            "FailedTGAllocs": failed,
            "BlockedEval": blocked if job["Type"] in {"service", "batch"} else "",
            "NextEval": next(iter(followups.values()), "") if result.lost_after else "",
            "PlanAnnotations": _annotations(result),
            "SnapshotIndex": snapshot,
        }
        fields = {name: value for name, value in done.items() if value}
        return {**fields, "QueuedAllocations": queued, **self._again(evaluation, failed, blocked)}

    def _again(self, evaluation: Row, failed: dict[str, Row], blocked: str) -> Row:
        """A blocked evaluation that still finds no room is blocked again."""
        if evaluation["Status"] == "blocked" and failed and not blocked:
            return {
                "Status": "blocked",
                "StatusDescription": evaluation["StatusDescription"],
            }
        return {}

    def _find(
        self, draft: Draft, job: Row, result: Reconciled, failed: dict[str, Row]
    ) -> list[tuple[Want, Seat | None]]:
        """Once a group has found no place, the rest of it is only counted (CoalescedFailures)."""
        seats: list[tuple[Want, Seat | None]] = []
        for want in result.wants:
            group = group_of(job, want.group)
            if group is None:
                continue
            if want.group in failed:
                failed[want.group]["CoalescedFailures"] += 1
                seats.append((want, None))
                continue
            seat, metrics = self._placement.find(draft, job, group, penalised_nodes(want.previous))
            if seat is None:
                failed[want.group] = metrics
            seats.append((want, seat))
        return seats

    def _system(
        self, draft: Draft, job: Row, evaluation: Row, failed: dict[str, Row]
    ) -> tuple[Reconciled, list[tuple[Want, Seat | None]], dict[str, int]]:
        """A node that constraints rule out is no failure: the job was never meant for it."""
        result, placed = reconcile_system(self._core, job, evaluation)
        for row, _ in result.stops:
            draft.release(row)
        seats: list[tuple[Want, Seat | None]] = []
        queued = {group["Name"]: 0 for group in job["TaskGroups"]}
        for want, node in placed:
            group = group_of(job, want.group)
            if group is None:
                continue
            seat, metrics, forbidden = self._placement.on(draft, job, group, node)
            if seat is None and not forbidden:
                failed[want.group] = metrics
                queued[want.group] += 1
            seats.append((want, seat))
        return result, seats, queued

    def _block(self, job: Row, evaluation: Row, failed: dict[str, Row], snapshot: int) -> str:
        """The blocked evaluation made for what found no place; a job keeps only the newest."""
        if not failed or evaluation["Status"] == "blocked":
            return ""
        older = self._evaluations.blocked_for(job_key(evaluation))
        change = self._core.state.change("EvaluationUpdated")
        row = self._evaluations.new(
            change,
            job,
            "queued-allocs",
            Status="blocked",
            StatusDescription="created to place remaining allocations",
            PreviousEval=evaluation["ID"],
            NodeID=evaluation.get("NodeID", "") if job["Type"] == "system" else "",
            EscapedComputedClass=True,
            FailedTGAllocs=failed,
            SnapshotIndex=snapshot,
        )
        self._core.state.write(change)
        if older is not None:
            change = self._core.state.change("EvaluationUpdated")
            reason = f'existing blocked evaluation exists for job "{job["ID"]}"'
            self._evaluations.cancel(change, older["ID"], reason)
            if change.puts:
                self._core.state.write(change)
        return str(row["ID"])

    def _follow_up(
        self, job: Row, evaluation: Row, result: Reconciled, snapshot: int
    ) -> dict[str, str]:
        """Delayed evaluations, by the allocation each is for."""
        waits = [
            (row["ID"], wait, "alloc-failure", "created for delayed rescheduling")
            for row, wait in result.later
        ]
        unknown = [row["ID"] for row, fields in result.updates if "ClientStatus" in fields]
        if result.lost_after is not None and unknown:
            description = "created for delayed disconnect timeout"
            waits.append((unknown[0], result.lost_after, "max-disconnect-timeout", description))
        followups: dict[str, str] = {}
        for allocation_id, wait, trigger, description in waits:
            change = self._core.state.change("EvaluationUpdated")
            row = self._evaluations.new(
                change,
                job,
                trigger,
                StatusDescription=description,
                PreviousEval=evaluation["ID"],
                SnapshotIndex=snapshot,
                WaitUntil=self._core.stamp(wait),
            )
            self._core.state.write(change)
            self._evaluations.hold(row, wait)
            targets = unknown if trigger == "max-disconnect-timeout" else [allocation_id]
            followups.update(dict.fromkeys(targets, row["ID"]))
        return followups


def _annotations(result: Reconciled) -> Row:
    return {
        "DesiredTGUpdates": {
            name: dict.fromkeys(UPDATE_KINDS, 0) | dict(tally)
            for name, tally in result.tallies.items()
        },
        "PreemptedAllocs": None,
    }
