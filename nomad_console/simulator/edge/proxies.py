"""The edges: what each Traefik routes by is what Consul said when it last reloaded."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from nomad_console.simulator.pace import Pace
from nomad_console.simulator.services import App
from nomad_console.simulator.timeline import Timeline

THROTTLE = 2.0  # Traefik's providersThrottleDuration: the least time between two reloads
# From a change on a Consul agent to the edge's new configuration where nothing is throttled: the
# agent tells the servers, the watch wakes, every service is read again.
NOTICE = (0.3, 1.5)
FIRST_ROUTES = 0.5  # /ping answers 200 before any provider has; routes come a little later
GROUPS = 16  # edges that reload together

Server = tuple[str, int]  # address, port


class ServiceCatalog(Protocol):
    """Consul as the edges read it."""

    def routed(self) -> Mapping[str, tuple[Server, ...]]:
        """The passing instances of every service tagged for the edge; no service without one."""
        ...

    def subscribe(self, callback: Callable[[], None]) -> None:
        """`callback` after each change of an instance or its checks."""
        ...


@dataclass
class _Reload:
    """Edges reload in groups, each with its own moment: 5,000 edges cost no more than 16."""

    routes: Mapping[str, tuple[Server, ...]]
    last: float
    planned: bool = False


@dataclass
class Edge:
    """One running Traefik: an app that knows where the others are, and in whose turn it is."""

    app: App
    reload: _Reload
    ready_at: float
    timeline: Timeline
    turns: dict[str, int] = field(default_factory=dict)

    @property
    def routes(self) -> Mapping[str, tuple[Server, ...]]:
        return self.reload.routes if self.timeline.elapsed() >= self.ready_at else {}

    def pick(self, service: str) -> Server | None:
        """The next server in turn (weighted round robin, equal weights); None: no router, 404."""
        servers = self.routes.get(service)
        if not servers:
            return None
        turn = self.turns.get(service, 0)
        self.turns[service] = turn + 1
        return servers[turn % len(servers)]


class Edges:
    """Every edge of the world, found by the app that listens as it."""

    def __init__(
        self, timeline: Timeline, pace: Pace, rng: random.Random, catalog: ServiceCatalog
    ) -> None:
        self._timeline = timeline
        self._pace = pace
        self._rng = rng
        self._catalog = catalog
        start, routes = timeline.elapsed(), catalog.routed()
        self._reloads = [
            _Reload(routes, start - rng.uniform(0, pace(THROTTLE))) for _ in range(GROUPS)
        ]
        self._edges: dict[str, Edge] = {}
        catalog.subscribe(self._changed)

    def of(self, app: App, *, settled: bool = False) -> Edge:
        """The edge that this app is; seen for the first time it is just starting, or `settled`."""
        edge = self._edges.get(app.alloc_id)
        if edge is None or edge.app is not app:
            delay = 0.0 if settled else self._pace(FIRST_ROUTES)
            edge = Edge(
                app,
                self._rng.choice(self._reloads),
                self._timeline.elapsed() + delay,
                self._timeline,
            )
            self._edges[app.alloc_id] = edge
        return edge

    def forget(self, alloc_id: str) -> None:
        """An edge that is gone for good."""
        self._edges.pop(alloc_id, None)

    def _changed(self) -> None:
        now = self._timeline.elapsed()
        for reload in self._reloads:
            if not reload.planned:
                reload.planned = True
                notice = self._pace(self._rng.uniform(*NOTICE))
                free_at = reload.last + self._pace(THROTTLE)
                self._timeline.after(max(notice, free_at - now), partial(self._apply, reload))

    def _apply(self, reload: _Reload) -> None:
        reload.planned = False
        reload.last = self._timeline.elapsed()
        reload.routes = self._catalog.routed()
