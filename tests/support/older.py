"""A proxy that makes an older server of a newer one: what that did not have is taken out."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.proxy import METHODS
from tests.support.serving import served

VERSION = "1.0.4"
_UNKNOWN = {"filter", "per_page", "next_token", "task_states", "resources", "reverse"}
_GONE = {"/v1/event/stream", "/v1/internal/ui/services"}
_LISTS = {"/v1/allocations", "/v1/deployments", "/v1/evaluations", "/v1/jobs"}
_NEWER = {"NodePool", "AllocatedResources"}


class Older:
    """Passes the rest; `asked` has each path with its query as it came."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._pass, methods=METHODS)])

    async def _pass(self, request: Request) -> Response:
        path, query = request.url.path, dict(parse_qsl(request.url.query))
        self.asked.append((path, query))
        if path in _GONE:
            return Response("", 404)
        if path in _LISTS and query.get("namespace") == "*":  # a name, of nothing
            return Response("[]", headers={"X-Nomad-Index": "1"}, media_type="application/json")
        kept = {name: text for name, text in query.items() if name not in _UNKNOWN}
        async with httpx.AsyncClient(timeout=httpx.Timeout(90)) as client:
            answer = await client.request(
                request.method,
                f"{self._backend}{request.scope['raw_path'].decode()}?{urlencode(kept)}",
                content=await request.body(),
            )
        headers = {key: text for key, text in answer.headers.items() if key.startswith("x-")}
        kind = answer.headers.get("content-type")
        body = answer.content
        if answer.status_code == httpx.codes.OK and kind == "application/json":
            body = json.dumps(_older(path, json.loads(body))).encode()
        return Response(body, answer.status_code, headers, kind)


def _older(path: str, body: Any) -> Any:
    if path == "/v1/agent/self" and "config" in body:
        body["config"]["Version"] = {"Version": VERSION}
    rows = body if isinstance(body, list) else ()
    if path in {"/v1/nodes", "/v1/allocations"}:
        return [{key: row[key] for key in row if key not in _NEWER} for row in rows]
    return body


@contextmanager
def older(addresses: Mapping[str, str]) -> Iterator[dict[str, tuple[str, Older]]]:
    """For each of these names the address of a proxy to what `addresses` has there."""
    with ExitStack() as stack:
        proxies = {name: Older(address) for name, address in addresses.items()}
        yield {
            name: (stack.enter_context(served(proxy.app)), proxy) for name, proxy in proxies.items()
        }
