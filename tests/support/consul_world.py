"""A small simulated Consul in virtual time, with its HTTP API in process."""

import random

import httpx

from nomad_console.simulator.consul.acl import Acl
from nomad_console.simulator.consul.api import consul_app
from nomad_console.simulator.consul.catalog import Catalog
from nomad_console.simulator.consul.kv import KeyValues
from nomad_console.simulator.consul.sessions import Sessions
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App, Check, Registration
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


class Network:
    """Apps by address and port."""

    def __init__(self) -> None:
        self.apps: dict[tuple[str, int], App] = {}

    def at(self, address: str, port: int) -> App | None:
        return self.apps.get((address, port))

    def add(self, address: str, port: int, *, status: int = 200, body: str = "") -> App:
        app = App("alloc-1", "default", "web", "web", "c1", address, {"http": port}, {})
        app.status, app.body = status, body
        self.apps[address, port] = app
        return app


class ConsulWorld:
    """A server s1 and two clients c1, c2."""

    def __init__(self, acl: Acl | None = None, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.timeline = Timeline(self.clock)
        self.network = Network()
        rng = random.Random(7)
        self.catalog = Catalog(self.timeline, Pace(), rng, self.network)
        self.catalog.add_node("s1", "10.77.0.11", server=True)
        self.catalog.add_node("c1", "10.77.0.101")
        self.catalog.add_node("c2", "10.77.0.102")
        self.sessions = Sessions(self.timeline, rng, self.catalog)
        self.store = KeyValues(self.timeline, self.sessions)
        self.app = consul_app(self.catalog, self.sessions, self.store, self.clock, acl=acl)

    def http(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://consul/v1/")

    def step(self, seconds: float) -> None:
        step(self.clock, self.timeline, seconds)

    def serve(
        self,
        number: int = 1,
        node: str = "c1",
        name: str = "web",
        *,
        tags: tuple[str, ...] = ("traefik.enable=true",),
        initial_status: str = "critical",
    ) -> Registration:
        """An instance with a listening app, registered."""
        registration = an_instance(number, node, name, tags=tags, initial_status=initial_status)
        self.network.add(registration.address, registration.port)
        self.catalog.register(registration)
        return registration

    def status(self, registration: Registration) -> str:
        check_id = registration.checks[0].id
        return str(self.catalog.nodes[registration.node_name].checks[check_id]["Status"])


def an_instance(
    number: int,
    node: str = "c1",
    name: str = "web",
    *,
    tags: tuple[str, ...] = (),
    initial_status: str = "critical",
) -> Registration:
    check = Check(
        f"_nomad-check-{number}", f'service: "{name}" check', "http", "/", 10, 2, initial_status
    )
    return Registration(
        id=f"_nomad-task-{number}-group-{name}-{name}-http",
        name=name,
        node_name=node,
        address=f"10.77.0.10{node[1]}",
        port=20_000 + number,
        tags=tags,
        checks=(check,),
        alloc_id=str(number),
    )
