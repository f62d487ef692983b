"""Writing a plan: the stopped, updated and placed allocations of one evaluation."""

from typing import Any

from nomad_console.simulator.nomad.allocations import desired_by_server, group_of, new_allocation
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.deployments import Deployments
from nomad_console.simulator.nomad.job_status import put_job_status
from nomad_console.simulator.nomad.placement import Seat
from nomad_console.simulator.nomad.reconcile import Reconciled, Want
from nomad_console.simulator.nomad.state import Change, Row


class Plans:
    """Applies what a scheduler decided, as one PlanResult; nothing where nothing changes."""

    def __init__(self, core: Core, deployments: Deployments) -> None:
        self._core = core
        self._deployments = deployments

    def apply(
        self,
        job: Row,
        evaluation: Row,
        result: Reconciled,
        seats: list[tuple[Want, Seat | None]],
        followups: dict[str, str],
    ) -> None:
        """Everything in one raft transaction: readers of the event stream get it as one line."""
        change = self._core.state.change("PlanResult")
        rows = self._changed(job, result, followups, change)
        placed = [
            self._new(job, evaluation, want, seat, change)
            for want, seat in seats
            if seat is not None
        ]
        updated = [rows[row["ID"]] for row, fields in result.updates if "JobVersion" in fields]
        deployment = self._deployments.plan(change, job, result, [*placed, *updated])
        for row in [*placed, *updated]:
            rows[row["ID"]] = {
                **row,
                "DeploymentID": deployment["ID"] if deployment is not None else "",
            }
        self._link(rows, change.index)
        if not rows and not change.puts:
            return
        for row in rows.values():
            change.put("allocations", row)
        change.put(
            "evaluations",
            {**self._core.state.evaluations[evaluation["ID"]], "ModifyIndex": change.index},
        )
        put_job_status(self._core.state, change, job, active=bool(placed))
        self._core.state.write(change)

    def _changed(
        self, job: Row, result: Reconciled, followups: dict[str, str], change: Change
    ) -> dict[str, Row]:
        """Rows of allocations that exist already, by id.

        An update in place asks for a new verdict, so the old one is dropped.
        """
        rows: dict[str, Row] = {}
        waiting: list[tuple[Row, dict[str, Any]]] = [(row, {}) for row, _ in result.later]
        for row, fields in [*result.stops, *result.updates, *waiting]:
            extra = dict(fields)
            if row["ID"] in followups:
                extra["FollowupEvalID"] = followups[row["ID"]]
            if "JobVersion" in fields:
                extra["DeploymentStatus"] = None
                self._core.state.allocation_jobs[row["ID"]] = job
            rows[row["ID"]] = desired_by_server(row, self._core, change.index, **extra)
        return rows

    def _new(self, job: Row, evaluation: Row, want: Want, seat: Seat, change: Change) -> Row:
        group = group_of(job, want.group)
        if group is None:
            raise LookupError(want.group)
        return new_allocation(
            self._core,
            change.index,
            job,
            group,
            seat.node,
            seat.ports,
            Name=want.name,
            EvalID=evaluation["ID"],
            Metrics=seat.metrics,
            PreviousAllocation=want.previous["ID"] if want.previous is not None else "",
            RescheduleTracker=want.tracker,
        )

    def _link(self, rows: dict[str, Row], index: int) -> None:
        """Each written allocation names itself in its predecessor, which is written again too."""
        for row in [*rows.values()]:
            previous_id = row["PreviousAllocation"]
            previous = rows.get(previous_id) or self._core.state.allocations.get(previous_id)
            if previous is not None:
                rows[previous_id] = {
                    **previous,
                    "NextAllocation": row["ID"],
                    "ModifyIndex": index,
                }
