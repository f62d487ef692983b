import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from nomad_console.clients import nomad as module
from nomad_console.clients.errors import Misread, NotFound, Refused, Unreachable
from nomad_console.clients.nomad import Nomad
from nomad_console.clients.threads import Threads
from nomad_console.settings.values import NomadSettings
from tests.support.backends import nomad_at
from tests.support.recorded import recorded_body
from tests.support.recorded_server import Recorded, recordings_served
from tests.support.serving import served

NODE = recorded_body("nomad/node.json")["ID"]
ALLOCATION = recorded_body("nomad/allocation.json")["ID"]


@pytest.fixture(scope="module")
def recorded() -> Iterator[tuple[str, Recorded]]:
    with recordings_served("nomad", "drain-normal-events.ndjson") as found:
        yield found


async def test_every_read_of_what_was_recorded(recorded: tuple[str, Recorded]) -> None:
    address, server = recorded
    async with nomad_at(address) as nomad:
        nodes = await nomad.nodes()
        assert [node.name for node in nodes.rows] == ["c3", "c2", "c1", "c4"]
        assert nodes.index == 1026
        slim = await nomad.allocations()
        assert slim.rows[0].tasks is None
        assert server.requests[-1][2]["task_states"] == "false"
        full = await nomad.allocations(task_states=True)
        assert full.rows[0].tasks
        node, detail = await nomad.node(NODE)
        assert (node.id, detail.instance_id) == (NODE, "i-00000000000000001")
        assert (await nomad.allocation(ALLOCATION)).job_id == "web"
        assert {stub.id for stub in (await nomad.job_stubs()).rows} >= {"web", "edge"}
        assert (await nomad.job("default", "web")).group("web") is not None
        assert (await nomad.deployments()).rows[0].status == "successful"
        assert (await nomad.blocked_evaluations()).rows == ()
        assert await nomad.namespaces() == ("default",)
        assert (await nomad.agent()).server
        assert len(await nomad.servers()) == 3
        assert (await nomad.token()).management
        assert (await nomad.leader()).endswith(":4647")


async def test_blocking_queries_say_how_long(recorded: tuple[str, Recorded]) -> None:
    address, server = recorded
    async with nomad_at(address) as nomad:
        await nomad.nodes(index=17, wait_s=2.5)
        query = server.requests[-1][2]
        assert (query["index"], query["wait"]) == ("17", "2500ms")
        await nomad.nodes(index=17)
        assert "index" not in server.requests[-1][2]


async def test_what_does_not_exist(recorded: tuple[str, Recorded]) -> None:
    address, _ = recorded
    async with nomad_at(address) as nomad:
        with pytest.raises(NotFound):
            await nomad.node("00000000-0000-0000-0000-000000000000")
        with pytest.raises(NotFound):
            await nomad.job("default", "nothing")


