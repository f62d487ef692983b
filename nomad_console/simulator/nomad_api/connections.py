"""Connections as a Nomad agent treats them: a limit for each address, streams cut by closing."""

from asyncio import Transport
from collections import Counter
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_PER_CLIENT = 100  # limits.http_max_conns_per_client
STREAM_PATH = "/v1/event/stream"
_TOO_MANY = b"Your IP is issuing too many concurrent connections, please rate limit your calls"
_REFUSAL = (
    b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%b" % (len(_TOO_MANY) + 1, _TOO_MANY + b"\n")
)


class ClientConnections:
    """Open connections by client address, event streams not counted."""

    def __init__(self, limit: int = MAX_PER_CLIENT) -> None:
        self.limit = limit
        self.open: Counter[str] = Counter()


def limited(connections: ClientConnections) -> type[H11Protocol]:
    """A protocol for uvicorn's `http` setting that keeps this limit."""

    class LimitedProtocol(H11Protocol):
        """Nomad's HTTP server on one connection."""

        counted_for: str | None = None

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
            address = str(transport.get_extra_info("peername")[0])
            if connections.open[address] >= connections.limit:
                transport.write(_REFUSAL)
                transport.abort()
                return
            connections.open[address] += 1
            self.counted_for = address
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            if self.counted_for is not None:
                self._release()
                super().connection_lost(exc)

        def handle_events(self) -> None:
            super().handle_events()
            scope: Any = self.scope
            if self.counted_for and scope and scope["path"] == STREAM_PATH:
                # as to HTTP/1.0: the body ends with the connection, without chunks
                self.conn.their_http_version = b"1.0"
                self._release()

        def _release(self) -> None:
            if self.counted_for:
                connections.open[self.counted_for] -= 1
                self.counted_for = ""

    return LimitedProtocol
