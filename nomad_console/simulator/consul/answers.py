"""How Consul answers a read: headers, errors, blocking, compression."""

import asyncio
import gzip
import random
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nomad_console.clock import Clock
from nomad_console.simulator.consul.filters import FilterRefused, parse_filter
from nomad_console.simulator.consul.raft import Raft
from nomad_console.simulator.consul.reads import Reading, everything
from nomad_console.simulator.consul.sessions import SessionRefused
from nomad_console.simulator.go_text import parse_duration

DEFAULT_WAIT = 300.0  # s; this, the longest and the jitter: agent/consul/rpc.go
LONGEST_WAIT = 600.0
JITTER = 16  # up to wait / 16 is added
SMALLEST_COMPRESSED = 1400  # bytes, gziphandler's default
UNKNOWN_INDEX = {  # of refusals: no store was asked
    "X-Consul-Index": "1",
    "X-Consul-Knownleader": "false",
    "X-Consul-Lastcontact": "0",
}


class Malformed(Exception):
    """Consul's words; HTTP 400."""


def text(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return Response(
        words,
        status_code=status,
        media_type="text/plain",
        headers={"Vary": "Accept-Encoding", **(headers or {})},
    )


def as_json(
    request: Request, value: object, headers: dict[str, str] | None = None, status: int = 200
) -> Response:
    """Compressed when the client takes gzip and it is worth it."""
    content = msgspec.json.encode(value)
    headers = {"Vary": "Accept-Encoding", **(headers or {})}
    accepted = request.headers.get("Accept-Encoding", "")
    if len(content) >= SMALLEST_COMPRESSED and "gzip" in accepted:
        content = gzip.compress(content, 1)
        headers["Content-Encoding"] = "gzip"
    return Response(content, status_code=status, headers=headers, media_type="application/json")


def missing(headers: dict[str, str]) -> Response:
    """The empty 404 of what there is not."""
    return Response(
        status_code=HTTPStatus.NOT_FOUND, headers={"Vary": "Accept-Encoding", **headers}
    )


def index_headers(index: int) -> dict[str, str]:
    return {
        "X-Consul-Index": str(max(index, 1)),
        "X-Consul-Knownleader": "true",
        "X-Consul-Lastcontact": "0",
    }


class Reader:
    """Answers readings of one raft, at once or when they have changed."""

    def __init__(self, raft: Raft, clock: Clock, rng: random.Random) -> None:
        self._raft = raft
        self._clock = clock
        self._rng = rng

    async def answer(self, request: Request, reading: Reading, *, visible: bool = True) -> Response:
        """`visible` False: the token may see nothing of it, which is no error."""
        expression = request.query_params.get("filter", "")
        consistency = _consistency(request)
        try:
            wanted = (
                parse_filter(expression, reading.selectors)
                if expression and reading.selectors
                else everything
            )
            await self.changed(request, reading)
            body = reading.body(wanted) if visible else reading.empty
            headers = index_headers(reading.index())
        except (FilterRefused, SessionRefused) as refusal:
            return text(HTTPStatus.INTERNAL_SERVER_ERROR, str(refusal), UNKNOWN_INDEX)
        if body is None and not reading.consistency:
            return missing(headers if visible else {})
        if reading.consistency:
            headers["X-Consul-Effective-Consistency"] = consistency
        return as_json(request, body, headers)

    async def changed(self, request: Request, reading: Reading) -> None:
        """Return when the index is beyond the one the reader has, or its wait is over."""
        known, wait = _blocking(request)
        if not known:
            return
        ends = self._clock.elapsed() + wait + self._rng.uniform(0, wait / JITTER)
        while reading.index() <= known and not await request.is_disconnected():
            left = ends - self._clock.elapsed()
            if left <= 0:
                return
            with self._raft.waiting(reading.keys) as changed:
                await self._wait(request, changed, left)

    async def _wait(self, request: Request, changed: asyncio.Event, seconds: float) -> None:
        """Until the change, the time, or the reader has gone away."""
        async with asyncio.TaskGroup() as tasks:
            leaving = tasks.create_task(_gone(request, changed))
            await self._clock.wait(changed, seconds)
            leaving.cancel()


async def _gone(request: Request, event: asyncio.Event) -> None:
    """A reader who hangs up frees its place: consoles come and go, waits last minutes."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
    event.set()


def _consistency(request: Request) -> str:
    asked = [each for each in ("stale", "consistent") if each in request.query_params]
    if len(asked) > 1:
        raise Malformed("Cannot specify ?stale with ?consistent, conflicting semantics.")
    return asked[0] if asked else "leader"


def _blocking(request: Request) -> tuple[int, float]:
    """Known index (0: do not block) and seconds to wait."""
    index = request.query_params.get("index", "0") or "0"
    if not index.isdigit():
        raise Malformed("Invalid index")
    text_of_wait = request.query_params.get("wait", "")
    wait = parse_duration(text_of_wait) if text_of_wait else DEFAULT_WAIT
    if wait is None:
        raise Malformed("Invalid wait time")
    return int(index), min(wait or DEFAULT_WAIT, LONGEST_WAIT)
