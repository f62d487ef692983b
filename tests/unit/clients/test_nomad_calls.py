import json
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nomad_console.clients.errors import ReadOnly, Refused
from nomad_console.clients.guard import nomad_guard
from nomad_console.clients.http import Access
from nomad_console.clients.nomad_calls import DrainSpec, NomadCalls
from nomad_console.clients.threads import Threads
from nomad_console.settings.values import NomadSettings, Secret
from tests.support.serving import served

NODE = "9030af16-25ee-b12b-d341-f337c9c8fa52"
TOKEN = "5ec7e700-0000-0000-0000-000000000000"


class Written:
    """Answers every call with an index, and keeps what was sent."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, str], dict[str, str], object]] = []
        self.app = Starlette(
            routes=[Route("/{path:path}", self.answer, methods=["GET", "POST", "PUT"])]
        )

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        path = request.scope["raw_path"].decode()
        self.calls.append(
            (
                request.method,
                path,
                dict(request.query_params),
                dict(request.headers),
                json.loads(body) if body else None,
            )
        )
        if "forbidden" in path:
            return Response("Permission denied", 403)
        return JSONResponse({"EvalIDs": None, "Index": 77, "NodeModifyIndex": 76})


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Written]]:
    written = Written()
    with served(written.app) as address:
        yield address, written


def calls(address: str, *, read_only: bool = False) -> NomadCalls:
    settings = NomadSettings(address=address, token=Secret(TOKEN), region="eu", namespace="*")
    access = Access("nomad", address, settings.token, "X-Nomad-Token", settings.tls)
    return NomadCalls(settings, access, nomad_guard(read_only=read_only))


def test_settings_win_over_the_environment(
    server: tuple[str, Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "NOMAD_ADDR": "http://127.0.0.1:1",
        "NOMAD_TOKEN": "another",
        "NOMAD_NAMESPACE": "another",
        "NOMAD_REGION": "another",
        "NOMAD_CLIENT_CERT": "/nowhere",
        "NOMAD_CLIENT_KEY": "/nowhere",
    }.items():
        monkeypatch.setenv(name, text)
    address, written = server
    calls(address).read("node", NODE)
    method, path, query, headers, _ = written.calls[-1]
    assert (method, path) == ("GET", f"/v1/node/{NODE}")
    assert query == {"namespace": "*", "region": "eu"}
    assert headers["x-nomad-token"] == TOKEN


def test_a_drain_carries_nanoseconds_and_its_tags(server: tuple[str, Written]) -> None:
    address, written = server
    spec = DrainSpec(600.5, ignore_system_jobs=True)
    index = calls(address).drain(NODE, spec, {"run": "r1"}, mark_eligible=False)
    assert index == 77
    method, path, _, _, body = written.calls[-1]
    assert (method, path) == ("POST", f"/v1/node/{NODE}/drain")
    assert body == {
        "NodeID": NODE,
        "DrainSpec": {"Deadline": 600_500_000_000, "IgnoreSystemJobs": True},
        "MarkEligible": False,
        "Meta": {"run": "r1"},
    }


def test_the_end_of_a_drain_and_no_tags(server: tuple[str, Written]) -> None:
    address, written = server
    calls(address).drain(NODE, None, {}, mark_eligible=True)
    assert written.calls[-1][4] == {
        "NodeID": NODE,
        "DrainSpec": None,
        "MarkEligible": True,
        "Meta": None,
    }


@pytest.mark.parametrize(("eligible", "word"), [(True, "eligible"), (False, "ineligible")])
def test_eligibility_both_ways(server: tuple[str, Written], eligible: bool, word: str) -> None:
    address, written = server
    assert calls(address).set_eligibility(NODE, eligible=eligible) == 77
    assert written.calls[-1][4] == {"NodeID": NODE, "Eligibility": word}


def test_a_job_id_is_quoted_and_asked_for_in_its_namespace(server: tuple[str, Written]) -> None:
    address, written = server
    calls(address).evaluate_job("prod", "report/periodic-1?x#y")
    _, path, query, _, _ = written.calls[-1]
    assert path == "/v1/job/report%2Fperiodic-1%3Fx%23y/evaluate"
    assert query["namespace"] == "prod"


def test_refusals_are_ours(server: tuple[str, Written]) -> None:
    address, written = server
    with pytest.raises(Refused) as caught:
        calls(address).read("job", "forbidden")
    assert caught.value.right == "namespace:read-job"
    before = len(written.calls)
    with pytest.raises(ReadOnly):
        calls(address, read_only=True).set_eligibility(NODE, eligible=True)
    assert len(written.calls) == before


async def test_the_endpoints_are_made_once_by_whoever_asks_first() -> None:
    threads, made = Threads(2), calls("http://127.0.0.1:1")
    assert await threads.call(made.endpoints) is await threads.call(made.endpoints)
    await threads.close()
