from typing import Any

import httpx
import pytest

from nomad_console.simulator.nomad_api.acl import NODE_ONLY, Acl, Token
from tests.support.nomad_http import NomadLab

SECRET = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def lab() -> NomadLab:
    return NomadLab()


async def find(lab: NomadLab, path: str, token: str = "", **body: Any) -> httpx.Response:
    async with lab.client(token=token) as client:
        return await client.post(path, json=body)


async def test_ids_are_found_by_their_beginning(lab: NomadLab) -> None:
    identity = lab.node_id("c1")
    answer = await find(lab, "/v1/search", Prefix=identity[:6], Context="nodes")
    assert answer.json()["Matches"] == {"nodes": [identity]}
    assert answer.json()["Truncations"] == {"nodes": False}
    everything = (await find(lab, "/v1/search", Prefix="we", Context="all")).json()["Matches"]
    assert everything["jobs"] == ["web"]
    assert (await find(lab, "/v1/search", Prefix="x", Context="nonsense")).status_code == 500


async def test_names_are_found_by_any_part_with_their_scope(lab: NomadLab) -> None:
    answer = await find(lab, "/v1/search/fuzzy", Text="we", Context="all", Namespace="*")
    matches = answer.json()["Matches"]
    assert matches["jobs"] == [{"ID": "web", "Scope": ["default", "web"]}]
    assert matches["services"] == [{"ID": "web", "Scope": ["default", "web", "web"]}]
    assert len(matches["allocs"]) == 6


async def test_one_character_is_too_short(lab: NomadLab) -> None:
    answer = await find(lab, "/v1/search/fuzzy", Text="w", Context="all")
    assert answer.status_code == 500
    assert answer.text == "rpc error: fuzzy search query must be at least 2 characters, got 1"


async def test_only_what_may_be_seen_is_found() -> None:
    lab = NomadLab(Acl([Token(SECRET, "a", "node", NODE_ONLY)]))
    answer = await find(lab, "/v1/search/fuzzy", SECRET, Text="c1", Namespace="*")
    assert list(answer.json()["Matches"]) == ["nodes"]
    prefix = await find(lab, "/v1/search", SECRET, Prefix="")
    assert prefix.json()["Matches"]["jobs"] == []
    assert len(prefix.json()["Matches"]["nodes"]) == 4
