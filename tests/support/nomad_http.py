"""A small Nomad in virtual time, like the recorded one, and its API without sockets."""

import random
from typing import Any

import httpx

from nomad_console.simulator.nomad.cluster import NomadCluster
from nomad_console.simulator.nomad.jobs import GroupSpec, JobSpec, ServiceSpec
from nomad_console.simulator.nomad.nodes import NodeSpec
from nomad_console.simulator.nomad_api.acl import Acl
from nomad_console.simulator.nomad_api.routes import nomad_app, nomad_view
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import Registration
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


class Passing:
    """Consul, with every check passing as soon as its service is there."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def register(self, registration: Registration) -> None:
        self._ids.add(registration.id)

    def deregister(self, registration_id: str) -> None:
        self._ids.discard(registration_id)

    def passing(self, registration_id: str) -> bool:
        return registration_id in self._ids


def jobs() -> list[JobSpec]:
    """The recorded ones, and one in another namespace."""
    web = GroupSpec("web", 6, service=ServiceSpec("web"), shutdown_delay=4.0)
    solo = GroupSpec("solo", 1, service=ServiceSpec("solo", provider="nomad", check_path=""))
    edge = GroupSpec("edge", ports={"http": 80})
    return [
        JobSpec("web", [web]),
        JobSpec("api", [GroupSpec("api", 3)], namespace="prod"),
        JobSpec("solo", [solo]),
        JobSpec("edge", [edge], "system"),
        JobSpec("crunch", [GroupSpec("crunch", 2, ports={})], "batch"),
    ]


class NomadLab:
    """Three servers, four clients, five jobs that have come up by themselves."""

    def __init__(self, acl: Acl | None = None, *, settled: bool = True) -> None:
        self.clock = ManualClock()
        self.timeline = Timeline(self.clock)
        self.cluster = NomadCluster(self.timeline, Pace(), random.Random(7), Passing())
        self.cluster.add_namespace("prod", "production")
        for number in (1, 2, 3):
            self.cluster.add_server(f"s{number}", "2.0.5", f"10.77.0.1{number}")
        for number in (1, 2, 3, 4):
            self.cluster.add_machine(
                NodeSpec(
                    f"c{number}",
                    f"10.77.0.10{number}",
                    4646,
                    "eu-west-1a",
                    f"i-{number:017}",
                    "2.0.4",
                )
            )
        self.acl = acl or Acl()
        self.view = nomad_view(self.cluster, self.timeline, Pace(), self.acl)
        for job in jobs():
            self.cluster.register_job(job.row())
        if settled:
            self.advance(40)

    @property
    def state(self) -> Any:
        return self.cluster.state

    def advance(self, seconds: float) -> None:
        step(self.clock, self.timeline, seconds)

    def node_id(self, name: str) -> str:
        return self.cluster.machines[name].node_id

    def allocations(self, job: str) -> list[dict[str, Any]]:
        return [row for row in self.state.allocations.values() if row["JobID"] == job]

    def client(self, agent: str = "", token: str = "", *, gzip: bool = False) -> httpx.AsyncClient:
        """Plain reads and writes of one agent; what streams or waits needs a socket."""
        headers = {"Accept-Encoding": "gzip" if gzip else "identity"}
        if token:
            headers["X-Nomad-Token"] = token
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(nomad_app(self.view, agent)),
            base_url="http://nomad",
            headers=headers,
        )

    async def get(
        self, path: str, agent: str = "", /, token: str = "", **query: Any
    ) -> httpx.Response:
        async with self.client(agent, token) as client:
            return await client.get(path, params=query)

    async def put(self, path: str, body: Any = None, token: str = "") -> httpx.Response:
        async with self.client(token=token) as client:
            return await client.put(path, json=body)
