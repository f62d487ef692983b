import pytest

from nomad_console.simulator.nomad_api.acl import READ_ONLY, Acl, Token, one_namespace
from tests.support.nomad_http import NomadLab

SECRET = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def lab() -> NomadLab:
    return NomadLab()


async def test_nodes_come_in_pages_by_id(lab: NomadLab) -> None:
    first = await lab.get("/v1/nodes", per_page=3)
    token = first.headers["X-Nomad-Nexttoken"]
    second = await lab.get("/v1/nodes", per_page=3, next_token=token)
    assert [row["ID"] for row in first.json() + second.json()] == sorted(lab.state.nodes)
    assert "X-Nomad-Nexttoken" not in second.headers
    assert (await lab.get("/v1/nodes", per_page=1, next_token="zzz")).json() == []


async def test_reverse_does_not_turn_nodes(lab: NomadLab) -> None:
    turned = await lab.get("/v1/nodes", per_page=1, reverse="true")
    assert turned.json() == (await lab.get("/v1/nodes", per_page=1)).json()


async def test_nodes_are_filtered_on_what_the_list_does_not_show(lab: NomadLab) -> None:
    text = 'Attributes["nomad.version"] == "2.0.4" and Meta.instance_id matches ".*2$"'
    assert [row["Name"] for row in (await lab.get("/v1/nodes", filter=text)).json()] == ["c2"]
    refused = await lab.get("/v1/nodes", filter='Version == "2.0.5"')
    assert refused.status_code == 400
    assert refused.text.startswith(
        "failed to read result page: error finding value in datum: /Version"
    )


async def test_a_prefix_is_resolved_by_the_list_alone(lab: NomadLab) -> None:
    identity = lab.node_id("c3")
    found = (await lab.get("/v1/nodes", prefix=identity[:8])).json()
    assert [row["Name"] for row in found] == ["c3"]
    single = await lab.get(f"/v1/node/{identity[:8]}")
    assert (single.status_code, single.text) == (
        500,
        "rpc error: node lookup failed: index error: UUID must be 36 characters",
    )


async def test_an_unknown_node_is_404_but_its_allocations_are_an_empty_list(lab: NomadLab) -> None:
    unknown = "11111111-2222-3333-4444-555555555555"
    answer = await lab.get(f"/v1/node/{unknown}")
    assert (answer.status_code, answer.text) == (404, "node not found")
    assert int(answer.headers["X-Nomad-Index"]) == lab.state.table_index["nodes"]
    empty = await lab.get(f"/v1/node/{unknown}/allocations")
    assert (empty.status_code, empty.json()) == (200, [])


async def test_a_nodes_index_is_its_own_and_its_allocations_the_newest_of_them(
    lab: NomadLab,
) -> None:
    identity = lab.node_id("c1")
    node = await lab.get(f"/v1/node/{identity}")
    assert int(node.headers["X-Nomad-Index"]) == node.json()["ModifyIndex"]
    allocations = await lab.get(f"/v1/node/{identity}/allocations")
    newest = max(row["ModifyIndex"] for row in allocations.json())
    assert int(allocations.headers["X-Nomad-Index"]) == newest


async def test_pools_hold_their_nodes(lab: NomadLab) -> None:
    assert len((await lab.get("/v1/node/pool/all/nodes")).json()) == 4
    assert len((await lab.get("/v1/node/pool/gpu/nodes")).json()) == 0
    assert (await lab.get("/v1/node/pool/default")).json()["Name"] == "default"
    assert (await lab.get("/v1/node/pool/gpu")).status_code == 404
    names = [row["Name"] for row in (await lab.get("/v1/node/pools")).json()]
    assert names == ["all", "default"]


async def test_who_reads_one_namespace_sees_a_full_node_half_empty() -> None:
    lab = NomadLab(Acl([Token(SECRET, "a", "prod", one_namespace("prod"))]))
    nodes = (await lab.get("/v1/nodes", token=SECRET)).json()
    assert len(nodes) == 4
    seen = [
        row
        for node in nodes
        for row in (await lab.get(f"/v1/node/{node['ID']}/allocations", token=SECRET)).json()
    ]
    assert {row["Namespace"] for row in seen} == {"prod"}
    names = [row["Name"] for row in (await lab.get("/v1/namespaces", token=SECRET)).json()]
    assert names == ["prod"]
    assert (await lab.get("/v1/namespace/prod", token=SECRET)).json()["Name"] == "prod"
    assert (await lab.get("/v1/namespace/default", token=SECRET)).status_code == 403
    assert (await lab.get("/v1/node/pools", token=SECRET)).json() == []
    assert (await lab.get("/v1/node/pool/all", token=SECRET)).status_code == 403


async def test_without_a_token_nodes_are_refused_but_lists_of_names_are_empty() -> None:
    lab = NomadLab(Acl([Token(SECRET, "a", "all", READ_ONLY)]))
    assert (await lab.get("/v1/nodes")).status_code == 403
    assert (await lab.get("/v1/namespaces")).json() == []
    assert (await lab.get("/v1/node/pools")).json() == []
    assert len((await lab.get("/v1/node/pools", token=SECRET)).json()) == 2
