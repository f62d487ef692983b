"""The world's HTTP listeners, inside one loop; each can be stopped and started on its port."""

import asyncio
import re
import socket
import ssl
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.tls import Secured

_KINDS = (  # what in a path names one thing among many
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), ":id"),
    (re.compile(r"^(/v1/(?:node|job|deployment|namespace|service|var))/[^/:]+"), r"\1/:id"),
    (re.compile(r"^(/v1/(?:catalog|health)/(?:node|service|checks|connect))/.+"), r"\1/:name"),
    (re.compile(r"^(/v1/kv)/.+"), r"\1/:key"),
    (re.compile(r"^(/edges)/[^/]+"), r"\1/:name"),
)
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


def bind(address: str, port: int = 0) -> socket.socket:
    """A bound socket, not yet listening; OSError where the address or port cannot be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    return listener


def kind(method: str, path: str) -> str:
    """`GET /v1/node/:id/drain`: the request without the names of what it asks for."""
    for pattern, replacement in _KINDS:
        path = pattern.sub(replacement, path)
    return f"{method} {path}"


@dataclass
class Requests:
    """What one listener was asked since it began."""

    counts: Counter[str] = field(default_factory=Counter)
    open: int = 0
    peak: int = 0
    sent: int = 0  # bytes of bodies, as on the wire

    def report(self) -> dict[str, object]:
        requests = dict(self.counts.most_common())
        return {"open": self.open, "peak": self.peak, "sent": self.sent, "requests": requests}


def counted(app: ASGIApp, requests: Requests) -> ASGIApp:
    """The application, with each request counted by its kind (AWS calls by their action)."""

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]

        async def tell(message: Message) -> None:
            requests.sent += len(message.get("body", b""))
            await send(message)

        if (method, path) != ("POST", "/"):
            requests.counts[kind(method, path)] += 1
            await app(scope, receive, tell)
            return

        async def read() -> Message:
            message = await receive()
            if found := _ACTION.search(message.get("body", b"")):
                requests.counts[found[1].decode()] += 1
            return message

        await app(scope, read, tell)

    return count


class Listener:
    """One application on one address. uvicorn's protocol without its server: no thread, no tick."""

    def __init__(
        self,
        name: str,
        app: ASGIApp,
        bound: socket.socket,
        protocol: type[H11Protocol] = H11Protocol,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.name = name
        self._tls = tls
        self.requests = Requests()
        self.address, self.port = bound.getsockname()
        self._bound: socket.socket | None = bound
        self._server: asyncio.Server | None = None
        self.state = ServerState()
        self._http = protocol
        self._app = counted(app, self.requests)
        self._config = uvicorn.Config(
            self._answer,
            http=protocol,
            ws="none",
            interface="asgi3",
            lifespan="off",
            access_log=False,
            log_level="error",
            timeout_keep_alive=300,
        )
        self._config.load()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.address}:{self.port}"

    @property
    def listening(self) -> bool:
        return self._server is not None

    def _protocol(self) -> asyncio.Protocol:
        requests = self.requests
        protocol = self._http(config=self._config, server_state=self.state, app_state={})
        requests.open = len(self.state.connections) + 1
        requests.peak = max(requests.peak, requests.open)
        return Secured(protocol, self._tls) if self._tls else protocol

    async def start(self) -> None:
        """Listen (again) where it was bound first; OSError where the port was lost meanwhile."""
        if self._server is None:
            bound = self._bound or bind(self.address, self.port)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._protocol, sock=bound, backlog=512)
            self._bound = None

    def stop(self) -> None:
        """Refuse from now on and cut every open connection, as a program that was killed."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._bound is not None:
            self._bound.close()
        for connection in list(self.state.connections):
            if (transport := getattr(connection, "transport", None)) is not None:
                transport.abort()
        for task in list(self.state.tasks):
            task.cancel()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request that `stop` cut ends without a word: nobody is there to hear it."""
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if self.listening:
                raise

    def report(self) -> dict[str, object]:
        self.requests.open = len(self.state.connections)
        self.requests.peak = max(self.requests.peak, self.requests.open)
        return {"url": self.url, "listening": self.listening, **self.requests.report()}


def keep_dates(listeners: list[Listener], timeline: Timeline) -> None:
    """Give every answer the Date header of its second, as uvicorn's own server would."""
    date = formatdate(timeline.now().timestamp(), usegmt=True).encode()
    for listener in listeners:
        listener.state.default_headers = [(b"date", date)]
    timeline.after(1.0, lambda: keep_dates(listeners, timeline))
