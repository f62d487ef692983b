"""What every call to Consul passes first: its method, its datacenter, its token's rights."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nomad_console.simulator.consul.acl import ALL, Acl, Denied, Right
from nomad_console.simulator.consul.answers import (
    UNKNOWN_INDEX,
    Malformed,
    Reader,
    text,
)
from nomad_console.simulator.consul.kv import KvRefused
from nomad_console.simulator.consul.reads import Reading
from nomad_console.simulator.consul.sessions import SessionRefused

Handler = Callable[[Request], Awaitable[Response]]
# whose refusals carry index headers too, as recorded
INDEXED = ("/v1/catalog", "/v1/health", "/v1/internal", "/v1/session")


class Gate:
    """Makes routes; without `acl` everybody may everything."""

    def __init__(self, datacenter: str, acl: Acl | None) -> None:
        self.acl = acl
        self._datacenter = datacenter

    def route(self, path: str, handler: Handler, methods: tuple[str, ...] = ("GET",)) -> Route:
        async def endpoint(request: Request) -> Response:
            if request.method not in methods:
                allowed = {"Allow": ",".join(("OPTIONS", *methods))}
                return text(
                    HTTPStatus.METHOD_NOT_ALLOWED, f"method {request.method} not allowed", allowed
                )
            return await self._answer(request, handler)

        # all come here, so that the refusal of a wrong one is Consul's and not Starlette's
        verbs = ["GET", "PUT", "DELETE", "POST", "PATCH"]
        return Route(path, endpoint, methods=verbs)

    def reading(
        self, path: str, reader: Reader, reading: Callable[[Request], Reading], right: Right
    ) -> Route:
        """A route of one reading; without the right it answers as if there were nothing."""

        async def handler(request: Request) -> Response:
            visible = right in self.rights(request)
            return await reader.answer(request, reading(request), visible=visible)

        return self.route(path, handler)

    def rights(self, request: Request) -> frozenset[Right]:
        """Denied for a token nobody knows."""
        if self.acl is None:
            return ALL
        token = request.query_params.get("token", "") or request.headers.get("X-Consul-Token", "")
        bearer = request.headers.get("Authorization", "")
        if not token and bearer.startswith("Bearer "):
            token = bearer.removeprefix("Bearer ")
        return self.acl.rights(token)

    def demand(self, request: Request, right: Right) -> None:
        """Denied without the right."""
        if right not in self.rights(request):
            raise Denied("Permission denied")

    async def _answer(self, request: Request, handler: Handler) -> Response:
        listed = request.method == "GET" and request.url.path.startswith(INDEXED)
        listing = UNKNOWN_INDEX if listed else {}
        if request.query_params.get("dc", self._datacenter) not in ("", self._datacenter):
            return text(HTTPStatus.INTERNAL_SERVER_ERROR, "No path to datacenter", listing)
        try:
            return await handler(request)
        except Malformed as error:
            return text(HTTPStatus.BAD_REQUEST, str(error))
        except Denied as denial:
            return text(HTTPStatus.FORBIDDEN, str(denial), listing)
        except (KvRefused, SessionRefused) as refusal:
            return text(HTTPStatus.INTERNAL_SERVER_ERROR, str(refusal))
