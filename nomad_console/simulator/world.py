"""One world: Nomad, Consul, the load balancer and the edges, built from a scenario."""

import random
from collections.abc import Callable
from functools import partial

from nomad_console.simulator.balancing import build_balancer, probe_of
from nomad_console.simulator.consul.catalog import Catalog
from nomad_console.simulator.consul.kv import KeyValues
from nomad_console.simulator.consul.sessions import Sessions
from nomad_console.simulator.edge.proxies import Edge, Edges
from nomad_console.simulator.edge.routes import CatalogRoutes
from nomad_console.simulator.elb.api import Faults as AwsFaults
from nomad_console.simulator.elb.throttle import Throttle
from nomad_console.simulator.jobs import specification
from nomad_console.simulator.machines import Place, places, server_address
from nomad_console.simulator.nomad.cluster import NomadCluster
from nomad_console.simulator.nomad.nodes import NodeSpec
from nomad_console.simulator.nomad.past import BALANCER, Past
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.scenario import Job, Scenario
from nomad_console.simulator.services import App, Machine
from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.tokens import ConsulTokens, Tokens
from nomad_console.simulator.traffic.front_door import FrontDoor
from nomad_console.simulator.traffic.routing import Routing

AGAIN = 2.0  # s from the end of a batch job until it is registered again
NO_AGENT = 4646  # where agents would listen whose API is not served
ALLOCATION = "allocation:"  # how the store names one allocation among what a write touched
HttpAddress = Callable[[Place], tuple[str, int]]  # where the agent of a machine listens


