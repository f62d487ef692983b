"""Consul: blocking reads over httpx, single reads and locks through py-consul."""

import asyncio

from nomad_console.clients import consul_catalog as catalog
from nomad_console.clients import consul_wire as wire
from nomad_console.clients.consul_calls import ConsulCalls
from nomad_console.clients.errors import ApiError, NotFound, Refused, Unreachable, absent, refused
from nomad_console.clients.guard import consul_guard
from nomad_console.clients.http import Access, Answer, HttpReads
from nomad_console.clients.lacks import Lacks
from nomad_console.clients.listing import Listing
from nomad_console.clients.threads import Threads
from nomad_console.clients.wire import Name, converted, decoded, rows_of
from nomad_console.domain.agent import Agent, Token
from nomad_console.domain.backend import Lack
from nomad_console.domain.rights import OFF
from nomad_console.domain.service import HealthCheck, NodeHealth, ServiceSummary
from nomad_console.settings.values import ConsulSettings

_SERVICES = "/v1/internal/ui/services"
_TOKEN = "/v1/acl/token/self"  # noqa: S105 — a path
_ACLS_OFF = 401  # agent/acl_endpoint.go checkACLDisabled


class Consul:
    """One Consul agent's API; the only writes are those of a lock. Every method raises ApiError."""

    def __init__(self, settings: ConsulSettings, threads: Threads, *, read_only: bool) -> None:
        self.guard = consul_guard(read_only=read_only)
        self.lacks = Lacks()
        access = Access("consul", settings.address, settings.token, "X-Consul-Token", settings.tls)
        self._datacenter = settings.datacenter
        self._named = bool(settings.token)
        self._threads = threads
        self._reads = HttpReads(access, self.guard, connections=4)
        self._calls = ConsulCalls(settings, access, self.guard)
        self._locks = ConsulCalls(settings, access, self.guard)  # a renewal waits for no read
        self._single = asyncio.Semaphore(2)  # its connections: no thread waits for one

    async def services(self, index: int = 0, wait_s: float = 0.0) -> Listing[ServiceSummary]:
        """Every service; blocks up to `wait_s` while nothing is newer than `index`.

        Refused where the list is empty though there are ACLs: Consul is a service of itself, and
        answers 200 with fewer rows instead of 403.
        """
        found = await self._overview(index, wait_s)
        if not found.rows:
            await self._explain_empty()
        return found

    async def checks(self, state: str, index: int = 0, wait_s: float = 0.0) -> Listing[HealthCheck]:
        """Checks that are passing, warning, critical, or any."""
        path = f"/v1/health/state/{state}"
        answer = await self._get(path, index, wait_s)
        rows = rows_of("consul", f"GET {path}", answer.body, wire.CheckWire)
        if not rows and answer.filtered:
            raise _hidden()
        return Listing(tuple(wire.check(row) for row in rows), answer.index)

    async def node_health(self, name: str) -> NodeHealth:
        """All that runs and is checked on a machine; nothing for a name Consul does not know."""
        async with self._single:
            instances, checks = await self._threads.call(self._calls.node, name)
        endpoint = f"GET /v1/catalog/node/{name}"
        return wire.node_health(
            name,
            converted("consul", endpoint, instances, wire.CATALOG_NODE),
            converted("consul", endpoint, checks, list[wire.CheckWire]),
        )

    async def agent(self) -> Agent:
        async with self._single:
            found = await self._threads.call(self._calls.agent)
        return wire.agent(converted("consul", "GET /v1/agent/self", found, wire.AgentWire))

    async def leader(self) -> str:
        """`address:port`; "" without one."""
        async with self._single:
            found = await self._threads.call(self._calls.leader)
        return converted("consul", "GET /v1/status/leader", found, str)

    async def token(self) -> Token:
        """Our own: "anonymous" without one, "acls-disabled" where there are no ACLs."""
        try:
            answer = await self._get(_TOKEN, 0, 0.0)
        except Refused as refusal:
            if refusal.status == _ACLS_OFF:
                return wire.NO_ACLS
            if self._named:
                raise
            return wire.NOBODY
        return wire.token(decoded("consul", f"GET {_TOKEN}", answer.body, wire.TokenWire))

    async def open_session(self, name: str, ttl_s: int) -> str:
        """A session that lives up to twice `ttl_s` (10 at least) after its last renewal.

        No checks and no lock delay; its end frees its keys and leaves their values.
        """
        found = await self._threads.write(self._locks.open_session, name, ttl_s)
        return converted("consul", "PUT /v1/session/create", found, Name)

    async def renew_session(self, session: str) -> None:
        """NotFound where it has ended."""
        found = await self._threads.call(self._locks.renew_session, session)
        converted("consul", f"PUT /v1/session/renew/{session}", found, wire.SessionWire)

    async def end_session(self, session: str) -> None:
        await self._threads.write(self._locks.end_session, session)

    async def acquire(self, path: str, value: bytes, session: str) -> bool:
        """Hold the key and set its value; False where another session holds it.

        NotFound where our own session has ended.
        """
        try:
            found = await self._threads.write(self._locks.acquire, path, value, session)
        except Unreachable as error:
            if error.text.startswith("invalid session"):  # Consul answers 500
                raise NotFound("consul", error.endpoint, error.status, error.text) from None
            raise
        return converted("consul", f"PUT /v1/kv/{path}", found, bool)

    async def release(self, path: str, value: bytes, session: str) -> bool:
        """Set the value and free the key; False where this session does not hold it."""
        found = await self._threads.write(self._locks.release, path, value, session)
        return converted("consul", f"PUT /v1/kv/{path}", found, bool)

    async def entry(self, path: str) -> wire.Entry | None:
        """None for a key that is not there."""
        try:
            found = await self._threads.call(self._locks.entry, path)
        except NotFound:
            return None
        return wire.entry(converted("consul", f"GET /v1/kv/{path}", found, wire.EntryWire))

    async def close(self) -> None:
        await self._reads.close()
        self._calls.close()
        self._locks.close()

    async def _overview(self, index: int, wait_s: float) -> Listing[ServiceSummary]:
        """As the UI gets it, else from the catalog: a proxy may pass only that."""
        if Lack.OVERVIEW in self.lacks:
            return await catalog.services(self._get, index, wait_s)
        try:
            answer = await self._get(_SERVICES, index, wait_s)
        except ApiError as error:
            if not absent(error) and not isinstance(error, Refused):
                raise
            try:
                found = await catalog.services(self._get, index, wait_s)
            except ApiError:
                raise error from None
            self.lacks.add(Lack.OVERVIEW)
            return found
        rows = rows_of("consul", f"GET {_SERVICES}", answer.body, wire.SummaryWire)
        return Listing(tuple(wire.summary(row) for row in rows), answer.index)

    async def _get(self, path: str, index: int, wait_s: float) -> Answer:
        params = {"dc": self._datacenter} if self._datacenter else {}
        if wait_s > 0:
            params |= {"index": str(index), "wait": f"{round(wait_s * 1000)}ms"}
        return await self._reads.get(path, params, wait_s=wait_s, whole=True)

    async def _explain_empty(self) -> None:
        if (await self.token()).accessor != OFF:
            raise _hidden()


def _hidden() -> Refused:
    return refused(
        "consul",
        f"GET {_SERVICES}",
        200,
        "an empty list: services are hidden from this token",
        right="service:read and node:read",
    )
