"""Lists of servers that do not take every parameter: what comes is right all the same."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nomad_console.clients.errors import ApiError, Refused, Unreachable
from nomad_console.clients.nomad import Nomad
from nomad_console.domain.backend import Lack
from tests.support.backends import nomad_at
from tests.support.serving import served

NODES = ("11111111-0000-0000-0000-000000000001", "22222222-0000-0000-0000-000000000002")
Rows = list[dict[str, Any]]


class Server:
    """Two namespaces; what it does not do is taken away piece by piece."""

    def __init__(self) -> None:
        self.address = ""
        self.reset()
        self.app = Starlette(
            routes=[
                Route("/v1/namespaces", self._namespaces),
                Route("/v1/nodes", self._nodes),
                Route("/v1/node/{id}/allocations", self._of_node),
                Route("/v1/{what}", self._list),
            ]
        )

    def reset(self) -> None:
        self.filters = self.pages = True
        self.wildcard: Response | None = None
        self.named = True
        self.asked: list[str] = []
        self.node_keys: dict[str, Any] = {
            "SchedulingEligibility": "eligible",
            "LastDrain": None,
            "NodePool": "default",
        }
        self.rows: dict[str, Rows] = {
            "allocations": [
                self._row(f"a{n}", ("apps", "web")[n % 2], NodeID=NODES[n // 3]) for n in range(6)
            ],
            "deployments": [self._row("d1", "web"), self._row("d2", "apps")],
            "evaluations": [
                self._row("e1", "web", Status="blocked"),
                self._row("e2", "web", Status="complete"),
            ],
            "jobs": [self._row("j1", "web")],
        }

    def _row(self, key: str, namespace: str, **fields: object) -> dict[str, Any]:
        said = {"DeploymentStatus": None, "AllocatedResources": None}
        return {"ID": key, "Namespace": namespace, **said, **fields}

    async def _namespaces(self, _: Request) -> Response:
        self.asked.append("namespaces")
        if not self.named:
            return Response("Nomad Enterprise only endpoint", 501)
        return JSONResponse([{"Name": "web"}, {"Name": "apps"}, {"Name": "empty"}])

    async def _nodes(self, request: Request) -> Response:
        rows: Rows = [{"ID": node, **self.node_keys} for node in NODES]
        return self._paged(request, rows)

    async def _of_node(self, request: Request) -> Response:
        node = request.path_params["id"]
        self.asked.append(f"node {node}")
        rows = [row for row in self.rows["allocations"] if row["NodeID"] == node]
        jobs: Rows = [{**row, "Job": {"Type": "service", "Version": 3}} for row in rows]
        return JSONResponse(jobs, headers={"X-Nomad-Index": "70"})

    async def _list(self, request: Request) -> Response:
        what, query = request.path_params["what"], request.query_params
        namespace = query.get("namespace", "default")
        self.asked.append(f"{what} {namespace}")
        if namespace == "*" and self.wildcard is not None:
            return self.wildcard
        rows = [row for row in self.rows[what] if namespace in {"*", row["Namespace"]}]
        if self.filters and "filter" in query:
            field, _, text = query["filter"].partition(" == ")
            rows = [row for row in rows if row[field] == text.strip('"')]
        return self._paged(request, rows)

    def _paged(self, request: Request, rows: Rows) -> Response:
        headers = {"X-Nomad-Index": "70"}
        start = int(request.query_params.get("next_token", "0"))
        if self.pages and "per_page" in request.query_params:
            end = start + int(request.query_params["per_page"])
            if end < len(rows):
                headers["X-Nomad-Nexttoken"] = str(end)
            rows = rows[start:end]
        return JSONResponse(rows, headers=headers)


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    server = Server()
    with served(server.app) as server.address:
        yield server


@pytest.fixture
def server(shared: Server) -> Server:
    shared.reset()
    return shared


async def all_of(nomad: Nomad, per_page: int) -> list[str]:
    page = await nomad.allocations(per_page=per_page)
    ids = [row.id for row in page.rows]
    while page.next_token:
        page = await nomad.allocations(per_page=per_page, next_token=page.next_token)
        ids += [row.id for row in page.rows]
    return ids


async def test_a_server_that_does_everything_lacks_nothing(server: Server) -> None:
    async with nomad_at(server.address) as nomad:
        assert await all_of(nomad, 2) == ["a0", "a1", "a2", "a3", "a4", "a5"]
        assert len((await nomad.nodes()).rows) == 2
        assert [one.id for one in (await nomad.blocked_evaluations()).rows] == ["e1"]
        assert len((await nomad.deployments()).rows) == 2
        found = await nomad.node_allocations(NODES[1])
        assert {row.node_id for row in found.rows} == {NODES[1]}
        assert nomad.lacks.found == frozenset()
        assert "namespaces" not in server.asked


async def test_pages_that_are_ignored_come_whole(server: Server) -> None:
    server.pages = False
    async with nomad_at(server.address) as nomad:
        assert len(await all_of(nomad, 2)) == 6
        assert nomad.lacks.found == {Lack.PAGES}


async def test_a_filter_that_is_ignored_never_shows_anothers_rows(server: Server) -> None:
    server.filters = False
    async with nomad_at(server.address) as nomad:
        for _ in range(2):
            found = await nomad.node_allocations(NODES[1])
            assert [row.id for row in found.rows] == ["a3", "a4", "a5"]
            assert found.rows[0].job_type == "service"
            assert found.index == 70
        assert [one.id for one in (await nomad.blocked_evaluations()).rows] == ["e1"]
        assert nomad.lacks.found == {Lack.FILTERS}
        assert server.asked.count("allocations *") == 1
        assert server.asked.count(f"node {NODES[1]}") == 2


async def test_evaluations_alone_show_that_nothing_is_filtered(server: Server) -> None:
    server.filters = False
    async with nomad_at(server.address) as nomad:
        assert len((await nomad.blocked_evaluations()).rows) == 1
        assert Lack.FILTERS in nomad.lacks
        assert len((await nomad.node_allocations(NODES[0])).rows) == 3
        assert "allocations *" not in server.asked


def refusing(status: int, text: str) -> Callable[[], Response]:
    return lambda: Response(text, status)


@pytest.mark.parametrize(
    "answer",
    [
        lambda: JSONResponse([], headers={"X-Nomad-Index": "70"}),
        refusing(400, 'invalid namespace "*"'),
        refusing(404, "namespace not found"),
        refusing(500, 'rpc error: nonexistent namespace "*"'),
    ],
)
async def test_without_a_wildcard_each_namespace_is_asked(
    server: Server, answer: Callable[[], Response]
) -> None:
    server.wildcard = answer()
    async with nomad_at(server.address) as nomad:
        assert sorted(await all_of(nomad, 2)) == ["a0", "a1", "a2", "a3", "a4", "a5"]
        assert [one.id for one in (await nomad.deployments()).rows] == ["d2", "d1"]
        assert [one.id for one in (await nomad.blocked_evaluations()).rows] == ["e1"]
        found = await nomad.node_allocations(NODES[0])
        assert sorted(row.id for row in found.rows) == ["a0", "a1", "a2"]
        assert nomad.lacks.found == {Lack.WILDCARD}
        assert server.asked.count("allocations *") == 1


async def test_empty_lists_prove_nothing_against_the_wildcard(server: Server) -> None:
    server.rows["deployments"] = []
    server.rows["evaluations"] = [server.rows["evaluations"][1]]
    async with nomad_at(server.address) as nomad:
        assert (await nomad.deployments()).rows == ()
        assert (await nomad.blocked_evaluations()).rows == ()
        assert nomad.lacks.found == frozenset()
        server.asked.clear()
        await nomad.blocked_evaluations()
        assert server.asked == ["evaluations *"]


async def test_an_error_about_something_else_is_that_error(server: Server) -> None:
    server.wildcard = Response("No cluster leader", 500)
    server.rows.clear()
    async with nomad_at(server.address) as nomad:
        with pytest.raises(Unreachable, match="No cluster leader"):
            await nomad.allocations()
        server.wildcard = Response("Permission denied", 403)
        with pytest.raises(Refused):
            await nomad.deployments()
        assert nomad.lacks.found == frozenset()


async def test_without_namespaces_there_is_the_default_one(server: Server) -> None:
    server.named = False
    server.wildcard = JSONResponse([])
    server.rows["allocations"] = [server._row("a1", "default", NodeID=NODES[0])]
    async with nomad_at(server.address) as nomad:
        assert await nomad.namespaces() == ("default",)
        assert await all_of(nomad, 2) == ["a1"]
        assert nomad.lacks.found == {Lack.NAMESPACES, Lack.WILDCARD}


async def test_rows_without_what_runs_rest_on_are_told(server: Server) -> None:
    server.node_keys = {"Status": "ready"}
    for row in server.rows["allocations"]:
        del row["DeploymentStatus"], row["AllocatedResources"]
    async with nomad_at(server.address) as nomad:
        (node, _) = (await nomad.nodes()).rows
        assert (node.eligibility, node.last_drain, node.pool) == ("", None, "")
        assert (await nomad.allocations()).rows[0].healthy is None
        assert nomad.lacks.found == {
            *(Lack.ELIGIBILITY, Lack.LAST_DRAIN, Lack.POOLS),
            *(Lack.VERDICTS, Lack.CLAIMS),
        }


async def test_a_server_that_refuses_filters_is_asked_without() -> None:
    class Picky(Server):
        async def _list(self, request: Request) -> Response:
            if "filter" in request.query_params:
                return Response("unknown parameter", 400)
            return await super()._list(request)

    picky = Picky()
    with served(picky.app) as address:
        async with nomad_at(address) as nomad:
            assert len((await nomad.allocations()).rows) == 6
            assert len((await nomad.node_allocations(NODES[0])).rows) == 3
            assert [one.id for one in (await nomad.blocked_evaluations()).rows] == ["e1"]
            assert nomad.lacks.found == {Lack.FILTERS}


async def test_an_error_of_one_namespace_is_an_error_of_the_list(server: Server) -> None:
    server.wildcard = JSONResponse([])
    async with nomad_at(server.address) as nomad:
        await nomad.deployments()
        server.rows.pop("deployments")
        with pytest.raises(ApiError):
            await nomad.deployments()
