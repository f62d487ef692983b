"""Evaluations: their rows, the queue that runs them job by job, and those that are blocked."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any

from nomad_console.simulator.nomad.allocations import client_terminal
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.fleet import Fleet
from nomad_console.simulator.nomad.state import Change, Row, job_key
from nomad_console.simulator.timeline import Timer

DEQUEUE = (0.004, 0.03)  # s until a scheduler takes it
ACKNOWLEDGE = (0.01, 0.09)  # s from the plan to the completed evaluation


class Evaluations:
    """One evaluation of a job at a time; blocked ones wait for room."""

    def __init__(self, core: Core, fleet: Fleet) -> None:
        self._core = core
        self._fleet = fleet
        self._process: Callable[[Row], Row] | None = None
        self._waiting: defaultdict[tuple[str, str], deque[str]] = defaultdict(deque)
        self._busy: set[tuple[str, str]] = set()
        self._blocked: dict[str, Row] = {}
        self._delayed: dict[str, Timer] = {}
        self._unblocking: Timer | None = None
        self._room_at = 0  # the index at which room last became free
        core.observe("evaluations", self._changed)
        core.observe("allocations", self._allocation_changed)
        core.observe("nodes", self._node_changed)

    def serve(self, process: Callable[[Row], Row]) -> None:
        """`process(evaluation)` applies the plan and returns the fields of its completion;
        a Status of blocked among them blocks it again."""
        self._process = process

    def new(self, change: Change, job: Row, triggered_by: str, **fields: Any) -> Row:
        """Put one into the change; it is queued as soon as that is written.

        Empty fields are left out of the row, as Nomad's JSON leaves them out.
        """
        now = self._core.now_ns()
        row: Row = {
            "CreateIndex": change.index,
            "CreateTime": now,
            "ID": self._core.ids.uuid(),
            "JobID": job["ID"],
            "ModifyIndex": change.index,
            "ModifyTime": now,
            "Namespace": job["Namespace"],
            "Priority": job["Priority"],
            "Status": "pending",
            "TriggeredBy": triggered_by,
            "Type": job["Type"],
            **{name: value for name, value in fields.items() if value},
        }
        change.put("evaluations", row)
        return row

    def for_jobs(
        self, keys: Iterable[tuple[str, str]], triggered_by: str, **fields: Any
    ) -> list[Row]:
        """One for each of the jobs, written at once."""
        jobs = [self._core.state.jobs[key] for key in keys if key in self._core.state.jobs]
        if not jobs:
            return []
        change = self._core.state.change("EvaluationUpdated")
        rows = [self.new(change, job, triggered_by, **fields) for job in jobs]
        self._core.state.write(change)
        return rows

    def cancel(self, change: Change, evaluation_id: str, reason: str) -> None:
        row = self._core.state.evaluations.get(evaluation_id)
        if row is not None and row["Status"] in {"pending", "blocked"}:
            change.put("evaluations", self._with(row, change, "canceled", reason))

    def blocked_for(self, key: tuple[str, str]) -> Row | None:
        """A job has one at most: a newer one cancels it."""
        return next((row for row in self._blocked.values() if job_key(row) == key), None)

    def _changed(self, old: Row | None, new: Row | None) -> None:
        if new is None or new["Status"] != "blocked":
            self._blocked.pop((new or old or {})["ID"], None)
        if new is None or (old is not None and old["Status"] == new["Status"]):
            return
        if new["Status"] == "blocked":
            self._block(new)
        elif new["Status"] == "canceled":
            if (timer := self._delayed.pop(new["ID"], None)) is not None:
                timer.cancel()
        elif new["Status"] == "pending" and old is None and "WaitUntil" not in new:
            self._enqueue(new)

    def hold(self, row: Row, seconds: float) -> None:
        """Queue a written evaluation that has WaitUntil when its time (true seconds) has come."""

        def due() -> None:
            self._delayed.pop(row["ID"], None)
            self._enqueue(row)

        self._delayed[row["ID"]] = self._core.timeline.after(seconds, due)

    def _enqueue(self, row: Row) -> None:
        key = job_key(row)
        self._waiting[key].append(row["ID"])
        if key not in self._busy:
            self._next(key)

    def _next(self, key: tuple[str, str]) -> None:
        waiting = self._waiting[key]
        while waiting and self._core.state.evaluations[waiting[0]]["Status"] == "canceled":
            waiting.popleft()
        if not waiting:
            del self._waiting[key]
            self._busy.discard(key)
            return
        self._busy.add(key)
        evaluation_id = waiting.popleft()
        self._core.after(self._core.between(*DEQUEUE), lambda: self._run(key, evaluation_id))

    def _run(self, key: tuple[str, str], evaluation_id: str) -> None:
        if self._process is None:
            raise RuntimeError("no scheduler serves the evaluations")
        fields = self._process(self._core.state.evaluations[evaluation_id])

        def complete() -> None:
            change = self._core.state.change("EvaluationUpdated")
            row = self._core.state.evaluations[evaluation_id]
            done = {**self._with(row, change, "complete"), **fields}
            change.put("evaluations", done)
            self._core.state.write(change)
            if done["Status"] == "blocked":
                self._block(done)
            self._next(key)

        self._core.after(self._core.between(*ACKNOWLEDGE), complete)

    def _with(self, row: Row, change: Change, status: str, description: str = "") -> Row:
        new = {
            **row,
            "ModifyIndex": change.index,
            "ModifyTime": self._core.now_ns(),
            "Status": status,
        }
        new.pop("StatusDescription", None)
        return {**new, "StatusDescription": description} if description else new

    def _allocation_changed(self, old: Row | None, new: Row | None) -> None:
        if old is not None and not client_terminal(old) and (new is None or client_terminal(new)):
            self._found_room()

    def _node_changed(self, old: Row | None, new: Row | None) -> None:
        takes = ("Status", "SchedulingEligibility")
        if new is not None and (old is None or any(old[name] != new[name] for name in takes)):
            self._found_room()

    def _block(self, row: Row) -> None:
        """Room may have become free since its scheduler looked."""
        self._blocked[row["ID"]] = row
        if self._room_at > row["SnapshotIndex"]:
            self._unblock_soon()

    def _found_room(self) -> None:
        """Every blocked evaluation is tried again."""
        self._room_at = self._core.state.index
        self._unblock_soon()

    def _unblock_soon(self) -> None:
        if self._blocked and self._unblocking is None:
            self._unblocking = self._core.after(DEQUEUE[0], self._unblock)

    def _unblock(self) -> None:
        self._unblocking = None
        for row in [*self._blocked.values()]:
            del self._blocked[row["ID"]]
            self._enqueue(row)
