"""The way of one request: balancer, target, edge, app; each may refuse, cut or be gone."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from nomad_console.simulator.edge.proxies import Edge, Edges
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App, Apps, Machine
from nomad_console.simulator.timeline import Timeline, Timer

BALANCER_PATIENCE = 10.0  # s an ALB waits for a connection to its target, then 504
IDLE_PATIENCE = 60.0  # s it waits on an open one that has gone silent (idle_timeout), then 504
EDGE_PATIENCE = 30.0  # s Traefik dials (forwardingTimeouts.dialTimeout), then 504


@dataclass(frozen=True)
class Answer:
    """What the client gets; `reason` is empty where the app itself answered below 400."""

    status: int
    reason: str = ""
    node: str = ""  # of the target the balancer chose
    alloc_id: str = ""  # of the app


@dataclass(frozen=True)
class Target:
    """Where the balancer sends a request: an address inside the world, in one group's name."""

    group: str
    address: str
    port: int


class Balancer(Protocol):
    """The load balancer as a request meets it."""

    def group_of(self, service: str) -> str | None:
        """The target group whose listener rule names the service; None: no rule."""
        ...

    def choose(self, group: str) -> Target | None:
        """The target of the next request; None: 503."""
        ...

    def on_drained(self, callback: Callable[[Target], None]) -> None:
        """`callback` when a target's deregistration delay is over: what it still serves is cut."""
        ...


Respond = Callable[[Answer], None]


class _Flight:
    """One request inside the world: the first of its end and its cuts answers it."""

    def __init__(self, timeline: Timeline, respond: Respond, node: str) -> None:
        self._timeline = timeline
        self._respond = respond
        self._node = node
        self._alloc_id = ""
        self._end: Timer | None = None
        self._holders: list[dict[object, Callable[[], None]]] = []

    def held_by(self, held: dict[object, Callable[[], None]], cut: Callable[[], None]) -> None:
        """Whoever holds it calls `cut` when it dies or gives up."""
        held[self] = cut
        self._holders.append(held)

    def ends_after(self, seconds: float, answer: Answer) -> None:
        """In place of the end it had so far."""
        if self._end is not None:
            self._end.cancel()
        self._alloc_id = answer.alloc_id
        self._end = self._timeline.after(seconds, lambda: self.answer(answer))

    def silent_for(self, seconds: float) -> None:
        self.ends_after(seconds, Answer(504, "fell silent", self._node, self._alloc_id))

    def cut(self, who: str) -> None:
        self.answer(Answer(502, f"cut by {who}", self._node, self._alloc_id))

    def answer(self, answer: Answer) -> None:
        if self._end is not None:
            self._end.cancel()
        for held in self._holders:
            held.pop(self, None)
        self._respond(answer)


class FrontDoor:
    """The synchronous core, driven by the timeline; sockets are the listener's matter."""

    def __init__(
        self,
        timeline: Timeline,
        pace: Pace,
        balancer: Balancer,
        edges: Edges,
        apps: Apps,
        machines: dict[str, Machine],
    ) -> None:
        self._timeline = timeline
        self._pace = pace
        self._balancer = balancer
        self._edges = edges
        self._apps = apps
        self._machines = {machine.address: machine for machine in machines.values()}
        self._flights: defaultdict[Target, dict[object, Callable[[], None]]] = defaultdict(dict)
        balancer.on_drained(self._cut_all)

    def request(self, service: str, respond: Respond) -> None:
        """Send one request in; `respond` is called once, at once or when the world is done."""
        group = self._balancer.group_of(service)
        target = self._balancer.choose(group) if group is not None else None
        if group is None:
            respond(Answer(404, "no rule"))
        elif target is None:
            respond(Answer(503, "no target"))
        else:
            self._to_edge(target, service, respond)

    def _cut_all(self, target: Target) -> None:
        for cut in [*self._flights.pop(target, {}).values()]:
            cut()

    def _to_edge(self, target: Target, service: str, respond: Respond) -> None:
        machine = self._machines.get(target.address)
        node = machine.name if machine else ""
        flight = _Flight(self._timeline, respond, node)
        flight.held_by(self._flights[target], lambda: flight.cut("balancer"))
        if machine is None or not machine.up:
            late = Answer(504, "target silent", node)
            flight.ends_after(self._pace(BALANCER_PATIENCE), late)
        elif (app := self._apps.at(target.address, target.port)) is None:
            flight.answer(Answer(502, "edge refused", node))
        else:
            flight.held_by(app.held, self._lost(flight, app, "edge"))
            self._to_app(self._edges.of(app), service, node, flight)

    def _to_app(self, edge: Edge, service: str, node: str, flight: _Flight) -> None:
        server = edge.pick(service)
        if server is None:
            flight.answer(Answer(404, "no route", node))
            return
        machine = self._machines.get(server[0])
        if machine is not None and not machine.up:
            late = Answer(504, "app silent", node)
            flight.ends_after(self._pace(EDGE_PATIENCE), late)
        elif (app := self._apps.at(*server)) is None:
            flight.answer(Answer(502, "app refused", node))
        else:
            flight.held_by(app.held, self._lost(flight, app, "app"))
            reason = "app" if app.status >= HTTPStatus.BAD_REQUEST else ""
            answer = Answer(app.status, reason, node, app.alloc_id)
            flight.ends_after(app.latency, answer)

    def _lost(self, flight: _Flight, app: App, who: str) -> Callable[[], None]:
        """A process that dies closes its connections; a machine that dies says nothing."""

        def lost() -> None:
            machine = self._machines.get(app.address)
            if machine is not None and not machine.up:
                flight.silent_for(self._pace(IDLE_PATIENCE))
            else:
                flight.cut(who)

        return lost
