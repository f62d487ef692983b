"""The way of one request: balancer, target, edge, app; each may refuse, cut or be gone."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from nomad_console.simulator.edge.proxies import Edge, Edges
from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App, Apps, Machine
from nomad_console.simulator.timeline import Timeline

BALANCER_PATIENCE = 10.0  # s an ALB waits for a connection to its target, then 504
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
        self._drained: Counter[Target] = Counter()
        balancer.on_drained(lambda target: self._drained.update((target,)))

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

    def _to_edge(self, target: Target, service: str, respond: Respond) -> None:
        machine = self._machines.get(target.address)
        node = machine.name if machine else ""
        if machine is None or not machine.up:
            late = Answer(504, "target silent", node)
            self._timeline.after(self._pace(BALANCER_PATIENCE), lambda: respond(late))
        elif (app := self._apps.at(target.address, target.port)) is None:
            respond(Answer(502, "edge refused", node))
        else:
            self._to_app(self._edges.of(app), service, node, self._unless_drained(target, respond))

    def _unless_drained(self, target: Target, respond: Respond) -> Respond:
        """The answer comes too late where the target's delay passes first."""
        before = self._drained[target]

        def judged(answer: Answer) -> None:
            cut = self._drained[target] != before
            respond(Answer(502, "cut by balancer", answer.node) if cut else answer)

        return judged

    def _to_app(self, edge: Edge, service: str, node: str, respond: Respond) -> None:
        server = edge.pick(service)
        if server is None:
            respond(Answer(404, "no route", node))
            return
        machine = self._machines.get(server[0])
        if machine is not None and not machine.up:
            late = Answer(504, "app silent", node)
            self._wait(edge, None, self._pace(EDGE_PATIENCE), late, respond)
        elif (app := self._apps.at(*server)) is None:
            respond(Answer(502, "app refused", node))
        else:
            reason = "app" if app.status >= HTTPStatus.BAD_REQUEST else ""
            answer = Answer(app.status, reason, node, app.alloc_id)
            self._wait(edge, app, app.latency, answer, respond)

    def _wait(
        self, edge: Edge, app: App | None, seconds: float, answer: Answer, respond: Respond
    ) -> None:
        """Hold the request so long; whoever of the two dies meanwhile cuts it."""
        held = [edge.app, app] if app is not None else [edge.app]
        for each in held:
            each.in_flight += 1

        def finish() -> None:
            for each in held:
                each.in_flight -= 1
            if not edge.app.alive:
                respond(Answer(502, "cut by edge", answer.node, answer.alloc_id))
            elif app is not None and not app.alive:
                respond(Answer(502, "cut by app", answer.node, answer.alloc_id))
            else:
                respond(answer)

        self._timeline.after(seconds, finish)
