"""A real Consul in development mode, where there is one on PATH."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@asynccontextmanager
async def real_consul() -> AsyncIterator[str]:
    """A fresh agent s1 on free loopback ports, settled; its address."""
    port = free_port()
    ports = ["server", "serf-lan", "serf-wan"]
    command = ["consul", "agent", "-dev", "-bind=127.0.0.1", "-node=s1", "-dns-port=-1"]
    command += ["-grpc-port=-1", f"-http-port={port}"]
    command += [f"-{name}-port={free_port()}" for name in ports]
    silent = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=silent, stderr=silent)
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=f"{address}/v1/", timeout=10) as http:
            async with asyncio.timeout(20):
                await _until_settled(http)
        yield address
    finally:
        process.terminate()
        await process.wait()


async def _until_settled(http: httpx.AsyncClient) -> None:
    """Until the server leads and has told the catalog all of itself."""
    index = "0"
    while True:
        try:
            answer = await http.get(f"catalog/nodes?index={index}&wait=1s")
        except httpx.TransportError:
            continue
        if answer.status_code == httpx.codes.OK:
            if any(row["Meta"] for row in answer.json()):
                return
            index = answer.headers["X-Consul-Index"]
