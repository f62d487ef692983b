"""Listeners that stop and start again on their port."""

import asyncio
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nomad_console.simulator.servers import Listener, bind, keep_dates, kind
from nomad_console.simulator.timeline import Timeline
from tests.support.manual_clock import ManualClock
from tests.support.stepping import step


async def _echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def _hang(_request: Request) -> Response:
    await asyncio.Event().wait()
    return Response()


def listener() -> Listener:
    app = Starlette(
        routes=[
            Route("/hang", _hang),
            Route("/{rest:path}", _echo, methods=["GET", "POST", "PUT"]),
        ]
    )
    return Listener("nomad", app, bind("127.0.0.1"))


async def test_stopped_it_refuses_and_cuts_and_starts_again_on_its_port(
    capfd: pytest.CaptureFixture[str],
) -> None:
    server = listener()
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=5) as client:
        assert (await client.post("/x", content=b"abc")).text == "abc"
        async with asyncio.TaskGroup() as tasks:
            hanging = tasks.create_task(_failure(client, "/hang"))
            while not server.requests.counts["GET /hang"]:
                await asyncio.wait([hanging], timeout=0.01)
            server.stop()
            assert isinstance(await hanging, httpx.RemoteProtocolError | httpx.ReadError)
        assert isinstance(await _failure(client, "/x"), httpx.ConnectError)
        await server.start()
        assert (await client.post("/x", content=b"again")).text == "again"
    server.stop()
    assert not capfd.readouterr().err


async def _failure(client: httpx.AsyncClient, path: str) -> httpx.HTTPError:
    with pytest.raises(httpx.HTTPError) as caught:
        await client.get(path)
    return caught.value


async def test_requests_are_counted_by_kind_and_aws_calls_by_action() -> None:
    server = listener()
    await server.start()
    async with httpx.AsyncClient(base_url=server.url) as client:
        for name in ("web", "api"):
            await client.get(f"/v1/job/{name}/allocations")
        await client.post("/", content=b"Version=2015-12-01&Action=DescribeTargetHealth")
    report = server.report()
    server.stop()
    assert report["requests"] == {"GET /v1/job/:id/allocations": 2, "DescribeTargetHealth": 1}
    assert report["peak"] == 1
    assert report["sent"] == len("Version=2015-12-01&Action=DescribeTargetHealth")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/node/4d0b1e2c-0000-1111-2222-333344445555/drain", "GET /v1/node/:id/drain"),
        ("/v1/allocation/4d0b1e2c-0000-1111-2222-333344445555", "GET /v1/allocation/:id"),
        ("/v1/health/node/c1", "GET /v1/health/node/:name"),
        ("/v1/kv/nomad-console/global/run", "GET /v1/kv/:key"),
        ("/edges/c1/ping", "GET /edges/:name/ping"),
        ("/v1/nodes", "GET /v1/nodes"),
    ],
)
def test_kinds_have_no_names(path: str, expected: str) -> None:
    assert kind("GET", path) == expected


def test_a_taken_port_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            bind("127.0.0.1", taken.getsockname()[1])


def test_the_date_follows_the_clock() -> None:
    clock = ManualClock()
    timeline = Timeline(clock)
    server = listener()
    keep_dates([server], timeline)
    assert server.state.default_headers == [(b"date", b"Sun, 22 Nov 2026 22:00:00 GMT")]
    step(clock, timeline, 2.0)
    assert server.state.default_headers == [(b"date", b"Sun, 22 Nov 2026 22:00:02 GMT")]
    server.stop()
