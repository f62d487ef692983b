"""ASGI apps on real loopback sockets, in a thread of their own."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn


@contextmanager
def served(app: Any, **options: Any) -> Iterator[str]:
    """Serve an app on a free port; uvicorn's options; gives `scheme://127.0.0.1:port`."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)  # connections wait here until the loop is up: nothing to poll for
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", **options)
        config.timeout_graceful_shutdown = 0
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        scheme = "https" if "ssl_certfile" in options else "http"
        try:
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.force_exit = True
            thread.join(timeout=5)


@contextmanager
def shaking_hands(certificate: str, key: str, ca: str) -> Iterator[str]:
    """TLS that asks for a client's certificate, says why it refuses one, and knows no HTTP."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:  # closed: the test is over
                    return
                threading.Thread(target=refuse, args=(connection,), daemon=True).start()

        def refuse(connection: socket.socket) -> None:
            connection.settimeout(5)
            with connection, suppress(OSError):
                wire, said = ssl.MemoryBIO(), ssl.MemoryBIO()
                shaken = context.wrap_bio(wire, said, server_side=True)
                while True:
                    try:
                        shaken.do_handshake()
                    except ssl.SSLWantReadError:
                        connection.sendall(said.read())
                        wire.write(connection.recv(65_536))
                    except ssl.SSLError:
                        break
                connection.sendall(said.read())
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)


class Listener:
    """A port that counts who connects, and never answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def connections(self) -> int:
        """How many connections have come since the last look."""
        count = 0
        while True:
            try:
                connection, _ = self._socket.accept()
            except BlockingIOError:
                return count
            connection.close()
            count += 1

    def close(self) -> None:
        self._socket.close()
