"""Draining: allocations are marked in waves, system ones last, all of them at the deadline.

As nomad/drainer of Nomad: marks are written in batches of one second, a group may miss
max_parallel copies, and a copy counts as soon as its health is known, good or bad.
"""

from collections.abc import Iterable

from nomad_console.simulator.nomad.allocations import (
    client_terminal,
    desired_by_server,
    healthy,
    marked_to_migrate,
    terminal,
)
from nomad_console.simulator.nomad.core import Core, seconds_of
from nomad_console.simulator.nomad.evaluations import Evaluations
from nomad_console.simulator.nomad.jobs import BATCH_TYPES, SYSTEM_TYPES
from nomad_console.simulator.nomad.nodes import node_event, with_event
from nomad_console.simulator.nomad.state import Row, job_key
from nomad_console.simulator.timeline import Timer

BATCH = 1.0  # s that marks are collected for one write (BatchUpdateInterval)
FORCED = 0.92  # s that a forced drain's own batch comes after the ordinary one
SETTLE = 0.02  # s from a change to the drainer's next look


class Drainer:
    """Watches draining nodes and the jobs that have allocations on them."""

    def __init__(self, core: Core, evaluations: Evaluations) -> None:
        self._core = core
        self._evaluations = evaluations
        self._nodes: dict[str, Timer | None] = {}  # draining, with the deadline's timer
        self._marks: dict[str, None] = {}  # collected for the next write, in order
        self._writing: Timer | None = None
        self._looking: Timer | None = None
        self._jobs: set[tuple[str, str]] = set()  # to look at
        self._forced: dict[str, Timer] = {}
        core.observe("nodes", self._node_changed)
        core.observe("allocations", self._allocation_changed)

    def _node_changed(self, old: Row | None, new: Row | None) -> None:
        before = old["DrainStrategy"] if old is not None else None
        after = new["DrainStrategy"] if new is not None else None
        if before is after:
            return
        node_id = (new or old or {})["ID"]
        self._forget(node_id)
        if new is not None and after is not None:
            self._begin(new, after)

    def _begin(self, node: Row, strategy: Row) -> None:
        node_id = node["ID"]
        deadline = strategy["Deadline"]
        self._nodes[node_id] = None
        if deadline > 0:
            self._nodes[node_id] = self._core.timeline.after(
                seconds_of(deadline), lambda: self._deadline(node_id)
            )
        elif deadline < 0:
            rows = self._remaining(node_id)
            self._forced[node_id] = self._core.after(
                BATCH + FORCED, lambda: self._force(node_id, rows)
            )
        for alloc_id in self._core.state.allocs_by_node[node_id]:
            row = self._core.state.allocations[alloc_id]
            if not terminal(row):
                self._jobs.add(job_key(row))
        self._look_soon()

    def _forget(self, node_id: str) -> None:
        timer = self._nodes.pop(node_id, None)
        for planned in (timer, self._forced.pop(node_id, None)):
            if planned is not None:
                planned.cancel()
        state = self._core.state
        for alloc_id in [*self._marks]:
            row = state.allocations.get(alloc_id)
            if row is None or row["NodeID"] == node_id:
                del self._marks[alloc_id]

    def _allocation_changed(self, _old: Row | None, new: Row | None) -> None:
        if not self._nodes or new is None:
            return
        key = job_key(new)
        if new["NodeID"] in self._nodes or any(
            self._core.state.allocations[alloc_id]["NodeID"] in self._nodes
            for alloc_id in self._core.state.allocs_by_job[key]
        ):
            self._jobs.add(key)
            self._look_soon()

    def _look_soon(self) -> None:
        if self._looking is None:
            self._looking = self._core.after(SETTLE, self._look)

    def _look(self) -> None:
        self._looking = None
        jobs, self._jobs = self._jobs, set()
        for key in sorted(jobs):
            self._look_at_job(key)
        if self._marks and self._writing is None:
            self._writing = self._core.after(BATCH - SETTLE, self._write_batch)
        for node_id in [*self._nodes]:
            if node_id not in self._forced and self._done(node_id):
                self._finish(node_id)

    def _look_at_job(self, key: tuple[str, str]) -> None:
        job = self._core.state.jobs.get(key)
        if job is None or job["Type"] in BATCH_TYPES | SYSTEM_TYPES:
            return
        state = self._core.state
        rows = [state.allocations[alloc_id] for alloc_id in state.allocs_by_job[key]]
        rows.sort(key=lambda row: (row["CreateIndex"], row["ID"]))
        for group in job["TaskGroups"]:
            mine = [row for row in rows if row["TaskGroup"] == group["Name"]]
            for row in self._drainable(group, mine):
                self._marks[row["ID"]] = None

    def _drainable(self, group: Row, rows: list[Row]) -> list[Row]:
        """Whom the group can spare now: healthy - (count - max_parallel) copies."""
        parallel = (group["Migrate"] or {"MaxParallel": 1})["MaxParallel"]
        staying = [
            row
            for row in rows
            if not terminal(row) and not marked_to_migrate(row) and row["ID"] not in self._marks
        ]
        standing = sum(healthy(row) is not None for row in staying)
        spare = standing - (group["Count"] - parallel)
        leaving = [row for row in staying if row["NodeID"] in self._nodes]
        return leaving[: max(0, spare)]

    def _write_batch(self) -> None:
        self._writing = None
        marks, self._marks = [*self._marks], {}
        self._mark(marks)

    def _mark(self, alloc_ids: Iterable[str], *, at_deadline: bool = False) -> None:
        """Set Migrate on all of them, with an evaluation for each of their jobs."""
        state = self._core.state
        change = state.change("AllocationUpdateDesiredStatus")
        keys: dict[tuple[str, str], None] = {}
        for alloc_id in alloc_ids:
            row = state.allocations.get(alloc_id)
            if row is None or client_terminal(row):
                continue
            transition = {**row["DesiredTransition"], "Migrate": True}
            if at_deadline and row["JobType"] in BATCH_TYPES:
                transition["MigrateDisablePlacement"] = True
            keys[job_key(row)] = None
            marked = desired_by_server(row, self._core, change.index, DesiredTransition=transition)
            change.put("allocations", marked)
        for key in keys:
            if key in state.jobs:
                self._evaluations.new(change, state.jobs[key], "node-drain")
        if change.puts:
            state.write(change)

    def _remaining(self, node_id: str) -> list[str]:
        """All that is not over, system allocations only where they are not ignored."""
        state = self._core.state
        strategy = state.nodes[node_id]["DrainStrategy"]
        return sorted(
            alloc_id
            for alloc_id in state.allocs_by_node[node_id]
            if not terminal(state.allocations[alloc_id])
            and not (
                strategy["IgnoreSystemJobs"] and state.allocations[alloc_id]["JobType"] == "system"
            )
        )

    def _done(self, node_id: str) -> bool:
        state = self._core.state
        return all(
            client_terminal(state.allocations[alloc_id])
            or state.allocations[alloc_id]["JobType"] == "system"
            for alloc_id in state.allocs_by_node[node_id]
        )

    def _finish(self, node_id: str) -> None:
        """Nothing but system allocations is left: they are told to go, and the drain is over."""
        self._mark(self._remaining(node_id))
        self._complete(node_id)

    def _deadline(self, node_id: str) -> None:
        self._nodes[node_id] = None
        rows = self._remaining(node_id)
        self._forced[node_id] = self._core.after(BATCH, lambda: self._force(node_id, rows))

    def _force(self, node_id: str, alloc_ids: list[str]) -> None:
        del self._forced[node_id]
        self._mark(alloc_ids, at_deadline=True)
        self._complete(node_id, {"deadline_reached": "true"})

    def _complete(self, node_id: str, details: dict[str, str] | None = None) -> None:
        state = self._core.state
        node = state.nodes[node_id]
        change = state.change("NodeDrain")
        event = node_event(self._core, change.index, "Node drain complete", "Drain", details)
        change.put(
            "nodes",
            with_event(
                node,
                event,
                Drain=False,
                DrainStrategy=None,
                LastDrain={
                    **node["LastDrain"],
                    "Status": "complete",
                    "UpdatedAt": self._core.stamp_s(),
                },
                StatusUpdatedAt=self._core.now_s(),
            ),
        )
        state.write(change)
