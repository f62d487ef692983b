from typing import Any

import pytest

from nomad_console.simulator.nomad_api.acl import READ_ONLY, Acl, Rights, Token
from tests.support.nomad_http import NomadLab
from tests.support.recorded import recorded

SECRET = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
DRAIN = {"DrainSpec": {"Deadline": 10**11, "IgnoreSystemJobs": False}, "Meta": {"run": "1"}}


@pytest.fixture
def lab() -> NomadLab:
    return NomadLab()


async def test_a_drain_answers_at_once_and_cancels_with_null(lab: NomadLab) -> None:
    path = f"/v1/node/{lab.node_id('c1')}"
    answer = await lab.put(f"{path}/drain", DRAIN)
    index = int(answer.headers["X-Nomad-Index"])
    assert answer.json() == {
        "EvalCreateIndex": 0,
        "EvalIDs": None,
        "Index": index,
        "NodeModifyIndex": index,
    }
    node = (await lab.get(path)).json()
    assert node["SchedulingEligibility"] == "ineligible"
    assert node["LastDrain"]["AccessorID"] == "token:acls-disabled"
    assert node["LastDrain"]["Meta"] == {"run": "1"}
    await lab.put(f"{path}/drain", {"DrainSpec": None, "MarkEligible": True})
    node = (await lab.get(path)).json()
    assert (node["DrainStrategy"], node["LastDrain"]["Status"]) == (None, "canceled")
    assert node["SchedulingEligibility"] == "eligible"


async def test_eligibility_that_changes_nothing_has_index_0(lab: NomadLab) -> None:
    path = f"/v1/node/{lab.node_id('c1')}/eligibility"
    assert (await lab.put(path, {"Eligibility": "eligible"})).json()["Index"] == 0
    assert (await lab.put(path, {"Eligibility": "ineligible"})).json()["Index"] > 0
    answer = (await lab.put(path, {"Eligibility": "eligible"})).json()
    assert answer["EvalIDs"]


@pytest.mark.parametrize(
    "name",
    [
        "error-drain-bad-body",
        "error-drain-empty-body",
        "error-drain-unknown-node",
        "error-eligibility-bad",
        "write-ineligible",
        "write-job-evaluate",
    ],
)
async def test_a_write_is_answered_as_recorded(lab: NomadLab, name: str) -> None:
    call = recorded(f"nomad/{name}.json")
    body, path = call["request"]["body"], call["request"]["path"]
    if "unknown" not in name:
        path = path.replace("9030af16-25ee-b12b-d341-f337c9c8fa52", lab.node_id("c1"))
    text = body if isinstance(body, str) else None
    async with lab.client() as client:
        method = call["request"]["method"]
        answer = await client.request(
            method, path, content=text, json=None if text is not None else body
        )
    assert answer.status_code == call["status"]
    assert answer.headers["Content-Type"] == call["headers"]["Content-Type"]
    if isinstance(call["body"], str):
        assert answer.text == call["body"]
    else:
        assert answer.json().keys() == call["body"].keys()


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (
            {"Count": 3, "Target": {"Group": "nope"}},
            400,
            'task group "nope" specified for scaling does not exist in job',
        ),
        ({"Target": {"Group": "web"}}, 400, "scaling to no count is not simulated"),
        ({"Count": 7, "Target": {"Group": "web"}}, 200, ""),
    ],
)
async def test_scaling_names_a_group_and_a_count(
    lab: NomadLab,
    body: Any,
    status: int,
    text: str,
) -> None:
    answer = await lab.put("/v1/job/web/scale", body)
    assert answer.status_code == status
    assert not text or answer.text == text


async def test_scaling_waits_for_a_deployment_to_end(lab: NomadLab) -> None:
    body = {"Count": 7, "Target": {"Group": "web"}}
    await lab.put("/v1/job/web/scale", body)
    lab.advance(1)
    answer = await lab.put("/v1/job/web/scale", {**body, "Count": 8})
    assert (answer.status_code, answer.text) == (
        400,
        "job scaling blocked due to active deployment",
    )


