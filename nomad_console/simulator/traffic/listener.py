"""The front door's socket: just enough HTTP/1.1, kept alive, one request at a time a connection."""

import asyncio
import socket
from typing import Protocol

from nomad_console.simulator.traffic.front_door import Answer, Respond


class Door(Protocol):
    """Answers requests; FrontDoor does."""

    def request(self, service: str, respond: Respond) -> None: ...


HOST_SUFFIX = ".demo"
_PHRASES = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_LIMIT = 64 * 1024  # bytes of a head that does not end


def service_of(head: str) -> str:
    """`Host: web.demo` names the service, else the first part of the path does."""
    lines = head.split("\r\n")
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "host":
            host = value.strip().partition(":")[0].lower()
            if host.endswith(HOST_SUFFIX):
                return host.removesuffix(HOST_SUFFIX)
    parts = lines[0].split(" ")
    path = parts[1].partition("?")[0] if len(parts) > 1 else "/"
    return path.strip("/").partition("/")[0]


def _length(head: str) -> int:
    """Of a request's body, which is passed over: services answer whatever they are sent."""
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length" and value.strip().isdigit():
            return int(value)
    return 0


class _Connection(asyncio.Protocol):
    """Pipelined requests wait their turn; where an answer came from is in its X- headers."""

    def __init__(self, door: Door, open_: set[asyncio.Transport]) -> None:
        self._door = door
        self._open = open_
        self._buffer = b""
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — asyncio's signature
        if self._transport is not None:
            self._open.discard(self._transport)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next()

    def _next(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if self._busy or end < 0 or self._transport is None:
            if len(self._buffer) > _LIMIT and self._transport is not None:
                self._transport.abort()
            return
        head = self._buffer[:end].decode("latin-1")
        whole = end + 4 + _length(head)
        if len(self._buffer) < whole:
            return
        self._buffer = self._buffer[whole:]
        self._busy = True
        self._door.request(service_of(head), self._respond)

    def _respond(self, answer: Answer) -> None:
        self._busy = False
        if self._transport is None:
            return
        body = f"{answer.status} {answer.reason or 'ok'}\n".encode()
        head = (
            f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, 'Answer')}\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
            f"X-Reason: {answer.reason}\r\nX-Node: {answer.node}\r\n"
            f"X-Allocation: {answer.alloc_id}\r\n\r\n"
        )
        self._transport.write(head.encode("latin-1") + body)
        self._next()


class FrontListener:
    """Listens for the front door on one loopback port."""

    def __init__(self, door: Door, bound: socket.socket) -> None:
        self._door = door
        self._bound = bound
        self._open: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None
        self.address, self.port = bound.getsockname()

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def _connection(self) -> _Connection:
        return _Connection(self._door, self._open)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, sock=self._bound, backlog=512)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for transport in list(self._open):
            transport.abort()
