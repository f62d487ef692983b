import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from nomad_console.clients import http
from nomad_console.clients.errors import ApiError, Misread, NotFound, Unreachable
from nomad_console.clients.guard import Guard
from nomad_console.clients.http import Access, HttpReads, misread, number
from nomad_console.settings.values import Secret, Tls
from tests.support.serving import Listener, served

TOKEN = "5ec7e700-0000-0000-0000-000000000000"


class Backend:
    """Answers with what was asked, slowly on request, and remembers the headers."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.together = self.most = 0
        routes = [
            Route("/v1/echo", self.echo),
            Route("/v1/slow", self.slow),
            Route("/v1/leak", lambda _: PlainTextResponse(f"bad token {TOKEN}", 500)),
            Route(
                "/v1/moved", lambda _: Response(status_code=307, headers={"Location": "/v1/echo"})
            ),
            Route("/v1/cut", lambda _: StreamingResponse(self.cut())),
        ]
        self.app = Starlette(routes=routes)

    async def echo(self, request: Request) -> Response:
        self.headers = dict(request.headers)
        headers = {"X-Nomad-Index": "17", "X-Nomad-Nexttoken": "abc"}
        return PlainTextResponse(str(request.url.query), headers=headers)

    async def slow(self, _: Request) -> Response:
        self.together += 1
        self.most = max(self.most, self.together)
        await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.05)
        self.together -= 1
        return PlainTextResponse("done")

    async def cut(self) -> AsyncIterator[bytes]:
        yield b"first"
        raise ConnectionError("gone")


def reads(address: str, connections: int = 2) -> HttpReads:
    access = Access("nomad", address, Secret(TOKEN), "X-Nomad-Token", Tls())
    return HttpReads(
        access, Guard("nomad", {"GET": ("[a-z]+",)}, {}, read_only=True), connections=connections
    )


async def test_an_answer_has_body_index_and_next_token() -> None:
    backend = Backend()
    with served(backend.app) as address:
        client = reads(address)
        answer = await client.get("/v1/echo", {"filter": 'A == "b&c"'})
        assert (answer.index, answer.next_token) == (17, "abc")
        assert parse_qsl(answer.body.decode()) == [("filter", 'A == "b&c"')]
        assert backend.headers["x-nomad-token"] == TOKEN
        assert "gzip" in backend.headers["accept-encoding"]
        await client.close()


async def test_no_more_connections_than_pooled() -> None:
    backend = Backend()
    with served(backend.app) as address:
        client = reads(address, connections=2)
        await asyncio.gather(*(client.get("/v1/slow") for _ in range(6)))
        assert backend.most == 2
        await client.close()


async def test_errors_have_a_place_in_the_tree_and_no_token_in_their_text() -> None:
    with served(Backend().app) as address:
        client = reads(address)
        with pytest.raises(NotFound):
            await client.get("/v1/nothing")
        with pytest.raises(Misread):  # redirects are not followed
            await client.get("/v1/moved")
        with pytest.raises(Unreachable) as caught:
            await client.get("/v1/leak")
        assert TOKEN not in str(caught.value)
        assert "bad token ***" in caught.value.text
        with pytest.raises(ApiError):
            await client.stream("/v1/leak", []).__aenter__()
        await client.close()


async def test_a_stream_cut_off_is_unreachable() -> None:
    with served(Backend().app) as address:
        client = reads(address)
        got = list[bytes]()

        async def read() -> None:
            async with client.stream("/v1/cut", []) as chunks:
                async for chunk in chunks:
                    got.append(chunk)

        with pytest.raises(Unreachable):
            await read()
        assert got == [b"first"]
        await client.close()


async def test_silence_ends_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_S", 0.05)
    listener = Listener()
    client = reads(listener.address)
    with pytest.raises(Unreachable, match="no answer in time"):
        await client.get("/v1/echo")
    await client.close()
    listener.close()


async def test_the_environments_proxies_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Listener()
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    monkeypatch.setenv("ALL_PROXY", proxy.address)
    with served(Backend().app) as address:
        client = reads(address)
        assert (await client.get("/v1/echo")).index == 17
        await client.close()
    assert proxy.connections() == 0
    proxy.close()


async def test_closing_twice_and_going_on_after_closing() -> None:
    with served(Backend().app) as address:
        client = reads(address)
        await client.close()
        assert (await client.get("/v1/echo")).index == 17
        await client.close()
        await client.close()


def test_index_headers() -> None:
    assert [number(text) for text in ("12", "", None, "x", "-1", "²")] == [12, 0, 0, 0, 0, 0]


def test_misread_names_the_backend() -> None:
    assert "really Consul" in misread("consul", "GET /x", ValueError("no")).hint


@pytest.mark.parametrize("whole", [False, True])
async def test_an_answer_is_given_up_at_its_bound(
    monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    async def long() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    routes = [Route("/v1/nodes", lambda _: StreamingResponse(long()))]
    monkeypatch.setattr(http, "WHOLE" if whole else "LARGEST", 5_000)
    with served(Starlette(routes=routes)) as address:
        client = reads(address)
        with pytest.raises(Misread, match=f"GET /v1/nodes: more than 5000 bytes from {address}"):
            await client.get("/v1/nodes", whole=whole)
        await client.close()
