"""A world with its ports open."""

import asyncio
import random
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from nomad_console.clock import SystemClock
from nomad_console.simulator.cluster_file import Addresses
from nomad_console.simulator.consul.api import consul_app
from nomad_console.simulator.control import Control
from nomad_console.simulator.edge.api import edges_app
from nomad_console.simulator.elb.api import aws_app
from nomad_console.simulator.faults import Faults
from nomad_console.simulator.hosts import Hosts
from nomad_console.simulator.load import Load
from nomad_console.simulator.machines import Place
from nomad_console.simulator.nomad_api.connections import ClientConnections, limited
from nomad_console.simulator.nomad_api.routes import nomad_app, nomad_view
from nomad_console.simulator.scaling import scaling_rows
from nomad_console.simulator.scenario import Scenario
from nomad_console.simulator.servers import Listener, bind, keep_dates
from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.tls import Certificates
from nomad_console.simulator.traffic.listener import FrontListener
from nomad_console.simulator.traffic.requester import Requester
from nomad_console.simulator.world import World

LOOPBACK = "127.0.0.1"
PORTS = ("nomad", "consul", "aws", "edge", "control", "front")
AGENTS = 50  # clients whose own API is served; the others refuse


class PortTaken(Exception):
    """A port that was asked for cannot be had; the text says which and why."""


def _bind_all(ports: Mapping[str, int]) -> dict[str, socket.socket]:
    """Every port or, with PortTaken, none."""
    bound: dict[str, socket.socket] = {}
    for name in PORTS:
        port = ports.get(name, 0)
        try:
            bound[name] = bind(LOOPBACK, port)
        except OSError as error:
            for taken in bound.values():
                taken.close()
            raise PortTaken(f"port {port} for {name}: {error.strerror}") from error
    return bound


class AgentPorts:
    """Sockets of the first agents, taken before the world is built: nodes carry their ports."""

    def __init__(self) -> None:
        self.bound: dict[str, socket.socket] = {}
        self._refusing = 0

    def address(self, place: Place) -> tuple[str, int]:
        """Of the agent on a machine; where nobody listens for those beyond the first."""
        if len(self.bound) < AGENTS:
            taken = self._bind(place.address)
            self.bound[place.name] = taken
            host, self._refusing = taken.getsockname()
            return host, self._refusing
        return place.address, self._refusing

    def _bind(self, address: str) -> socket.socket:
        try:
            return bind(address)
        except OSError as error:
            if not self.bound:
                print(
                    f"{address}: {error.strerror}; agents' own APIs listen on {LOOPBACK} instead",
                    file=sys.stderr,
                )
            return bind(LOOPBACK)


class Running:
    """Builds the world for the ports it is given; `serving` opens them."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        speed: float,
        seed: int,
        ports: Mapping[str, int],
        rate: float,
        tls: Certificates | None = None,
    ) -> None:
        bound = _bind_all(ports)
        self._clock = SystemClock()
        self._timeline = Timeline(self._clock)
        agents = AgentPorts()
        self.world = World(scenario, self._timeline, speed=speed, seed=seed, http=agents.address)
        self._requester = Requester(self._timeline, random.Random(seed), self.world.services, rate)
        self._front = FrontListener(self.world.door, bound["front"])
        world = self.world
        self._view = view = nomad_view(world.cluster, self._timeline, world.pace, world.acl)
        own = tls.context("agent") if tls else None
        self._agents = [
            Listener(name, nomad_app(view, name), taken, limited(ClientConnections()), own)
            for name, taken in agents.bound.items()
        ]
        known = tls.context("server") if tls else None
        nomad = limited(ClientConnections())
        self._listeners = {
            "nomad": Listener("nomad", nomad_app(view), bound["nomad"], nomad, known),
            **{
                name: Listener(name, app, bound[name], tls=known if name == "consul" else None)
                for name, app in self._apps().items()
            },
        }
        self.addresses = Addresses(
            **{name: self._listeners[name].url for name in PORTS if name != "front"},
            front=self._front.url,
        )

    def _apps(self) -> dict[str, ASGIApp]:
        world = self.world
        return {
            "consul": consul_app(
                world.catalog,
                world.sessions,
                world.store,
                self._clock,
                acl=world.consul_tokens.acl,
            ),
            "aws": aws_app(
                world.balancer,
                world.throttle,
                self._clock,
                faults=world.aws_faults,
                scaling=scaling_rows(world.scenario, world.places),
            ),
            "edge": edges_app(world.edge_on, world.started),
            "control": self._control(),
        }

    def _control(self) -> ASGIApp:
        hosts = Hosts(self.world, self._clock)
        cluster = self.world.cluster
        load = Load(self._timeline, cluster.core.rng, cluster.state, cluster.touch_allocation)
        faults = Faults(self.world, hosts, load, self._view, self._stoppable)
        return Control(self.world, hosts, self._requester, faults, self._report).app()

    def _stoppable(self) -> dict[str, list[Listener]]:
        """What a fault can stop; Nomad's are its servers' and its clients' APIs."""
        groups = {name: [self._listeners[name]] for name in ("consul", "aws", "edge")}
        return {"nomad": [self._listeners["nomad"], *self._agents], **groups}

    def _report(self) -> dict[str, object]:
        return {name: listener.report() for name, listener in self._listeners.items()}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Everything answers and moves while the block lasts."""
        listeners = [*self._listeners.values(), *self._agents]
        for listener in listeners:
            await listener.start()
        await self._front.start()
        keep_dates(listeners, self._timeline)
        try:
            async with asyncio.TaskGroup() as tasks:
                moving = [
                    tasks.create_task(self._timeline.run()),
                    tasks.create_task(self._requester.run(self._front.address, self._front.port)),
                ]
                try:
                    yield
                finally:
                    for task in moving:
                        task.cancel()
        finally:
            for listener in listeners:
                listener.stop()
            self._front.stop()
