"""Reads over httpx: lists, blocking queries and streams, through the guard."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx
import msgspec

from nomad_console.clients import tls as transport_security
from nomad_console.clients.errors import HTML, ApiError, Misread, Unreachable, html, of_answer
from nomad_console.clients.guard import Guard
from nomad_console.settings.values import Secret, Tls

CONNECT_S = 3.0
READ_S = 10.0
STREAM_READ_S = 75.0  # Nomad beats every 30 s (nomad/event_endpoint.go)
_POOL_S = 30.0
HEAD = 100
LARGEST = 32 * 1024 * 1024  # of an answer, or a line of a stream, once decompressed
WHOLE = 64 * 1024 * 1024  # of a list, from a server without pages
_SAID = 10_000  # bytes of an error: more is shown to nobody
_DIGITS = 19
# httpx passes an alert of TLS 1.3 at the first read as what it is, an OSError.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


class Access(NamedTuple):
    """Where a backend is and how to come in: what httpx and requests share."""

    backend: str
    address: str
    token: Secret
    token_header: str
    tls: Tls

    def headers(self) -> dict[str, str]:
        return {self.token_header: self.secret()} if self.token else {}

    def secret(self) -> str:
        """The token; Unreachable, without it, where no header can carry it."""
        text = self.token.reveal()
        if not text.isascii() or not text.isprintable() or " " in text:
            said = "the token has blanks, line ends or characters that no header can carry"
            raise Unreachable(self.backend, "settings", None, said, hint="set the token anew")
        return text

    def safe(self, text: str) -> str:
        """The text without our token, should a server send it back."""
        return text.replace(self.token.reveal(), "***") if self.token else text

    def failed(self, endpoint: str, status: int, body: bytes) -> ApiError:
        """The error that an answer stands for; a server's word about its charset counts nothing."""
        text = self.safe(body[:_SAID].decode("utf-8", "replace"))
        return of_answer(self.backend, endpoint, status, text)


class Answer(msgspec.Struct, frozen=True):
    body: bytes
    index: int = 0
    next_token: str = ""
    filtered: bool = False  # Consul says that ACLs took rows out (since 1.11)


class GuardedTransport(httpx.AsyncBaseTransport):
    """Asks the guard, then sends."""

    def __init__(self, inner: httpx.AsyncBaseTransport, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._guard.check(request.method, request.url.raw_path.partition(b"?")[0].decode("ascii"))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class HttpReads:
    """GET only. Nothing is read from files and no socket opens before the first call."""

    def __init__(self, access: Access, guard: Guard, *, connections: int) -> None:
        self._access = access
        self._guard = guard
        self._connections = connections
        self._context: ssl.SSLContext | None = None
        self._pooled: httpx.AsyncClient | None = None
        self._streams: httpx.AsyncClient | None = None

    async def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        wait_s: float = 0.0,
        at: str = "",
        whole: bool = False,
    ) -> Answer:
        """One answer's body.

        `wait_s`: how long the server may hold it; `at`: another address; `whole`: a list that may
        come without pages.
        """
        if self._pooled is None:
            self._pooled = self._client(httpx.Limits(max_connections=self._connections))
        endpoint = f"GET {path}"
        read_s = READ_S + wait_s * 17 / 16  # a server adds up to a sixteenth
        timeout = httpx.Timeout(read_s, connect=CONNECT_S, pool=_POOL_S)
        url, extensions = self._url(path, at), self._extensions(at)
        asked = self._pooled.stream(
            "GET", url, params=params, timeout=timeout, extensions=extensions
        )
        try:
            async with asked as response:
                body = await self._body(endpoint, response, WHOLE if whole else LARGEST)
        except _FAILURES as error:
            raise self._unreachable(endpoint, error) from None
        return Answer(
            body,
            number(response.headers.get(f"X-{self._access.backend}-Index")),
            response.headers.get("X-Nomad-Nexttoken", ""),
            response.headers.get("X-Consul-Results-Filtered-By-Acls", "") == "true",
        )

    @asynccontextmanager
    async def stream(
        self, path: str, params: list[tuple[str, str | int | float | bool | None]]
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The raw bytes of an endless answer as they come."""
        if self._streams is None:
            self._streams = self._client(httpx.Limits(max_keepalive_connections=0))
        endpoint = f"GET {path}"
        try:
            async with self._streams.stream(
                "GET",
                self._url(path),
                params=params,
                timeout=httpx.Timeout(STREAM_READ_S, connect=CONNECT_S),
                headers={"Accept-Encoding": "identity"},
                extensions=self._extensions(),
            ) as response:
                if response.status_code != httpx.codes.OK:
                    await self._body(endpoint, response, LARGEST)
                yield response.aiter_raw()
        except _FAILURES as error:
            raise self._unreachable(endpoint, error) from None

    async def close(self) -> None:
        for client in (self._pooled, self._streams):
            if client is not None:
                await client.aclose()
        self._pooled = self._streams = None

    async def _body(self, endpoint: str, response: httpx.Response, largest: int) -> bytes:
        """The whole of a 200, of bounded size; everything else raises."""
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > largest:
                raise too_large(self._access, endpoint, largest)
            parts.append(part)
        body = b"".join(parts)
        if response.status_code != httpx.codes.OK:
            raise self._access.failed(endpoint, response.status_code, body)
        return body

    def _client(self, limits: httpx.Limits) -> httpx.AsyncClient:
        if self._context is None:
            access = self._access
            self._context = transport_security.context(access.backend, access.address, access.tls)
        inner = httpx.AsyncHTTPTransport(verify=self._context, limits=limits, trust_env=False)
        return httpx.AsyncClient(
            transport=GuardedTransport(inner, self._guard),
            headers=self._access.headers(),
            trust_env=False,
        )

    def _url(self, path: str, at: str = "") -> str:
        backend = self._access.backend
        root = transport_security.origin(backend, self._access.address)
        if at:
            root = transport_security.origin(backend, f"{root.partition('://')[0]}://{at}")
        return root + path

    def _extensions(self, at: str = "") -> dict[str, str]:
        name = self._access.tls.server_name
        if at and name.startswith("server."):  # Nomad's names: server.REGION.nomad, client.…
            name = f"client.{name.removeprefix('server.')}"
        return {"sni_hostname": name} if name else {}

    def _unreachable(self, endpoint: str, error: Exception) -> ApiError:
        return transport_security.unreachable(self._access.backend, endpoint, error)


def number(text: str | None) -> int:
    """The number of an index header; 0 where there is none, or none to speak of."""
    known = text and text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if text and known else 0


def too_large(access: Access, endpoint: str, largest: int) -> Misread:
    """The error of an answer that was given up: what was read of it is let go."""
    said = f"more than {largest} bytes from {transport_security.shown(access.address)}: not read on"
    hint = f"is this address really {access.backend.capitalize()}'s?"
    return Misread(access.backend, endpoint, None, said, hint=hint)


def misread(backend: str, endpoint: str, error: Exception, body: bytes = b"") -> Misread:
    hint = f"is this address really {backend.capitalize()}'s?"
    if html(body[:HEAD].decode("ascii", "replace")):
        return Misread(backend, endpoint, None, HTML, hint=hint)
    return Misread(backend, endpoint, None, f"an answer of another form: {error}", hint=hint)
