"""/v1/session: create, renew, destroy, list."""

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nomad_console.simulator.consul import reads
from nomad_console.simulator.consul.answers import Malformed, Reader, as_json, text
from nomad_console.simulator.consul.gate import Gate
from nomad_console.simulator.consul.sessions import (
    DEFAULT_LOCK_DELAY,
    SERF,
    Sessions,
    WantedSession,
)
from nomad_console.simulator.go_text import parse_duration

NANOSECONDS_FROM = 1000  # agent/session_endpoint.go, lockDelayMinThreshold


class _Body(msgspec.Struct, rename=lambda field: field.replace("_", "")):
    """What session/create takes: each key in any case, or null."""

    name: str | None = None
    node: str | None = None
    behavior: str | None = None
    ttl: str | None = None
    lock_delay: str | float | None = None
    checks: tuple[str, ...] | None = None

    def session(self) -> WantedSession:
        return WantedSession(
            self.name or "",
            self.node or "",
            self.behavior or "",
            self.ttl or "",
            self._lock_delay(),
            (SERF,) if self.checks is None else self.checks,
        )

    def _lock_delay(self) -> float:
        """Seconds; a number below a thousand is seconds too, else nanoseconds (Consul's api)."""
        given = self.lock_delay
        if given is None:
            return DEFAULT_LOCK_DELAY
        if isinstance(given, str):
            seconds = parse_duration(given)
            if seconds is None:
                raise Malformed(f'Request decode failed: time: invalid duration "{given}"')
            return seconds
        return given if given < NANOSECONDS_FROM else given / 1e9


class SessionApi:
    """Sessions belong to the node whose agent is asked: `agent`."""

    def __init__(self, sessions: Sessions, agent: str, gate: Gate, reader: Reader) -> None:
        self._sessions = sessions
        self._agent = agent
        self._gate = gate
        self._reader = reader

    def routes(self) -> list[Route]:
        gate, reader, sessions = self._gate, self._reader, self._sessions
        put = ("PUT",)
        return [
            gate.route("/v1/session/create", self._create, put),
            gate.route("/v1/session/renew/{id}", self._renew, put),
            gate.route("/v1/session/destroy/{id}", self._destroy, put),
            gate.reading(
                "/v1/session/list", reader, lambda _: reads.session_list(sessions), "session:read"
            ),
            gate.reading(
                "/v1/session/node/{node}",
                reader,
                lambda request: reads.session_list(sessions, request.path_params["node"]),
                "session:read",
            ),
            gate.reading(
                "/v1/session/info/{id}",
                reader,
                lambda request: reads.session_info(sessions, request.path_params["id"]),
                "session:read",
            ),
        ]

    async def _create(self, request: Request) -> Response:
        self._gate.demand(request, "session:write")
        body = await request.body()
        try:
            given = msgspec.json.decode(body or b"{}", type=dict[str, Any])
            wanted = msgspec.convert({key.lower(): each for key, each in given.items()}, _Body)
        except msgspec.DecodeError as error:
            raise Malformed(f"Request decode failed: {error}") from error
        return as_json(request, {"ID": self._sessions.create(wanted.session(), self._agent)})

    async def _renew(self, request: Request) -> Response:
        session_id = request.path_params["id"]
        self._demand_for(request, session_id)
        row = self._sessions.renew(session_id)
        if row is None:
            return text(HTTPStatus.NOT_FOUND, f"Session id '{session_id}' not found")
        return as_json(request, [row])

    async def _destroy(self, request: Request) -> Response:
        session_id = request.path_params["id"]
        self._demand_for(request, session_id)
        self._sessions.destroy(session_id)
        return as_json(request, value=True)

    def _demand_for(self, request: Request, session_id: str) -> None:
        """A session that is gone is anybody's."""
        if self._sessions.get(session_id) is not None:
            self._gate.demand(request, "session:write")
