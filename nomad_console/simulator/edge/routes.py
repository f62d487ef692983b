"""The catalog as the edges read it: Traefik's consulCatalog provider with exposedByDefault off."""

from collections.abc import Callable, Mapping

from nomad_console.simulator.consul.catalog import Catalog, Service
from nomad_console.simulator.edge.proxies import Server

ENABLED = "traefik.enable=true"
_ROUTED = {"passing", "warning"}  # strictChecks by default


def _server(service: Service) -> Server:
    address = str(service.row["Address"]) or str(service.node.row["Address"])
    return address, int(service.row["Port"])


class CatalogRoutes:
    """Built again only for the services that changed: one value, shared by every edge."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._changed = set(catalog.by_service)
        self._routes: Mapping[str, tuple[Server, ...]] = {}
        self._told: list[Callable[[], None]] = []
        catalog.subscribe(self._note)

    def subscribe(self, callback: Callable[[], None]) -> None:
        self._told.append(callback)

    def routed(self) -> Mapping[str, tuple[Server, ...]]:
        """Servers per service tagged for the edge; a service without any is not in it."""
        if self._changed:
            routes = dict(self._routes)
            for name in self._changed:
                routes.pop(name, None)
                if servers := self._servers(name):
                    routes[name] = servers
            self._changed = set()
            self._routes = routes
        return self._routes

    def _servers(self, name: str) -> tuple[Server, ...]:
        return tuple(
            _server(service)
            for service in self._catalog.instances(name)
            if ENABLED in service.row["Tags"] and service.status() in _ROUTED
        )

    def _note(self, name: str) -> None:
        self._changed.add(name)
        for callback in self._told:
            callback()