async def test_stopping_one_allocation_replaces_it(lab: NomadLab) -> None:
    identity = lab.allocations("solo")[0]["ID"]
    answer = await lab.put(f"/v1/allocation/{identity}/stop")
    assert answer.json().keys() == {"EvalID", "Index"}
    lab.advance(20)
    old = (await lab.get(f"/v1/allocation/{identity}")).json()
    assert (old["ClientStatus"], old["DesiredTransition"]["Migrate"]) == ("complete", True)
    assert old["NextAllocation"]


async def test_tasks_are_restarted_and_signalled_by_name(lab: NomadLab) -> None:
    path = f"/v1/client/allocation/{lab.allocations('solo')[0]['ID']}"
    for call, body in (("restart", {"TaskName": "app"}), ("signal", {"Signal": "SIGNOPE"})):
        answer = await lab.put(f"{path}/{call}", body)
        assert (answer.status_code, answer.json()) == (200, {"Index": 0})
        assert answer.headers["Vary"] == "Origin"
    refused = await lab.put(f"{path}/restart", {"TaskName": "nope"})
    assert refused.status_code == 500
    assert refused.text == "Could not find task runner for task: nope"
    assert (await lab.put("/v1/client/allocation/x/restart")).status_code == 500


async def test_a_purged_node_is_gone_and_its_agent_comes_back_as_new(lab: NomadLab) -> None:
    path = f"/v1/node/{lab.node_id('c1')}"
    assert (await lab.put(f"{path}/evaluate")).json()["EvalIDs"]
    lab.cluster.agent_kill("c1")
    assert (await lab.put(f"{path}/purge")).json()["NodeModifyIndex"] > 0
    assert (await lab.get(path)).status_code == 404


async def test_garbage_is_collected_later(lab: NomadLab) -> None:
    identity = lab.allocations("solo")[0]["ID"]
    await lab.put(f"/v1/allocation/{identity}/stop")
    await lab.put("/v1/job/solo/evaluate", {"JobID": "solo"})
    lab.advance(30)
    answer = await lab.put("/v1/system/gc")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await lab.put("/v1/system/reconcile/summaries")).status_code == 200
    assert (await lab.get("/v1/system/gc")).text == "Invalid method"


async def test_leadership_moves_where_it_is_told(lab: NomadLab) -> None:
    path = "/v1/operator/raft/transfer-leadership"
    target = lab.cluster.servers.all["s2"]
    async with lab.client() as client:
        moved = await client.post(path, params={"id": target.id})
        again = await client.post(path, params={"address": target.address})
        both = await client.post(path, params={"address": "a", "id": "b"})
        none = await client.post(path)
        unknown = await client.post(path, params={"id": "x"})
    assert (moved.json()["Noop"], again.json()["Noop"]) == (False, True)
    assert (await lab.get("/v1/status/leader")).json() == target.address
    assert [answer.text for answer in (both, none, unknown)] == [
        "must specify either id or address",
        "must specify id or address",
        'id "x" was not found in the Raft configuration',
    ]
    assert (await lab.get(path)).status_code == 405


async def test_writers_need_the_right_to_write() -> None:
    writer = Rights(node="write")
    lab = NomadLab(
        Acl([Token(SECRET, "a", "reader", READ_ONLY), Token(OTHER, "drainer", "drainer", writer)])
    )
    node = f"/v1/node/{lab.node_id('c1')}"
    allocation = lab.allocations("web")[0]["ID"]
    for path, body in (
        (f"{node}/drain", DRAIN),
        (f"{node}/eligibility", {"Eligibility": "ineligible"}),
        (f"{node}/purge", None),
        (f"{node}/evaluate", None),
        (f"/v1/allocation/{allocation}/stop", None),
        (f"/v1/client/allocation/{allocation}/signal", {"Signal": "SIGHUP"}),
        ("/v1/job/web/scale", {"Count": 1}),
        ("/v1/job/web/evaluate", {}),
        ("/v1/system/gc", None),
        ("/v1/system/reconcile/summaries", None),
        ("/v1/operator/raft/transfer-leadership", None),
    ):
        answer = await lab.put(path, body, token=SECRET)
        assert (answer.status_code, answer.text) == (403, "Permission denied")
    assert (await lab.put(f"{node}/drain", DRAIN, token=OTHER)).status_code == 200
    row = lab.state.nodes[lab.node_id("c1")]
    assert row["LastDrain"]["AccessorID"] == "token:drainer"
