from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from nomad_console.clients.errors import Refused
from tests.support.backends import consul_at
from tests.support.recorded import recorded_body
from tests.support.recorded_server import Recorded, recordings_served
from tests.support.serving import served

INDEX = {"X-Consul-Index": "9"}
FILTERED = INDEX | {"X-Consul-Results-Filtered-By-ACLs": "true"}


@pytest.fixture(scope="module")
def recorded() -> Iterator[tuple[str, Recorded]]:
    with recordings_served("consul") as found:
        yield found


async def test_every_read_of_what_was_recorded(recorded: tuple[str, Recorded]) -> None:
    address, server = recorded
    async with consul_at(address) as consul:
        services = await consul.services(index=17, wait_s=2.5)
        assert services.index == 465
        assert {service.name for service in services.rows} >= {"web", "edge"}
        assert server.requests[-1][2] == {"index": "17", "wait": "2500ms"}
        assert len((await consul.checks("any")).rows) == 9
        assert (await consul.checks("critical")).rows == ()
        health = await consul.node_health("c1")
        assert [instance.name for instance in health.instances] == ["nomad-client"]
        assert {check.id for check in health.checks} >= {"serfHealth"}
        assert (await consul.agent()).version == "1.8.7"
        assert (await consul.leader()).endswith(":8300")


def app(*, acls: bool, hidden: bool = False) -> Starlette:
    headers = FILTERED if hidden else INDEX
    own_token = (
        PlainTextResponse("ACL not found", 403)
        if acls
        else PlainTextResponse("ACL support disabled", 401)
    )
    return Starlette(
        routes=[
            Route("/v1/internal/ui/services", lambda _: JSONResponse([], headers=INDEX)),
            Route("/v1/health/state/critical", lambda _: JSONResponse([], headers=headers)),
            Route("/v1/catalog/node/{n}", lambda _: JSONResponse(None, headers=INDEX)),
            Route("/v1/health/node/{n}", lambda _: JSONResponse([], headers=INDEX)),
            Route("/v1/acl/token/self", lambda _: own_token),
        ]
    )


async def test_an_empty_list_that_hides_something_is_refused() -> None:
    with served(app(acls=True, hidden=True)) as address:
        async with consul_at(address) as consul:
            with pytest.raises(Refused) as caught:
                await consul.services()
            assert "hidden" in caught.value.text
            assert caught.value.right == "service:read and node:read"
            with pytest.raises(Refused):
                await consul.checks("critical")


async def test_an_empty_list_is_empty_where_there_are_no_acls() -> None:
    with served(app(acls=False)) as address:
        async with consul_at(address) as consul:
            assert (await consul.services()).rows == ()
            assert (await consul.checks("critical")).index == 9


async def test_a_machine_consul_does_not_know_has_nothing() -> None:
    with served(app(acls=False)) as address:
        async with consul_at(address) as consul:
            health = await consul.node_health("nobody")
    assert (health.node, health.instances, health.checks) == ("nobody", (), ())


async def test_our_own_token_as_recorded_and_nobodys() -> None:
    recorded = recorded_body("consul/acl/token-self-management.json")
    path = "/v1/acl/token/self"
    own = Starlette(routes=[Route(path, lambda _: JSONResponse(recorded))])
    with served(own) as address:
        async with consul_at(address) as consul:
            token = await consul.token()
    assert (token.management, token.policies) == (True, ("global-management",))
    with served(app(acls=True)) as address:
        async with consul_at(address) as consul:
            assert (await consul.token()).accessor == "anonymous"
        async with consul_at(address, token="x") as consul:
            with pytest.raises(Refused, match="ACL not found"):
                await consul.token()
    with served(app(acls=False)) as address:
        async with consul_at(address) as consul:
            assert (await consul.token()).management
