"""The parts of a cluster and how they are put together."""

import random

from nomad_console.simulator.nomad.apps import AppTable
from nomad_console.simulator.nomad.client import Clients
from nomad_console.simulator.nomad.core import Core
from nomad_console.simulator.nomad.defaults import namespace_row, node_pool_row
from nomad_console.simulator.nomad.deployments import Deployments
from nomad_console.simulator.nomad.drainer import Drainer
from nomad_console.simulator.nomad.evaluations import Evaluations
from nomad_console.simulator.nomad.fleet import Fleet
from nomad_console.simulator.nomad.heartbeats import Heartbeats
from nomad_console.simulator.nomad.job_writes import JobWrites
from nomad_console.simulator.nomad.node_writes import NodeWrites
from nomad_console.simulator.nomad.nodes import NodeSpec, node_row
from nomad_console.simulator.nomad.reports import Reports
from nomad_console.simulator.nomad.scheduler import Scheduler
from nomad_console.simulator.nomad.servers import Server, Servers
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import Machine, ServiceRegistry
from nomad_console.simulator.timeline import Timeline


class Parts:
    """Servers, client machines and what runs between them; grows before the world begins."""

    def __init__(
        self,
        timeline: Timeline,
        pace: Pace,
        rng: random.Random,
        registry: ServiceRegistry,
        region: str = "global",
        datacenter: str = "dc1",
    ) -> None:
        self.core = Core(timeline, pace, rng, registry, region, datacenter)
        self.state = self.core.state
        self.region = region
        self.datacenter = datacenter
        self.machines: dict[str, Machine] = {}
        self.apps = AppTable(self.machines)
        # The store calls observers in the order in which they signed up: the fleet counts first,
        # so that whoever is woken by a write finds its room taken or free already.
        self._fleet = Fleet(self.core)
        self._evaluations = Evaluations(self.core, self._fleet)
        self._deployments = Deployments(self.core, self._evaluations)
        self._reports = Reports(self.core, self._evaluations, self._deployments)
        self._clients = Clients(self.core, self.apps, self._reports)
        self._heartbeats = Heartbeats(self.core, self._evaluations)
        self._scheduler = Scheduler(self.core, self._fleet, self._evaluations, self._deployments)
        self._drainer = Drainer(self.core, self._evaluations)
        self._jobs = JobWrites(self.core, self._evaluations, self._deployments, self._clients)
        self._nodes = NodeWrites(self.core, self._evaluations, self._heartbeats)
        self.servers = Servers(self.core, self.apps, self._heartbeats.leader_changed)
        self._specs: dict[str, NodeSpec] = {}
        for name in ("all", "default"):
            self.state.node_pools[name] = node_pool_row(name)
        self.add_namespace("default", "Default shared namespace")

    def add_namespace(self, name: str, description: str = "") -> None:
        self.state.namespaces[name] = namespace_row(name, description, self.state.index)

    def add_server(
        self, name: str, version: str, address: str = "127.0.0.1", http_port: int = 4646
    ) -> Server:
        return self.servers.add(name, version, address, http_port)

    def add_machine(self, spec: NodeSpec) -> Machine:
        """A client machine whose agent is registered and ready."""
        self._specs[spec.name] = spec
        node = self._register(spec, None)
        booted_at = self.core.timeline.elapsed() - self.core.past
        machine = Machine(
            spec.name, node["ID"], spec.address, spec.instance_id, spec.zone, booted_at=booted_at
        )
        self.machines[spec.name] = machine
        self._clients.add(machine, spec.version, node["HTTPAddr"])
        return machine

    def _register(self, spec: NodeSpec, node_id: str | None) -> Row:
        change = self.state.change("NodeRegistration")
        node = node_row(self.core, spec, change.index)
        if node_id is not None:
            node["ID"] = node_id
        change.put("nodes", node)
        self.state.write(change)
        return node
