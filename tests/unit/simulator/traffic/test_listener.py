"""Just enough HTTP: whose request it is, keep-alive, pipelining."""

import asyncio

import pytest

from nomad_console.simulator.servers import bind
from nomad_console.simulator.traffic.front_door import Answer, Respond
from nomad_console.simulator.traffic.listener import FrontListener, service_of


class Door:
    """Remembers who was asked for; answers 200."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def request(self, service: str, respond: Respond) -> None:
        self.asked.append(service)
        respond(Answer(200, "", "c1", "a-1"))


@pytest.mark.parametrize(
    ("head", "service"),
    [
        ("GET /web HTTP/1.1\r\nHost: 127.0.0.1:8080", "web"),
        ("GET /web/deep?x=1 HTTP/1.1\r\nHost: localhost", "web"),
        ("GET / HTTP/1.1\r\nhost: Api.demo:80", "api"),
        ("GET /web HTTP/1.1\r\nHost: api.demo", "api"),
        ("nonsense", ""),
    ],
)
def test_host_first_then_path(head: str, service: str) -> None:
    assert service_of(head) == service


async def test_requests_on_one_connection_are_answered_in_turn() -> None:
    door = Door()
    listener = FrontListener(door, bind("127.0.0.1"))
    await listener.start()
    reader, writer = await asyncio.open_connection(listener.address, listener.port)
    writer.write(
        b"POST /web HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /api HTTP/1.1\r\n\r\nGET /sol"
    )
    writer.write(b"o HTTP/1.1\r\n\r\n")
    for _ in range(3):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"X-Node: c1\r\n" in head
        assert await reader.readuntil(b"\n") == b"200 ok\n"
    assert door.asked == ["web", "api", "solo"]
    listener.stop()
    assert await reader.read() == b""
    writer.close()


async def test_an_endless_head_is_cut() -> None:
    listener = FrontListener(Door(), bind("127.0.0.1"))
    await listener.start()
    reader, writer = await asyncio.open_connection(listener.address, listener.port)
    writer.write(b"x" * 100_000)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
    listener.stop()
