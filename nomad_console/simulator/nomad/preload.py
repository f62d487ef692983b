"""Starting settled: jobs placed, running and healthy without living through their start."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from operator import itemgetter

from nomad_console.simulator.nomad.allocations import judged, new_allocation
from nomad_console.simulator.nomad.client import Clients
from nomad_console.simulator.nomad.constraints import constraints_of, in_reach, unfulfilled
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.fleet import Fleet
from nomad_console.simulator.nomad.job_writes import JobWrites
from nomad_console.simulator.nomad.jobs import SYSTEM_TYPES
from nomad_console.simulator.nomad.past import Past
from nomad_console.simulator.nomad.placement import Draft, Placement, Seat
from nomad_console.simulator.nomad.reports import NO_NETWORK
from nomad_console.simulator.nomad.state import Change, Row

LOOKED_AT = 3  # feasible nodes a copy: enough to spread the load, and cheap for 50,000 of them


class Preload:
    """Writes quietly: what was there before the world began has no events."""

    def __init__(
        self, core: Core, fleet: Fleet, clients: Clients, jobs: JobWrites, past: Past
    ) -> None:
        self._core = core
        self._fleet = fleet
        self._clients = clients
        self._jobs = jobs
        self._past = past
        self._placement = Placement(core, fleet)

    def run(self, jobs: Sequence[Row]) -> None:
        """System jobs first: their static ports come before what others may take."""
        collecting = gc.isenabled()
        gc.disable()  # all of it stays; looking for garbage in it would double the time
        try:
            for age, job in self._by_age(jobs):
                with self._core.ago(age):
                    self._settle(job)
        finally:
            gc.freeze()  # nor is it looked at later
            if collecting:
                gc.enable()

    def _by_age(self, jobs: Sequence[Row]) -> Iterator[tuple[float, Row]]:
        """Oldest first: system, service, batch."""
        system = [job for job in jobs if job["Type"] in SYSTEM_TYPES]
        yield from zip(self._past.system_jobs(len(system)), system, strict=True)
        services = [job for job in jobs if job["Type"] == "service"]
        yield from zip(self._past.jobs(len(services)), services, strict=True)
        batch = [job for job in jobs if job["Type"] == "batch"]
        ages = self._past.batch([_length(job) for job in batch])
        yield from sorted(zip(ages, batch, strict=True), key=itemgetter(0), reverse=True)

    def _settle(self, spec: Row) -> None:
        state = self._core.state
        change = state.change("JobRegistered")
        change.quiet = True
        job = self._jobs.put(change, spec, Status="running", Stable=True)
        evaluation = self._evaluation(job, change)
        change.put("evaluations", evaluation)
        draft = Draft(self._fleet)
        for group in job["TaskGroups"]:
            for number, seat in self._seats(draft, job, group):
                name = f"{job['ID']}.{group['Name']}[{number}]"
                self._place(job, group, seat, name, evaluation["ID"], change)
        state.write(change)

    def _seats(self, draft: Draft, job: Row, group: Row) -> Iterable[tuple[int, Seat]]:
        if job["Type"] in SYSTEM_TYPES:
            constraints = constraints_of(job, group)
            for node_id in self._fleet.ready():
                node = self._core.state.nodes[node_id]
                if in_reach(node, job) and unfulfilled(node, constraints) is None:
                    seat, _, _ = self._placement.on(draft, job, group, node)
                    if seat is not None:
                        yield 0, seat
            return
        for number in range(group["Count"]):
            seat, _ = self._placement.find(draft, job, group, limit=LOOKED_AT)
            if seat is None:
                raise ValueError(f"no room for {job['ID']}.{group['Name']}[{number}]")
            yield number, seat

    def _place(
        self, job: Row, group: Row, seat: Seat, name: str, evaluation_id: str, change: Change
    ) -> None:
        row = new_allocation(
            self._core,
            change.index,
            job,
            group,
            seat.node,
            seat.ports,
            Name=name,
            EvalID=evaluation_id,
            Metrics=seat.metrics,
            NetworkStatus=NO_NETWORK,
        )
        runner = self._clients.by_node[row["NodeID"]].adopt(row)
        services = runner.resume()
        row.update(runner.status())
        if runner.verdict is not None:
            healthy, at = runner.verdict
            row["DeploymentStatus"] = judged(change.index, healthy=healthy, at=at)
        change.put("allocations", row)
        for service in services:
            change.put("services", service)

    def _evaluation(self, job: Row, change: Change) -> Row:
        """Complete already: the queue would place the job once more."""
        now = self._core.now_ns()
        return {
            "CreateIndex": change.index,
            "CreateTime": now,
            "ID": self._core.ids.uuid(),
            "JobID": job["ID"],
            "JobModifyIndex": job["JobModifyIndex"],
            "ModifyIndex": change.index,
            "ModifyTime": now,
            "Namespace": job["Namespace"],
            "Priority": job["Priority"],
            "QueuedAllocations": {group["Name"]: 0 for group in job["TaskGroups"]},
            "SnapshotIndex": change.index,
            "Status": "complete",
            "TriggeredBy": "job-register",
            "Type": job["Type"],
        }


def _length(job: Row) -> float:
    """Seconds until it ends by itself."""
    meta = job["TaskGroups"][0]["Meta"] or {}
    return float(meta.get("sim.exit_after", inf))
