"""A server that knows nothing but recordings: each path answers what was recorded for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.support.recorded import RECORDINGS
from tests.support.serving import served

METHODS = ["GET", "PUT", "POST", "DELETE"]

Call = dict[str, Any]


def calls(folder: str) -> Iterator[tuple[str, Call]]:
    """Every recorded call directly in that folder, the plainest of each path last."""
    paths = (RECORDINGS / folder).glob("*.json")
    for path in sorted(paths, key=lambda path: (-len(path.name), path.name)):
        found = json.loads(path.read_text())
        if isinstance(found, dict) and "status" in found and "path" in found.get("request", {}):
            yield f"{folder}/{path.name}", found


def raw_body(call: Call) -> bytes:
    """The answer's body as it was on the wire, but for the order of keys and white space."""
    body, kind = call.get("body"), call["headers"].get("Content-Type", "")
    if isinstance(body, str) and kind != "application/json":
        return body.encode()
    return json.dumps(body).encode()


class Recorded:
    """Answers by method and path; the query decides between recordings of one path."""

    def __init__(self, folder: str, stream: str = "", *, held: bool = False) -> None:
        self._held = held
        self._calls: dict[tuple[str, str], list[Call]] = {}
        self._stream = RECORDINGS / folder / stream if stream else None
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        for _, call in calls(folder):
            if call["status"] == 200:
                key = (call["request"]["method"], call["request"]["path"])
                self._calls.setdefault(key, []).append(call)

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=METHODS)])

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].partition(b"?")[0].decode()
        query = dict(parse_qsl(request.url.query))
        self.requests.append((request.method, path, query))
        if path == "/v1/event/stream" and self._stream:
            return StreamingResponse(_chunks(self._stream.read_bytes(), held=self._held))
        found = self._calls.get((request.method, path)) or self._narrowed(path)
        if not found:
            return Response("not recorded: not found", 404)
        call = max(reversed(found), key=lambda each: _likeness(each, query))
        headers = {name: text for name, text in call["headers"].items() if name.startswith("X-")}
        media = "application/json"
        return Response(raw_body(call), call["status"], headers, media)

    def _narrowed(self, path: str) -> list[Call]:
        """Checks in a state that was not asked for alone: those of all states that are in it."""
        folder, _, state = path.rpartition("/")
        return [
            {**call, "body": [row for row in call["body"] if row["Status"] == state]}
            for call in self._calls.get(("GET", "/v1/health/state/any"), ())
            if folder == "/v1/health/state"
        ]


@contextmanager
def recordings_served(
    folder: str, stream: str = "", *, held: bool = False
) -> Iterator[tuple[str, Recorded]]:
    """Serve a folder of recordings; gives the address and the record of requests.

    A `held` stream stays open after its last recorded event, as it does between two heartbeats.
    """
    server = Recorded(folder, stream, held=held)
    with served(server.app) as address:
        yield address, server


def _likeness(call: Call, query: dict[str, str]) -> int:
    was = dict(parse_qsl(call["request"].get("query") or ""))
    same = sum(1 for name, text in was.items() if query.get(name) == text)
    return 3 * same - 2 * len(was)


async def _chunks(body: bytes, *, held: bool) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1_000):
        yield body[start : start + 1_000]
    if held:
        await asyncio.Event().wait()
