from collections import Counter

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nomad_console.clients.errors import Misread, Refused
from nomad_console.domain.backend import Lack
from nomad_console.domain.service import ServiceSummary
from tests.support.backends import consul_at
from tests.support.recorded import recorded_body
from tests.support.serving import served


def check(node: str, service: str, number: int) -> dict[str, str]:
    instance = f"{service}-{number}" if service else ""
    said = {"Node": node, "CheckID": f"c{number}", "Status": "passing"}
    return said | {"ServiceID": instance, "ServiceName": service}


CHECKS = [
    check("c1", "", 0),
    check("c2", "web", 2),
    check("c1", "web", 1),
    {**check("c1", "web", 1), "CheckID": "another of the same"},
    check("c1", "web", 3),
]
PLACES = {"consul": [{"Node": "s1"}, {"Node": "s2"}], "api/v2": [{"Node": "c9"}]}


class Server:
    """Consul behind a proxy that passes the catalog and nothing internal."""

    def __init__(self, status: int, catalog: int = 200) -> None:
        self.status, self.catalog = status, catalog
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._answer)])

    async def _answer(self, request: Request) -> Response:
        path = request.path_params["path"].removeprefix("v1/")
        self.asked.append((path, dict(request.query_params)))
        headers = {"X-Consul-Index": "9"}
        if path == "internal/ui/services":
            return Response("not for you", self.status)
        if path == "catalog/services":
            names = {"web": ["a"], "consul": None, "api/v2": []}
            return JSONResponse(names, self.catalog, headers)
        if path == "health/state/any":
            return JSONResponse(CHECKS, headers=headers)
        return JSONResponse(PLACES[path.removeprefix("catalog/service/")], headers=headers)


@pytest.mark.parametrize("status", [403, 404, 405])
async def test_catalog_and_checks_make_the_overview(status: int) -> None:
    server = Server(status)
    with served(server.app) as address:
        async with consul_at(address) as consul:
            found = await consul.services(index=4, wait_s=2.0)
            assert found.index == 9
            assert found.rows == (
                ServiceSummary("api/v2", 1, ("c9",), ()),
                ServiceSummary("consul", 2, ("s1", "s2"), ()),
                ServiceSummary("web", 3, ("c1", "c1", "c2"), ("a",)),
            )
            assert consul.lacks.found == {Lack.OVERVIEW}
            await consul.services(index=9, wait_s=2.0)
    asked = Counter(path for path, _ in server.asked)
    assert asked["internal/ui/services"] == 1
    assert asked["catalog/services"] == 2
    assert ("catalog/services", {"index": "9", "wait": "2000ms"}) in server.asked


async def test_who_may_not_read_the_catalog_either_is_refused() -> None:
    with served(Server(403, catalog=403).app) as address:
        async with consul_at(address) as consul:
            with pytest.raises(Refused, match="not for you"):
                await consul.services()
            assert consul.lacks.found == frozenset()


async def test_a_catalog_that_is_none_is_misread() -> None:
    app = Starlette(
        routes=[Route("/v1/catalog/services", lambda _: Response("[]")), Route("/{p:path}", gone)]
    )
    with served(app) as address:
        async with consul_at(address) as consul:
            consul.lacks.add(Lack.OVERVIEW)
            with pytest.raises(Misread):
                await consul.services()


async def gone(_: Request) -> Response:
    return Response("", 404)


def test_the_recorded_overview_names_a_machine_for_each_instance() -> None:
    for row in recorded_body("consul/internal-ui-services.json"):
        assert len(row["Nodes"]) == row["InstanceCount"]
