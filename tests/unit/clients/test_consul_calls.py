from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nomad_console.clients.consul_calls import ConsulCalls
from nomad_console.clients.errors import Misread, Refused
from nomad_console.clients.guard import consul_guard
from nomad_console.clients.http import Access
from nomad_console.settings.values import ConsulSettings, Secret
from tests.support.serving import served

HEADERS: list[dict[str, str]] = []


async def answer(request: Request) -> Response:
    HEADERS.append(dict(request.headers) | dict(request.query_params))
    match request.path_params["path"]:
        case "status/leader":
            return PlainTextResponse('"10.0.0.1:8300"')
        case "agent/self":
            return PlainTextResponse("ACL not found", 403)
        case _:
            return PlainTextResponse("{}")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(Starlette(routes=[Route("/v1/{path:path}", answer)])) as found:
        yield found


def calls(address: str, token: str = "", datacenter: str = "") -> ConsulCalls:
    settings = ConsulSettings(address=address, token=Secret(token), datacenter=datacenter)
    access = Access("consul", address, settings.token, "X-Consul-Token", settings.tls)
    return ConsulCalls(settings, access, consul_guard(read_only=True))


@pytest.mark.parametrize("token", ["ours", ""])
def test_settings_win_over_the_environment(
    address: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "CONSUL_HTTP_TOKEN": "another",
        "CONSUL_HTTP_ADDR": "127.0.0.1:1",
        "CONSUL_HTTP_SSL": "true",
        "CONSUL_HTTP_SSL_VERIFY": "false",
    }.items():
        monkeypatch.setenv(name, text)
    made = calls(address, token)
    assert made.leader() == "10.0.0.1:8300"
    with pytest.raises(Misread):
        made.node("c1")
    assert HEADERS[-1].get("x-consul-token", "") == token


def test_the_datacenter_is_said(address: str) -> None:
    with pytest.raises(Misread):  # no X-Consul-Index: not Consul
        calls(address, datacenter="dc2").node("c1")
    assert HEADERS[-1]["dc"] == "dc2"


def test_a_refusal_is_ours(address: str) -> None:
    with pytest.raises(Refused) as caught:
        calls(address).agent()
    assert caught.value.right == "agent:read"