class World:
    """Everything runs on the timeline; nothing here opens a socket.

    It starts settled: jobs placed and healthy, checks passing, targets healthy, edges with routes.
    """

    def __init__(
        self,
        scenario: Scenario,
        timeline: Timeline,
        *,
        speed: float = 1.0,
        seed: int = 1,
        http: HttpAddress = lambda place: (place.address, NO_AGENT),
    ) -> None:
        self.scenario = scenario
        self.timeline = timeline
        self.pace = Pace(speed)
        self.seed = seed
        self.tokens = Tokens(scenario, self._chance(6), timeline)
        self.consul_tokens = ConsulTokens(scenario, self._chance(8))
        self._edge_key, self._edge_port = scenario.edge_key, scenario.edge_port
        self.acl = self.tokens.acl
        self.throttle = Throttle(timeline)
        self.aws_faults = AwsFaults()
        self.places = places(scenario, self._chance(0))
        self.catalog = Catalog(timeline, self.pace, self._chance(1), datacenter=scenario.datacenter)
        where = (scenario.region, scenario.datacenter)
        self.cluster = NomadCluster(timeline, self.pace, self._chance(2), self.catalog, *where)
        self.cluster.core.algorithm = scenario.scheduler
        self.catalog.apps = self.cluster.apps
        self._populate(http)
        self.sessions = Sessions(timeline, self._chance(3), self.catalog)
        self.store = KeyValues(timeline, self.sessions)
        self.balancer = build_balancer(
            scenario,
            timeline,
            self.pace,
            self._chance(4),
            probe_of(self.cluster.apps, self.cluster.machines),
            self.places,
            BALANCER,
        )
        self.edges = self._settled_edges()
        self.door = FrontDoor(
            timeline,
            self.pace,
            Routing(self.balancer, scenario.balancer.groups),
            self.edges,
            self.cluster.apps,
            self.cluster.machines,
        )
        self._jobs = {(job.namespace, job.name): job for job in scenario.jobs}
        self._runs = dict.fromkeys((key for key, job in self._jobs.items() if job.again), 0)
        self.cluster.state.watch(self._written)

    def _chance(self, part: int) -> random.Random:
        """Each part has its own: one that draws more does not change the others."""
        return random.Random(f"{self.seed}/{part}")

    def _populate(self, http: HttpAddress) -> None:
        past = Past(self._chance(7))
        ages = past.servers(self.scenario.servers.count)
        for number, age in enumerate(ages, start=1):
            address = server_address(number)
            with self.cluster.core.ago(age):
                self.cluster.add_server(f"s{number}", self.scenario.servers.version, address)
            self.catalog.add_node(f"s{number}", address, server=True)
        for place, age in zip(self.places, past.machines(len(self.places)), strict=True):
            self.catalog.add_node(place.name, place.address)
            with self.cluster.core.ago(age):
                self._add_machine(place, http)
        for namespace in self.scenario.namespaces:
            if namespace not in self.cluster.state.namespaces:
                self.cluster.add_namespace(namespace)
        self.cluster.preload([self._row(job) for job in self.scenario.jobs], past)
        self.cluster.announce_agents()

    def _add_machine(self, place: Place, http: HttpAddress) -> None:
        host, port = http(place)
        self.cluster.add_machine(
            NodeSpec(
                place.name,
                place.address,
                port,
                place.zone,
                place.instance_id,
                place.kind.version,
                place.kind.node_class,
                meta=place.kind.meta,
                cpu_mhz=place.kind.cpu_mhz,
                memory_mb=place.kind.memory_mb,
                http_host=host,
            )
        )

    def _settled_edges(self) -> Edges:
        edges = Edges(self.timeline, self.pace, self._chance(5), CatalogRoutes(self.catalog))
        for machine in self.cluster.machines.values():
            if (app := self._edge_app(machine)) is not None:
                edges.of(app, settled=True)
        return edges

    def _row(self, job: Job, run: int = 0) -> dict[str, object]:
        return specification(job, run).row(self.pace, self.scenario.region)

    @property
    def services(self) -> list[str]:
        """Every service that is requested through the front door."""
        return [name for group in self.scenario.balancer.groups for name in group.services]

    @property
    def well_set(self) -> list[str]:
        """Of those, the ones that should never lose a request: what an operator would probe."""
        jobs = {job.name: job for job in self.scenario.jobs}
        return [
            name
            for name in self.services
            if name in jobs and jobs[name].count > 1 and jobs[name].shutdown_delay > 0
        ]

    def edge_on(self, node: str) -> Edge | None:
        """The edge that listens on a node now."""
        machine = self.cluster.machines.get(node)
        app = self._edge_app(machine) if machine else None
        return self.edges.of(app) if app else None

    def started(self, edge: Edge) -> str:
        """When the edge's process began, as Nomad writes it; empty once it is forgotten."""
        row = self.cluster.state.allocations.get(edge.app.alloc_id, {})
        states = (row.get("TaskStates") or {}).values()
        return next((state["StartedAt"] or "" for state in states), "")

    def _edge_app(self, machine: Machine) -> App | None:
        port = self._edge_port
        return self.cluster.apps.at(machine.address, port) if port else None

    def _written(self, _index: int, touched: frozenset[str]) -> None:
        """Notice new edges, and batch jobs that are done."""
        if f"job-allocs:{self._edge_key}" in touched:
            for name in touched:
                if name.startswith(ALLOCATION):
                    self._noticed(name.removeprefix(ALLOCATION))
        for key in self._runs:
            name = f"job:{key[0]}/{key[1]}"
            if name in touched and self.cluster.state.jobs[key]["Status"] == "dead":
                self.timeline.after(self.pace(AGAIN), partial(self._again, key))

    def _noticed(self, alloc_id: str) -> None:
        app = self.cluster.apps.of(alloc_id)
        if app is None:
            self.edges.forget(alloc_id)
        elif self._edge_key == f"{app.namespace}/{app.job}":
            self.edges.of(app)

    def _again(self, key: tuple[str, str]) -> None:
        row = self.cluster.state.jobs.get(key)
        if row is None or row["Status"] != "dead" or row["Stop"]:
            return
        self._runs[key] += 1
        self.cluster.register_job(self._row(self._jobs[key], self._runs[key]))

    def report(self) -> dict[str, object]:
        state = self.cluster.state
        return {
            "time": self.timeline.now().isoformat(timespec="milliseconds"),
            "elapsed": round(self.timeline.elapsed(), 3),
            "speed": self.pace.speed,
            "seed": self.seed,
            "title": self.scenario.title,
            "upgrade_to": self.scenario.upgrade_to,
            "nodes": len(state.nodes),
            "allocations": len(state.allocations),
            "services": self.services,
        }
