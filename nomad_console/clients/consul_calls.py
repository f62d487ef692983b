"""Single reads through py-consul, in worker threads."""

import threading
from typing import Any
from urllib.parse import urlsplit

from nomad_console.clients.errors import Misread
from nomad_console.clients.guard import Guard
from nomad_console.clients.http import Access
from nomad_console.settings.values import ConsulSettings


class ConsulCalls:
    """py-consul over one guarded session; no CONSUL_* of the environment overrides the settings."""

    def __init__(self, settings: ConsulSettings, access: Access, guard: Guard) -> None:
        self._settings = settings
        self._access = access
        self._guard = guard
        self._lock = threading.Lock()
        self._made: Any = None

    def close(self) -> None:
        if self._made is not None:
            self._made.http.session.close()

    def node(self, name: str) -> tuple[object, object]:
        """What the catalog and the checks hold of a machine, parsed."""
        from consul import ConsulException

        try:
            _, catalog = self.library().catalog.node(name)
            _, checks = self.library().health.node(name)
        except ConsulException as error:
            raise _misread(f"GET /v1/catalog/node/{name}", error) from None
        return catalog, checks

    def agent(self) -> object:
        from consul import ConsulException

        try:
            return self.library().agent.self()
        except ConsulException as error:
            raise _misread("GET /v1/agent/self", error) from None

    def leader(self) -> object:
        from consul import ConsulException

        try:
            return self.library().status.leader()
        except ConsulException as error:
            raise _misread("GET /v1/status/leader", error) from None

    def library(self) -> Any:
        """py-consul's own object, made when first asked for."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> Any:
        import consul

        from nomad_console.clients.sessions import GuardedSession
        from nomad_console.clients.tls import origin

        parts = urlsplit(origin("consul", self._settings.address))
        host = parts.netloc.rpartition(":")[0]  # an IPv6 address keeps its brackets
        made = consul.Consul(host=host, port=parts.port, scheme=parts.scheme, verify=True)
        made.token = (
            self._settings.token.reveal() or None
        )  # CONSUL_HTTP_TOKEN wins over an argument
        made.dc = self._settings.datacenter or None
        made.http.session = GuardedSession(self._access, self._guard, connections=2)
        return made


def _misread(endpoint: str, error: Exception) -> Misread:
    hint = "is this address really Consul's?"
    return Misread("consul", endpoint, None, str(error), hint=hint)
