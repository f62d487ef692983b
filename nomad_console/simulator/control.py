"""The control port: agents, faults, traffic and what each API was asked; no part of any API.

Answers are JSON objects: {"done": words} of what was done, {"error": words} of what was not.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nomad_console.simulator.faults import Faults
from nomad_console.simulator.hosts import Hosts, Impossible
from nomad_console.simulator.traffic.requester import Requester
from nomad_console.simulator.world import World

Endpoint = Callable[[Request], Awaitable[Response]]


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError as error:
        raise Impossible(f"not JSON: {error}", 400) from error
    if not isinstance(body, dict):
        raise Impossible("not a JSON object", 400)
    return body


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Impossible(f"wait is not a number of seconds: {text}", 400) from error


def _guarded(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Impossible as refusal:
            return JSONResponse({"error": str(refusal)}, status_code=refusal.status)

    return answer


class Control:
    """Endpoints over one running world."""

    def __init__(
        self,
        world: World,
        hosts: Hosts,
        requester: Requester,
        faults: Faults,
        report: Callable[[], dict[str, object]],
    ) -> None:
        self._world = world
        self._hosts = hosts
        self._requester = requester
        self._faults = faults
        self._report = report

    def app(self) -> Starlette:
        routes: list[tuple[str, str, Endpoint]] = [
            ("GET", "/world", self.world),
            ("GET", "/requests", self.requests),
            ("GET", "/tokens", self.tokens),
            ("GET", "/traffic", self.traffic),
            ("POST", "/traffic/reset", self.reset),
            ("GET", "/agents", self.agents),
            ("GET", "/agents/{name}", self.agent),
            ("POST", "/agents/{name}/{action}", self.act),
            ("GET", "/faults", self.kinds),
            ("POST", "/faults/{kind}", self.fault),
        ]
        return Starlette(
            routes=[Route(path, _guarded(call), methods=[method]) for method, path, call in routes]
        )

    async def world(self, _request: Request) -> Response:
        return JSONResponse(self._world.report())

    async def requests(self, _request: Request) -> Response:
        """Per API: calls by kind, connections open and at most, bytes sent."""
        return JSONResponse(self._report())

    async def tokens(self, _request: Request) -> Response:
        """Secrets by name, Consul's as `consul:NAME`: made up, and good for nothing elsewhere."""
        return JSONResponse(self._world.tokens.secrets() | self._world.consul_tokens.secrets())

    async def traffic(self, _request: Request) -> Response:
        return JSONResponse(self._requester.report())

    async def reset(self, _request: Request) -> Response:
        self._requester.reset()
        return JSONResponse({"done": "traffic counted from now"})

    async def agents(self, _request: Request) -> Response:
        return JSONResponse({name: self._hosts.agent(name) for name in self._hosts.names()})

    async def agent(self, request: Request) -> Response:
        """State of one agent; with `version`, once it answers with that, at most `wait` s later."""
        name = request.path_params["name"]
        version = request.query_params.get("version")
        if version is None:
            return JSONResponse(self._hosts.agent(name))
        seconds = _seconds(request.query_params.get("wait", "60"))
        return JSONResponse(await self._hosts.until_answers(name, version, seconds))

    async def act(self, request: Request) -> Response:
        """Answers as soon as it is begun; `agent` with a version waits for the end."""
        name, action = request.path_params["name"], request.path_params["action"]
        body = await _body(request)
        return JSONResponse({"done": self._hosts.act(name, action, str(body.get("version", "")))})

    async def kinds(self, _request: Request) -> Response:
        return JSONResponse(self._faults.kinds())

    async def fault(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        return JSONResponse({"done": await self._faults.inject(kind, await _body(request))})