class Pages:
    """Pages of two allocations, an agent elsewhere, and streams of every kind."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.address = ""
        routes = [
            Route("/v1/allocations", self.allocations),
            Route("/v1/node/{id}", self.node),
            Route("/v1/agent/self", self.agent),
            Route("/v1/nodes", lambda _: Response("<html>login</html>")),
            Route("/v1/deployments", lambda _: Response("null")),
            Route("/v1/event/stream", self.stream),
        ]
        self.app = Starlette(routes=routes)

    async def allocations(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.asked.append(query)
        start = int(query.get("next_token", "0"))
        rows = [{"ID": f"a{number}", "NodeID": NODE} for number in range(start, start + 2)]
        headers = {"X-Nomad-Index": str(50 + start)}
        if start < 4:
            headers["X-Nomad-Nexttoken"] = str(start + 2)
        return JSONResponse(rows, headers=headers)

    async def node(self, _: Request) -> Response:
        return JSONResponse({"ID": NODE, "HTTPAddr": self.address.removeprefix("http://")})

    async def agent(self, _: Request) -> Response:
        client = {"Enabled": True, "MaxKillTimeout": "1m30s"}
        return JSONResponse({"config": {"NodeName": "c1", "Client": client}})

    async def stream(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        if request.query_params["namespace"] == "bad":
            return Response("Invalid index", 400)
        return StreamingResponse(self.chunks(request.query_params["namespace"]))

    async def chunks(self, kind: str) -> AsyncIterator[bytes]:
        if kind == "closed":
            return
        if kind == "silent":
            await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=5)
        if kind == "cut":
            for byte in b'{}\n{"Index":7,"Eve':
                yield bytes([byte])
            yield b'nts":[{"Topic":"Node","Payload":{"Node":{"ID":"\xc3'
            await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.01)
            yield b'\xa4"}}}]}\n'


@pytest.fixture(scope="module")
def pages() -> Iterator[tuple[str, Pages]]:
    server = Pages()
    with served(server.app) as address:
        server.address = address
        yield address, server


async def test_a_nodes_allocations_are_all_pages(pages: tuple[str, Pages]) -> None:
    address, server = pages
    server.asked.clear()
    async with nomad_at(address) as nomad:
        found = await nomad.node_allocations(NODE)
    assert [row.id for row in found.rows] == [f"a{number}" for number in range(6)]
    assert (found.index, found.next_token) == (50, "")
    assert all(query["filter"] == f'NodeID == "{NODE}"' for query in server.asked)
    assert all("task_states" not in query for query in server.asked)


async def test_pages_are_walked_by_their_token(pages: tuple[str, Pages]) -> None:
    address, server = pages
    async with nomad_at(address) as nomad:
        first = await nomad.allocations(per_page=2)
        second = await nomad.allocations(per_page=2, next_token=first.next_token)
    assert (first.next_token, second.next_token) == ("2", "4")
    assert server.asked[-1]["per_page"] == "2"
    assert server.asked[-1]["namespace"] == "*"


async def test_another_program_is_misread_and_so_is_null(pages: tuple[str, Pages]) -> None:
    address, _ = pages
    async with nomad_at(address) as nomad:
        page = await nomad.nodes()
        with pytest.raises(Misread):
            _ = page.rows
        with pytest.raises(Misread, match="no list"):
            await nomad.deployments()
        assert not nomad.lacks.found


async def test_a_nodes_own_agent_is_asked_at_its_own_address(pages: tuple[str, Pages]) -> None:
    address, _ = pages
    async with nomad_at(address) as nomad:
        agent = await nomad.agent(NODE)
    assert (agent.name, agent.max_kill_timeout_s) == ("c1", 90.0)


async def test_events_come_whole_however_they_are_cut(pages: tuple[str, Pages]) -> None:
    address, server = pages
    async with nomad_at(address) as nomad:
        frames = nomad.events(["Node", "Allocation"], index=6, namespace="cut")
        assert (await anext(frames)).records == ()
        (record,) = (await anext(frames)).records
        assert isinstance(record, tuple)
        assert record[0].id == "ä"
        with pytest.raises(Unreachable, match="ended"):
            await anext(frames)
    assert server.asked[-1]["index"] == "6"


@pytest.mark.parametrize("kind", ["silent", "closed"])
async def test_a_stream_that_says_nothing_is_refused(
    kind: str, pages: tuple[str, Pages], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACCEPTED_S", 0.05)
    async with nomad_at(pages[0]) as nomad:
        with pytest.raises(Refused) as caught:
            await anext(nomad.events(["Node"], namespace=kind))
    assert "every namespace" in caught.value.right


async def test_a_bad_index_is_an_answer(pages: tuple[str, Pages]) -> None:
    async with nomad_at(pages[0]) as nomad:
        with pytest.raises(Exception, match="Invalid index"):
            await anext(nomad.events(["Node"], namespace="bad"))


async def test_a_reader_may_leave_a_stream(recorded: tuple[str, Recorded]) -> None:
    async with nomad_at(recorded[0]) as nomad, aclosing(nomad.events(["Node"])) as frames:
        async for _ in frames:
            break


async def test_lists_and_streams_are_asked_for_in_the_region(pages: tuple[str, Pages]) -> None:
    address, server = pages
    threads = Threads()
    nomad = Nomad(NomadSettings(address=address, region="eu"), threads, read_only=True)
    await nomad.allocations()
    assert server.asked[-1]["region"] == "eu"
    async with aclosing(nomad.events(["Node"], namespace="cut")) as frames:
        await anext(frames)
    assert server.asked[-1]["region"] == "eu"
    await nomad.close()
    await threads.close()


async def test_nothing_is_opened_or_read_before_the_first_call() -> None:
    threads = Threads()
    Nomad(NomadSettings(address="unix:///x"), threads, read_only=True)
    assert threads._started == 0


@pytest.mark.parametrize("status", [400, 500])
async def test_an_older_server_without_acls_says_so_with_an_error(status: int) -> None:
    said = Response("ACL support disabled", status)
    with served(Starlette(routes=[Route("/v1/acl/token/self", lambda _: said)])) as address:
        async with nomad_at(address) as nomad:
            token = await nomad.token()
    assert (token.accessor, token.management) == ("acls-disabled", True)


async def test_who_has_no_token_is_nobody_where_nobody_is_refused() -> None:
    said = Response("Permission denied", 403)
    with served(Starlette(routes=[Route("/v1/acl/token/self", lambda _: said)])) as address:
        async with nomad_at(address) as nomad:
            token = await nomad.token()
            assert (token.accessor, token.management) == ("anonymous", False)
        async with nomad_at(address, token="a2b1") as nomad:
            with pytest.raises(Refused):
                await nomad.token()


async def test_a_list_is_tried_with_one_row_and_a_policy_read() -> None:
    recorded = recorded_body("nomad/acl/policy-own.json")
    asked: list[str] = []

    def nodes(request: Request) -> Response:
        asked.append(str(request.query_params))
        return JSONResponse([])

    routes = [
        Route("/v1/nodes", nodes),
        Route("/v1/agent/self", lambda _: Response("Permission denied", 403)),
        Route("/v1/acl/policy/{name}", lambda _: JSONResponse(recorded)),
    ]
    with served(Starlette(routes=routes)) as address:
        async with nomad_at(address) as nomad:
            assert await nomad.may_read("/v1/nodes")
            assert not await nomad.may_read("/v1/agent/self")
            policy = await nomad.policy("read-only")
    assert asked == ["per_page=1"]
    assert policy is not None
    assert policy.node == "read"
