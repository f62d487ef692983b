"""Single reads, sessions and keys through py-consul, in worker threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from nomad_console.clients.guard import Guard
from nomad_console.clients.http import Access, misread
from nomad_console.settings.values import ConsulSettings

# py-consul takes the form of an answer for granted: what it meets in another.
_PARSER = (LookupError, ValueError, TypeError, AttributeError, RecursionError)


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
        with _misreading(f"GET /v1/catalog/node/{name}"):
            _, catalog = self.library().catalog.node(name)
            _, checks = self.library().health.node(name)
        return catalog, checks

    def agent(self) -> object:
        with _misreading("GET /v1/agent/self"):
            return self.library().agent.self()

    def leader(self) -> object:
        with _misreading("GET /v1/status/leader"):
            return self.library().status.leader()

    def open_session(self, name: str, ttl_s: int) -> object:
        """Without checks: it ends when it is not renewed, not when an agent is restarted."""
        with _misreading("PUT /v1/session/create"):
            return self.library().session.create(name=name, checks=[], lock_delay=0, ttl=ttl_s)

    def renew_session(self, session: str) -> object:
        with _misreading(f"PUT /v1/session/renew/{session}"):
            return self.library().session.renew(session)

    def end_session(self, session: str) -> None:
        with _misreading(f"PUT /v1/session/destroy/{session}"):
            self.library().session.destroy(session)

    def acquire(self, key: str, value: bytes, session: str) -> object:
        with _misreading(f"PUT /v1/kv/{key}"):
            return self.library().kv.put(key, value, acquire=session)

    def release(self, key: str, value: bytes, session: str) -> object:
        with _misreading(f"PUT /v1/kv/{key}"):
            return self.library().kv.put(key, value, release=session)

    def entry(self, key: str) -> object:
        with _misreading(f"GET /v1/kv/{key}"):
            _, found = self.library().kv.get(key)
        return found

    def library(self) -> Any:
        """py-consul's own object, made when first asked for."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> Any:
        import consul

        from nomad_console.clients.sessions import JsonSession
        from nomad_console.clients.tls import origin

        parts = urlsplit(origin("consul", self._settings.address))
        host = parts.netloc.rpartition(":")[0]  # an IPv6 address keeps its brackets
        made = consul.Consul(host=host, port=parts.port, scheme=parts.scheme, verify=True)
        made.token = self._access.secret() or None  # CONSUL_HTTP_TOKEN wins over an argument
        made.dc = self._settings.datacenter or None
        made.http.session = JsonSession(self._access, self._guard, connections=2)
        return made


@contextmanager
def _misreading(endpoint: str) -> Iterator[None]:
    """What the library cannot read was not Consul's answer."""
    from consul import ConsulException

    try:
        yield
    except (ConsulException, *_PARSER) as error:
        raise misread("consul", endpoint, error) from None
