"""Answers that no API gives: bent bodies, and raw bytes on a loopback socket."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Any

TOKEN = "5ec7e700-dead-beef-0000-0123456789ab"
RUDE = "\x1b[2Jgone\u202e\u200b\x07" + "z" * 2_000_000
HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>"
OTHERS: tuple[Any, ...] = ("text", 7, -1, 1.5, True, [1], {"x": 1}, "", [], {})
NUMBERS = (
    "1" + "0" * 400,
    "1" + "0" * 5_000,
    "9223372036854775808",
    "18446744073709551616",
    "-9223372036854775809",
    "1e400",
    "NaN",
    "Infinity",
    "-0",
    "-1",
    "01",
    "0x7",
    "1_0",
)

INDEX = "X-Consul-Index: 7"  # no key is read without it

Step = str | int
Path = tuple[Step, ...]


def leaves(value: Any, at: Path = ()) -> Iterator[Path]:
    """Where scalars and empty containers are, one for each shape of path."""
    seen = set[Path]()
    for path in _leaves(value, at):
        shape = tuple("*" if isinstance(step, int) else step for step in path)
        if shape not in seen:
            seen.add(shape)
            yield path


def replaced(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value in that place."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, list):
        return [replaced(v, tuple(rest), new) if i == step else v for i, v in enumerate(value)]
    return {k: replaced(v, tuple(rest), new) if k == step else v for k, v in value.items()}


def leaf(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def as_json(value: Any) -> bytes:
    """JSON as Python writes it, NaN and lone surrogates too."""
    return json.dumps(value).encode()


def answer(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """A whole HTTP/1.1 answer; `length` is what Content-Length says."""
    said = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {said}", "Connection: close", INDEX, *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunked(body: bytes, *, end: bytes = b"0\r\n\r\n") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n{INDEX}\r\n\r\n"
    return head.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n" + end


def bomb(size: int) -> bytes:
    return answer(gzip.compress(bytes(size), 9), "200 OK", "Content-Encoding: gzip")


# Of a good body: what no method may take for an answer.
TRANSPORT: dict[str, Callable[[bytes], bytes]] = {
    "length-too-long": lambda body: answer(body, length=len(body) + 7),
    "length-too-short": lambda body: answer(body, length=len(body) - 1),
    "length-nonsense": lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + body,
    "length-twice": lambda body: answer(body, "200 OK", "Content-Length: 3"),
    "chunk-cut": lambda body: chunked(body)[: -len(body) // 2 - 7],
    "chunk-without-end": lambda body: chunked(body, end=b""),
    "chunk-size-nonsense": lambda body: chunked(body, end=b"zz\r\n"),
    "gzip-that-is-none": lambda body: answer(body, "200 OK", "Content-Encoding: gzip"),
    "gzip-cut": lambda body: answer(
        gzip.compress(body)[: -len(gzip.compress(body)) // 2], "200 OK", "Content-Encoding: gzip"
    ),
    "gzip-unsaid": lambda body: answer(gzip.compress(body)),
    "gzip-bomb": lambda _: bomb(8_000_000),
    "endless-line": lambda _: answer(b"x" * 4_000_000),
    "no-http": lambda _: b"SSH-2.0-OpenSSH_9.6\r\n",
    "no-status": lambda _: b"HTTP/1.1\r\n\r\n",
    "long-header": lambda body: answer(body, "200 OK", f"X-Long: {'z' * 300_000}"),
    "closed": lambda _: b"",
    "html-200": lambda _: answer(HTML),
    "html-502": lambda _: answer(HTML, "502 Bad Gateway"),
    "html-503": lambda _: answer(HTML, "503 Service Unavailable"),
    "portal": lambda _: answer(HTML, "302 Found", "Location: http://portal.invalid/login"),
    "redirect-nowhere": lambda _: answer(b"", "302 Found", "Location: http://[::1"),
    "redirect-nonsense": lambda _: answer(b"", "301 Moved", "Location: \xff\xfe"),
    "nothing-204": lambda _: b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "nothing-200": lambda _: answer(b""),
    "blank": lambda _: answer(b" \n"),
    "rude-500": lambda _: answer(RUDE.encode(), "500 Internal Server Error"),
    "rude-400": lambda _: answer(RUDE.encode(), "400 Bad Request"),
    "token-500": lambda _: answer(f"bad token {TOKEN}".encode(), "500 Internal Server Error"),
    "token-200": lambda _: answer(f"bad token {TOKEN}".encode()),
    "charset-idna": lambda _: answer(
        b"\xff\xfe", "500 Internal Server Error", "Content-Type: text/plain; charset=idna"
    ),
    "charset-hex": lambda _: answer(
        b"zz", "500 Internal Server Error", "Content-Type: text/plain; charset=hex"
    ),
    "charset-undefined": lambda _: answer(
        b"zz", "403 Forbidden", "Content-Type: text/plain; charset=undefined"
    ),
}
JSON: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda body: answer(body[: len(body) // 2]),
    "doubled": lambda body: answer(body + body),
    "utf-16": lambda body: answer(body.decode().encode("utf-16")),
    "byte-order-mark": lambda body: answer(b"\xef\xbb\xbf" + body),
    "not-utf-8": lambda _: answer(b'["\xff"]'),
    "lone-surrogate": lambda _: answer(b'["\\ud800"]'),
    "nested-lists": lambda _: answer(b"[" * 100_000),
    "nested-objects": lambda _: answer(b'{"a":' * 100_000),
    "nested-unread": lambda _: answer(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "number": lambda _: answer(b"7"),
    "long-number": lambda _: answer(b"1" + b"0" * 5_000),
    "not-a-number": lambda _: answer(b"NaN"),
    "infinity": lambda _: answer(b"[-Infinity]"),
    "empty-object": lambda _: answer(b"{}"),
    "another-object": lambda _: answer(b'{"x":1}'),
    "another-list": lambda _: answer(b"[1]"),
    "list-of-null": lambda _: answer(b"[null]"),
    "list-of-nobody": lambda _: answer(b"[{}]"),
}
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
XML: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda body: answer(body[: len(body) // 2]),
    "doubled": lambda body: answer(body + body),
    "another-root": lambda _: answer(b"<Response><Result/></Response>"),
    "xhtml": lambda _: answer(b"<html><head/><body><p>Sign in</p></body></html>"),
    "json": lambda _: answer(b'{"message":"no"}'),
    "null": lambda _: answer(b"null"),
    "no-utf-8": lambda _: answer(b"<Response>\xff\xfe</Response>"),
    "billion-laughs": lambda _: answer(
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]><x>&l9;</x>'.encode()
    ),
    "external-entity": lambda _: answer(
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    ),
    "nested": lambda _: answer(b"<a>" * 100_000),
    "error-without-code": lambda _: answer(b"<ErrorResponse/>", "400 Bad Request"),
    "error-of-another": lambda _: answer(b'{"x":1}', "400 Bad Request"),
}


STREAM = "/v1/event/stream"


class HostileServer:
    """Answers every request with `raw` and closes; where that is empty, as `good` says by path.

    An event stream that is good beats once and is held until `bend`.
    """

    def __init__(self) -> None:
        self.raw = b""
        self.good: dict[str, bytes] = {}
        self._bent = asyncio.Event()

    def bend(self, raw: bytes) -> None:
        self.raw = raw
        self._bent.set()
        self._bent = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):  # the client may hang up on us
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").lower().split("\r\n")
            length = next((line for line in lines if line.startswith("content-length:")), ":0")
            await reader.readexactly(int(length.partition(":")[2]))
            path = head.decode("latin-1").split(" ")[1].partition("?")[0]
            writer.write(self.raw or self.good.get(path, b""))
            await writer.drain()
            if path == STREAM and self.good and not self.raw:
                await self._bent.wait()
        writer.close()


@asynccontextmanager
async def hostile_server() -> AsyncIterator[tuple[str, HostileServer]]:
    server = HostileServer()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", server


def _leaves(value: Any, at: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*at, name))
    elif isinstance(value, list) and value:
        for place, inner in enumerate(islice(value, 3)):
            yield from _leaves(inner, (*at, place))
    else:
        yield at
