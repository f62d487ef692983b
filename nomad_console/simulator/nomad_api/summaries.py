"""Counts of each job's allocations, as the jobs list shows them."""

from collections.abc import Iterable

from nomad_console.simulator.nomad.state import Row, State

_COLUMNS = {
    "pending": "Starting",
    "running": "Running",
    "complete": "Complete",
    "failed": "Failed",
    "lost": "Lost",
    "unknown": "Unknown",
}
_EMPTY = dict.fromkeys(
    ("Complete", "Failed", "Lost", "Queued", "Running", "Starting", "Unknown"), 0
)
JobKey = tuple[str, str]


class Summaries:
    """Counted again only for jobs whose allocations or evaluations were written.

    A write that leaves the counts as they are leaves the index too: readers sleep on.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._rows: dict[JobKey, Row] = {}
        self._changed: dict[JobKey, int] = {}
        self._index = 0
        state.watch(self._written)

    def _written(self, index: int, touched: frozenset[str]) -> None:
        for name in touched:
            if name.startswith(("job-allocs:", "job-evaluations:")):
                namespace, _, job = name.partition(":")[2].partition("/")
                self._changed[namespace, job] = index

    def row(self, key: JobKey) -> Row:
        """The JobSummary of a job that exists."""
        if key not in self._rows:
            self._rows[key] = self._count(key, self._state.jobs[key]["ModifyIndex"])
            self._index = max(self._index, self._rows[key]["ModifyIndex"])
            self._changed.pop(key, None)
        elif (index := self._changed.pop(key, None)) is not None:
            counted = self._count(key, index)
            if counted["Summary"] != self._rows[key]["Summary"]:
                self._rows[key] = counted
                self._index = max(self._index, index)
        return self._rows[key]

    def index(self) -> int:
        """The last write that changed a count."""
        for key in list(self._changed):
            if key in self._state.jobs:
                self.row(key)
            else:
                del self._changed[key]
                self._rows.pop(key, None)
        return self._index

    def _count(self, key: JobKey, index: int) -> Row:
        job = self._state.jobs[key]
        groups = {group["Name"]: dict(_EMPTY) for group in job["TaskGroups"]}
        for identity in self._state.allocs_by_job[key]:
            row = self._state.allocations[identity]
            if row["TaskGroup"] in groups:
                groups[row["TaskGroup"]][_COLUMNS[row["ClientStatus"]]] += 1
        for name, queued in self._queued(self._state.evaluations_by_job[key]).items():
            if name in groups:
                groups[name]["Queued"] = queued
        return {
            "Children": {"Dead": 0, "Pending": 0, "Running": 0},
            "CreateIndex": job["CreateIndex"],
            "JobID": key[1],
            "ModifyIndex": index,
            "Namespace": key[0],
            "Summary": groups,
        }

    def _queued(self, evaluations: Iterable[str]) -> dict[str, int]:
        """What the newest finished evaluation could not place."""
        rows = [self._state.evaluations[identity] for identity in evaluations]
        done = [row for row in rows if row.get("QueuedAllocations") is not None]
        newest = max(done, key=lambda row: row["ModifyIndex"], default=Row())
        queued: dict[str, int] = newest.get("QueuedAllocations", {})
        return queued
