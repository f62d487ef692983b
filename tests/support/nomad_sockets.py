"""One agent of a lab on a real socket, in the loop of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import uvicorn
from uvicorn.server import ServerState

from nomad_console.simulator.nomad_api.connections import ClientConnections, limited
from nomad_console.simulator.nomad_api.routes import nomad_app
from nomad_console.simulator.nomad_api.view import View

PATIENCE = 5.0  # seconds for what must come


class Viewed(Protocol):
    view: View


class Wire:
    """One connection, read as bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def ask(self, path: str, headers: str = "") -> None:
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: nomad\r\n{headers}\r\n".encode())

    async def line(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readline()

    async def head(self) -> list[str]:
        """The status line and the headers, in small letters."""
        async with asyncio.timeout(PATIENCE):
            text = await self._reader.readuntil(b"\r\n\r\n")
        return text.decode().lower().split("\r\n")[:-2]

    async def rest(self) -> bytes:
        """Until the other side closes."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.read()

    async def part(self) -> bytes:
        """What has come since the last look, as soon as there is any; nothing at the end."""
        return await self._reader.read(65_536)

    async def body(self, length: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readexactly(length)

    async def silent(self) -> bool:
        """Whether nothing comes although everything that can run has run."""
        try:
            async with asyncio.timeout(0.05):
                await self._reader.read(1)
        except TimeoutError:
            return True
        return False

    async def close(self) -> None:
        self._writer.close()


class Socket:
    """Where the agent listens."""

    def __init__(self, port: int, connections: ClientConnections) -> None:
        self.port = port
        self.connections = connections
        self._wires: list[Wire] = []

    async def connect(self) -> Wire:
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port))
        self._wires.append(wire)
        return wire

    async def get(self, path: str, headers: str = "") -> Wire:
        wire = await self.connect()
        wire.ask(path, headers)
        return wire

    async def close(self) -> None:
        for wire in self._wires:
            await wire.close()


@asynccontextmanager
async def on_socket(lab: Viewed, agent: str = "", limit: int = 100) -> AsyncIterator[Socket]:
    """The agent's API while the block lasts."""
    connections = ClientConnections(limit)
    protocol = limited(connections)
    config = uvicorn.Config(
        nomad_app(lab.view, agent), http=protocol, ws="none", lifespan="off", log_level="critical"
    )
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    socket = Socket(server.sockets[0].getsockname()[1], connections)
    try:
        yield socket
    finally:
        await socket.close()
        server.close()
        tasks = list(state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
