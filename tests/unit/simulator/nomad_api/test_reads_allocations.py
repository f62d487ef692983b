from typing import Any

import pytest

from nomad_console.simulator.nomad_api.acl import NODE_ONLY, Acl, Token, one_namespace
from tests.support.nomad_http import NomadLab

SECRET = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
UNKNOWN = "/11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def lab() -> NomadLab:
    return NomadLab()


async def walk(lab: NomadLab, path: str, **query: Any) -> list[str]:
    """Every id of a list in the order of its pages of three."""
    ids, token = list[str](), ""
    while True:
        answer = await lab.get(path, namespace="*", per_page=3, next_token=token, **query)
        ids += [row["ID"] for row in answer.json()]
        if not (token := answer.headers.get("X-Nomad-Nexttoken", "")):
            return ids


@pytest.mark.parametrize("table", ["allocations", "evaluations", "deployments"])
async def test_pages_show_every_row_once_in_order_of_creation(lab: NomadLab, table: str) -> None:
    rows = getattr(lab.state, table).values()
    expected = [row["ID"] for row in sorted(rows, key=lambda row: (row["CreateIndex"], row["ID"]))]
    assert await walk(lab, f"/v1/{table}") == expected
    assert await walk(lab, f"/v1/{table}", reverse="true") == expected[::-1]


async def test_the_slim_list_has_no_task_states_and_the_fat_one_resources(lab: NomadLab) -> None:
    slim = (await lab.get("/v1/allocations", task_states="false")).json()
    assert {row["TaskStates"] for row in slim} == {None}
    fat = (await lab.get("/v1/allocations", resources="true")).json()
    assert all(row["AllocatedResources"]["Tasks"] and row["TaskStates"] for row in fat)


async def test_a_node_filter_finds_what_the_node_holds(lab: NomadLab) -> None:
    identity = lab.node_id("c1")
    text = f'NodeID == "{identity}" and ClientStatus == "running"'
    rows = (await lab.get("/v1/allocations", namespace="*", filter=text)).json()
    assert sorted(row["ID"] for row in rows) == sorted(lab.state.allocs_by_node[identity])
    assert (await lab.get("/v1/allocations", filter='NodeID == "nope"')).json() == []


async def test_namespaces_are_kept_apart(lab: NomadLab) -> None:
    prod = (await lab.get("/v1/allocations", namespace="prod")).json()
    assert {row["JobID"] for row in prod} == {"api"}
    plain = (await lab.get("/v1/allocations")).json()
    assert {row["Namespace"] for row in plain} == {"default"}
    assert (await lab.get("/v1/allocations", namespace="nope")).json() == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/v1/allocation", "alloc not found"),
        ("/v1/evaluation", "eval not found"),
        ("/v1/deployment", "deployment not found"),
    ],
)
async def test_what_is_unknown_is_404_with_its_name(lab: NomadLab, path: str, text: str) -> None:
    answer = await lab.get(path + UNKNOWN)
    assert (answer.status_code, answer.text) == (404, text)
    assert answer.headers["X-Nomad-Knownleader"] == "true"
    assert (await lab.get(f"{path}/xyz")).status_code == 500


async def test_what_belongs_to_an_evaluation_or_deployment(lab: NomadLab) -> None:
    row = lab.allocations("web")[0]
    for path in (f"/v1/evaluation/{row['EvalID']}", f"/v1/deployment/{row['DeploymentID']}"):
        assert (await lab.get(path)).json()["JobID"] == "web"
    of_evaluation = (await lab.get(f"/v1/evaluation/{row['EvalID']}/allocations")).json()
    of_deployment = (await lab.get(f"/v1/deployment/allocations/{row['DeploymentID']}")).json()
    assert len(of_evaluation) == len(of_deployment) == 6


async def test_rights_in_one_namespace_hide_the_others() -> None:
    tokens = [
        Token(SECRET, "a", "prod", one_namespace("prod")),
        Token(OTHER, "b", "node", NODE_ONLY),
    ]
    lab = NomadLab(Acl(tokens))
    for path in ("/v1/allocations", "/v1/evaluations", "/v1/deployments", "/v1/evaluations/count"):
        answer = await lab.get(path, token=SECRET, namespace="*")
        if isinstance(answer.json(), list):
            assert {row["Namespace"] for row in answer.json()} == {"prod"}
        assert (await lab.get(path, token=SECRET)).status_code == 403
        assert (await lab.get(path, token=OTHER, namespace="*")).status_code == 403
    hidden = lab.allocations("web")[0]["ID"]
    assert (await lab.get(f"/v1/allocation/{hidden}", token=SECRET)).status_code == 404
    services = await lab.get("/v1/services", token=OTHER, namespace="*")
    assert (services.status_code, services.json()) == (200, [])
