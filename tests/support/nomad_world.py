"""A simulated Nomad with its Consul in virtual time, without sockets."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from nomad_console.simulator.consul.catalog import Catalog
from nomad_console.simulator.nomad.allocations import client_terminal, healthy, server_terminal
from nomad_console.simulator.nomad.cluster import NomadCluster
from nomad_console.simulator.nomad.jobs import BATCH_TYPES, JobSpec
from nomad_console.simulator.nomad.nodes import NodeSpec
from nomad_console.simulator.nomad.state import Event, Row
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.timeline import Timeline
from tests.support.lab_jobs import with_count
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


def settled(cluster: NomadCluster) -> bool:
    """No open evaluation, and every wanted allocation runs and is not unhealthy."""
    state = cluster.state
    return not any(
        row["Status"] in {"pending", "blocked"} for row in state.evaluations.values()
    ) and all(
        client_terminal(row)
        or (
            row["ClientStatus"] == "running"
            and not server_terminal(row)
            and (row["JobType"] in BATCH_TYPES or healthy(row) is True)
        )
        for row in state.allocations.values()
    )


@dataclass
class NomadWorld:
    """Clients c1, c2, …; `log` holds every event since the last `mark` with its time."""

    clients: int = 4
    seed: int = 1
    speed: float = 1.0
    log: list[tuple[float, Event]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.timeline = Timeline(self.clock)
        self.pace = Pace(self.speed)
        rng = random.Random(self.seed)
        self.catalog = Catalog(self.timeline, self.pace, rng)
        self.cluster = NomadCluster(self.timeline, self.pace, rng, self.catalog)
        self.catalog.apps = self.cluster.apps
        self.state = self.cluster.state
        for number in range(1, self.clients + 1):
            name, address = f"c{number}", f"10.77.0.10{number}"
            self.cluster.add_machine(
                NodeSpec(name, address, 4646, "eu-west-1a", f"i-0000000000000000{number}", "2.0.4")
            )
            self.catalog.add_node(name, address)
        self._from = 0.0
        self.state.broker.subscribe(self._published)

    def _published(self, _index: int, events: list[Event]) -> None:
        at = self.timeline.elapsed() - self._from
        self.log.extend((at, event) for event in events)

    def mark(self) -> None:
        """From here on `log` is written, its times counted from here."""
        self.log.clear()
        self._from = self.timeline.elapsed()

    def step(self, seconds: float) -> None:
        step(self.clock, self.timeline, seconds)

    def settle(self, limit: float = 300.0) -> None:
        """Pass time until nothing is left to do."""
        end = self.timeline.elapsed() + limit
        self.step(1.0)
        while not settled(self.cluster):
            assert self.timeline.elapsed() < end, "does not settle"
            self.step(1.0)

    def node(self, name: str) -> Row:
        return self.state.nodes[self.node_id(name)]

    def node_id(self, name: str) -> str:
        return self.cluster.machines[name].node_id

    def allocations(self, job: str = "", node: str = "", **fields: str) -> list[Row]:
        """Oldest first."""
        rows = [
            row
            for row in self.state.allocations.values()
            if (not job or row["JobID"] == job)
            and (not node or row["NodeName"] == node)
            and all(row[name] == value for name, value in fields.items())
        ]
        return sorted(rows, key=lambda row: (row["CreateIndex"], row["Name"]))

    def arrange(self, job: JobSpec, there: str, copies: int) -> None:
        """Run so many of the job's copies on this node and the others elsewhere, all healthy."""
        total = job.groups[0].count
        self._only(lambda name: name == there)
        self.cluster.register_job(with_count(job, copies).row(self.pace))
        self.settle()
        self._only(lambda name: name != there)
        if total > copies:
            self.cluster.register_job(job.row(self.pace))
            self.settle()
        self._only(lambda _: True)
        assert len(self.allocations(job.id, there, DesiredStatus="run")) == copies

    def _only(self, wanted: Callable[[str], bool]) -> None:
        for name in self.cluster.machines:
            eligibility = "eligible" if wanted(name) else "ineligible"
            self.cluster.set_eligibility(self.node_id(name), eligibility)
        self.step(0.5)

    def register(self, *jobs: JobSpec) -> None:
        for job in jobs:
            self.cluster.register_job(job.row(self.pace))

    def drain(self, name: str, deadline: float, *, ignore_system: bool = False) -> Row:
        """A deadline below 0 forces."""
        spec = {
            "Deadline": -1 if deadline < 0 else round(deadline * 1e9),
            "IgnoreSystemJobs": ignore_system,
        }
        return self.cluster.set_drain(self.node_id(name), spec)
