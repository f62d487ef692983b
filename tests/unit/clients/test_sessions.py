import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nomad_console.clients import sessions
from nomad_console.clients.errors import Misread, NotFound, ReadOnly, Unreachable
from nomad_console.clients.guard import Guard
from nomad_console.clients.http import Access
from nomad_console.clients.sessions import GuardedSession
from nomad_console.clients.threads import Threads
from nomad_console.settings.values import Secret, Tls
from tests.support.serving import Listener, served

TOKEN = "5ec7e700-0000-0000-0000-000000000000"


async def echo(request: Request) -> Response:
    return PlainTextResponse(request.headers.get("authorization", "none"))


APP = Starlette(
    routes=[
        Route("/v1/echo", echo),
        Route("/v1/leak", lambda _: PlainTextResponse(f"no {TOKEN}", 500)),
        Route("/v1/moved", lambda _: Response(status_code=301, headers={"Location": "/v1/echo"})),
    ]
)


def session(tls: Tls | None = None) -> GuardedSession:
    access = Access("nomad", "http://x", Secret(TOKEN), "X-Nomad-Token", tls or Tls())
    guard = Guard("nomad", {"GET": ("[a-z]+",)}, {}, read_only=True)
    return GuardedSession(access, guard, connections=1)


async def called(url: str, method: str = "GET") -> requests.Response:
    threads = Threads(1)
    try:
        return await threads.call(session().request, method, url)
    finally:
        await threads.close()


async def test_an_answer_passes_and_errors_have_a_place_in_the_tree() -> None:
    with served(APP) as address:
        assert (await called(f"{address}/v1/echo")).text == "none"
        with pytest.raises(NotFound):
            await called(f"{address}/v1/nothing")
        with pytest.raises(Misread):
            await called(f"{address}/v1/moved")
        with pytest.raises(Unreachable) as caught:
            await called(f"{address}/v1/leak")
        assert TOKEN not in str(caught.value)


async def test_what_is_not_listed_opens_no_socket() -> None:
    listener = Listener()
    for method, path in (("POST", "/v1/echo"), ("GET", "/v2/echo"), ("DELETE", "/v1/echo")):
        with pytest.raises(ReadOnly):
            await called(listener.address + path, method)
    assert listener.connections() == 0
    listener.close()


async def test_nothing_of_the_machine_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login operator password hunter2")
    proxy = Listener()
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    with served(APP) as address:
        assert (await called(f"{address}/v1/echo")).text == "none"
    assert proxy.connections() == 0
    proxy.close()


async def test_silence_ends_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "READ_S", 0.05)
    listener = Listener()
    with pytest.raises(Unreachable, match="no answer in time"):
        await called(f"{listener.address}/v1/echo")
    listener.close()
    with pytest.raises(Unreachable, match="connection refused"):
        await called(f"{listener.address}/v1/echo")


async def test_an_answer_is_read_no_further_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "LARGEST", 3)
    with served(APP) as address, pytest.raises(Misread) as told:
        await called(f"{address}/v1/echo")
    assert "GET /v1/echo: more than 3 bytes from http://" in str(told.value)


def test_a_missing_file_fails_when_the_session_is_made() -> None:
    with pytest.raises(Unreachable, match=r"there is no file /nowhere/ca\.pem"):
        session(Tls(ca_file="/nowhere/ca.pem"))
