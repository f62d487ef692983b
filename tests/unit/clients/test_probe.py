import socket
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from nomad_console.clients.probe import Visitor
from tests.support.serving import served

SEEN: list[Request] = []


async def answer(request: Request) -> Response:
    SEEN.append(request)
    code = request.path_params["code"]
    return RedirectResponse("/200", code) if code == 302 else PlainTextResponse("", code)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(Starlette(routes=[Route("/{code:int}", answer)])) as found:
        yield found


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        (200, ""),
        (302, ""),
        (404, "404 Not Found"),
        (502, "502 Bad Gateway"),
        (503, "503 Service Unavailable"),
    ],
)
async def test_what_is_answered_below_400_is_well(address: str, code: int, wrong: str) -> None:
    visitor = Visitor()
    assert await visitor.get(f"{address}/{code}") == wrong
    assert SEEN[-1].path_params["code"] == code
    await visitor.close()


async def test_every_request_has_a_connection_of_its_own(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    visitor = Visitor()
    for _ in range(3):
        assert await visitor.get(f"{address}/200") == ""
    ports = {request.client.port for request in SEEN[-3:] if request.client}
    assert len(ports) == 3
    await visitor.close()


async def test_nobody_there_is_said() -> None:
    visitor = Visitor()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert await visitor.get(f"http://127.0.0.1:{port}/") == "All connection attempts failed"
    assert await visitor.get("not a url") != ""
    await visitor.close()


async def test_silence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nomad_console.clients.probe.READ_S", 0.05)
    visitor = Visitor()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wrong = await visitor.get(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert wrong == "no answer within 0.05 s"
    await visitor.close()
