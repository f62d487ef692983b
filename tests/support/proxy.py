"""A reverse proxy that writes down what passes, and passes everything."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.support.serving import served

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "date", "server"}


@dataclass
class Recorder:
    """Method and path of each request to one backend; of AWS its action."""

    backend: str
    seen: list[str] = field(default_factory=list)
    _client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=900))

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._pass, methods=METHODS)])

    async def _pass(self, request: Request) -> Response:
        body = await request.body()
        path = request.scope["raw_path"].decode().partition("?")[0]
        action = parse_qs(body.decode("latin-1")).get("Action") if path == "/" else None
        self.seen.append(action[0] if action else f"{request.method} {path}")
        query = f"?{request.url.query}" if request.url.query else ""
        stack = AsyncExitStack()
        headers = [(k, v) for k, v in request.headers.items() if k not in {"host", "connection"}]
        asked = self._client.stream(
            request.method, f"{self.backend}{path}{query}", headers=headers, content=body
        )
        try:
            answer = await stack.enter_async_context(asked)
        except httpx.TransportError as error:
            await stack.aclose()
            return Response(str(error), 502)
        kept = {k: v for k, v in answer.headers.items() if k not in _HOP}
        return StreamingResponse(_body(answer, stack), answer.status_code, kept)


async def _body(answer: httpx.Response, stack: AsyncExitStack) -> AsyncIterator[bytes]:
    async with stack:
        async for part in answer.aiter_bytes():
            yield part


@contextmanager
def recording(backend: str) -> Iterator[tuple[str, Recorder]]:
    """The proxy's address, and what passed."""
    recorder = Recorder(backend)
    with served(recorder.app) as address:
        yield address, recorder
