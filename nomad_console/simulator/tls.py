"""TLS on a listener, refusing as Go's servers do: in the clear, or with an alert after the fact."""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HANDSHAKE = 0x16  # the first byte of a TLS record that opens a connection
_NAMES = ("ca", *("server", "server-key", "agent", "agent-key", "client", "client-key"))
_PLAIN = b"Client sent an HTTP request to an HTTPS server.\n"
IN_THE_CLEAR = b"HTTP/1.0 400 Bad Request\r\n\r\n" + _PLAIN  # net/http/server.go


@dataclass(frozen=True)
class Certificates:
    """A folder of PEM files: ca, and NAME with NAME-key for server, agent and client."""

    folder: Path

    def path(self, name: str) -> str:
        return str(self.folder / f"{name}.pem")

    def missing(self) -> list[str]:
        """Names of the files that are not in the folder."""
        return [f"{name}.pem" for name in _NAMES if not Path(self.path(name)).is_file()]

    def context(self, name: str) -> ssl.SSLContext:
        """A server's, which asks for a certificate of the same CA."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.path(name), self.path(f"{name}-key"))
        made.load_verify_locations(self.path("ca"))
        made.verify_mode = ssl.CERT_REQUIRED
        return made

    def environment(self) -> dict[str, str]:
        """What a client needs besides addresses; names, as addresses are in no certificate."""
        found: dict[str, str] = {}
        for backend in ("NOMAD", "CONSUL"):
            found[f"{backend}_CACERT"] = self.path("ca")
            found[f"{backend}_CLIENT_CERT"] = self.path("client")
            found[f"{backend}_CLIENT_KEY"] = self.path("client-key")
            found[f"{backend}_TLS_SERVER_NAME"] = "server.global.nomad"
        return found


class Secured(asyncio.Protocol):
    """Between the wire and an HTTP protocol; an alert is sent before a refused wire is closed."""

    def __init__(self, inner: asyncio.Protocol, context: ssl.SSLContext) -> None:
        self._inner = inner
        self._read, self._write = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._read, self._write, server_side=True)
        self._wire: asyncio.Transport | None = None
        self._first = True
        self._shaken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 — a stream's
        self._wire = transport

    def data_received(self, data: bytes) -> None:
        wire = self._wire
        if wire is None or wire.is_closing():
            return
        if self._first and data[0] != _HANDSHAKE:
            wire.write(IN_THE_CLEAR)
            wire.close()
            return
        self._first = False
        self._read.write(data)
        try:
            self._shake(wire)
            if self._shaken:
                self._pass_on(wire)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._flush(wire)
            wire.close()
        else:
            self._flush(wire)
            return
        self._flush(wire)

    def _shake(self, wire: asyncio.Transport) -> None:
        if self._shaken:
            return
        self._tls.do_handshake()
        self._shaken = True
        self._flush(wire)
        self._inner.connection_made(SecureTransport(self, wire))

    def _pass_on(self, wire: asyncio.Transport) -> None:
        while data := self._tls.read(65_536):
            self._inner.data_received(data)
        wire.close()  # the other side has said goodbye

    def send(self, data: bytes) -> None:
        if self._wire is not None and not self._wire.is_closing():
            self._tls.write(data)
            self._flush(self._wire)

    def _flush(self, wire: asyncio.Transport) -> None:
        if self._write.pending and not wire.is_closing():
            wire.write(self._write.read())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._shaken:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        if self._shaken:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._shaken:
            self._inner.resume_writing()


class SecureTransport(asyncio.Transport):
    """What the HTTP protocol writes to."""

    def __init__(self, secured: Secured, wire: asyncio.Transport) -> None:
        super().__init__()
        self._secured = secured
        self._wire = wire

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return True if name == "sslcontext" else self._wire.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._secured.send(bytes(data))

    def close(self) -> None:
        self._wire.close()

    def abort(self) -> None:
        self._wire.abort()

    def is_closing(self) -> bool:
        return self._wire.is_closing()

    def pause_reading(self) -> None:
        self._wire.pause_reading()

    def resume_reading(self) -> None:
        self._wire.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._wire.set_write_buffer_limits(high, low)
