"""Every read that was recorded has the same keys and types in the simulator."""

from collections.abc import Sequence

import pytest

from tests.support.nomad_http import NomadLab
from tests.support.recorded import recorded_body
from tests.support.shapes import Shape, differences

# what a struct has or has not by its state, and copies were cut of: never a difference
BY_STATE = {
    "DeploymentID",
    "DeploymentStatus",
    "DynamicPorts",
    "PlanAnnotations",
    "PreemptedAllocations",
    "PreemptedByAllocation",
    "QueuedAllocations",
    "ReservedPorts",
    "ShutdownDelay",
}

CASES: list[tuple[Sequence[str], str]] = [
    (["nodes", "nodes-one-drained", "client-killed-nodes"], "/v1/nodes"),
    (["node", "node-drained"], "/v1/node/{node}"),
    (["allocations"], "/v1/allocations?namespace=*"),
    (["allocations-slim"], "/v1/allocations?namespace=*&task_states=false"),
    (["allocation", "allocation-force-killed", "allocation-unknown"], "/v1/allocation/{alloc}"),
    (["jobs"], "/v1/jobs?namespace=*&meta=true"),
    (["job-web", "job-api"], "/v1/job/web"),
    (["job-web", "job-edge"], "/v1/job/edge"),
    (["job-web", "job-crunch"], "/v1/job/crunch"),
    (["job-web", "job-solo"], "/v1/job/solo"),
    (["evaluations", "drain-blocked-evaluations"], "/v1/evaluations?namespace=*"),
    (["evaluations-count"], "/v1/evaluations/count?namespace=*"),
    (["deployments"], "/v1/deployments?namespace=*"),
    (["job-web-deployment"], "/v1/job/web/deployment"),
    (["job-edge-deployment"], "/v1/job/edge/deployment"),
    (["namespaces"], "/v1/namespaces"),
    (["acl-token-self-acl-off"], "/v1/acl/token/self"),
    (["agent-members"], "/v1/agent/members"),
    (["agent-health"], "/v1/agent/health"),
    (["autopilot-health"], "/v1/operator/autopilot/health"),
    (["raft-configuration"], "/v1/operator/raft/configuration"),
    (["regions"], "/v1/regions"),
    (["status-leader"], "/v1/status/leader"),
]


@pytest.fixture(scope="module")
def lab() -> NomadLab:
    """One node in the middle of a drain."""
    lab = NomadLab()
    spec = {"Deadline": 10**11, "IgnoreSystemJobs": False}
    lab.cluster.set_drain(lab.node_id("c1"), spec, meta={"run": "1"})
    lab.advance(3)
    return lab


def shape_of(names: Sequence[str]) -> Shape:
    shape = Shape()
    for name in names:
        shape.add(recorded_body(f"nomad/{name}.json"))
    return shape


def told_apart(recorded: Shape, simulated: Shape) -> list[str]:
    found = differences(recorded, simulated)
    return [text for text in found if text.partition(":")[0].rpartition(".")[2] not in BY_STATE]


@pytest.mark.parametrize(("names", "path"), CASES, ids=str)
async def test_a_read_looks_as_recorded(lab: NomadLab, names: Sequence[str], path: str) -> None:
    url, _, query = path.partition("?")
    options = dict(part.split("=", 1) for part in query.split("&") if part)
    simulated = Shape()
    for node, alloc in zip(lab.state.nodes, lab.state.allocations, strict=False):
        answer = await lab.get(url.format(node=node, alloc=alloc), **options)
        assert answer.status_code == 200
        simulated.add(answer.json())
    assert told_apart(shape_of(names), simulated) == []


@pytest.mark.parametrize("names", [["nodes"]])
async def test_a_difference_would_be_told(lab: NomadLab, names: Sequence[str]) -> None:
    nodes = (await lab.get("/v1/nodes")).json()
    nodes[0]["Meta"] = {}
    del nodes[1]["LastDrain"]
    nodes[2]["Drain"] = "no"
    assert told_apart(shape_of(names), Shape().add(nodes)) == [
        "[].LastDrain: always recorded, lacking",
        "[].Meta: never recorded",
        "[].Drain: str, recorded as bool",
    ]


async def test_allocations_of_a_node_carry_their_job_and_no_empty_field(lab: NomadLab) -> None:
    answer = await lab.get(f"/v1/node/{lab.node_id('c1')}/allocations")
    names = ["allocation", "allocation-force-killed", "allocation-unknown"]
    recorded = Shape()
    for name in names:
        recorded.add([recorded_body(f"nomad/{name}.json")])
    assert told_apart(recorded, Shape().add(answer.json())) == []
    assert all("Job" in row for row in answer.json())


@pytest.mark.parametrize(
    ("name", "agent"), [("agent-self", "s1"), ("client-agent/agent-self", "c2")]
)
async def test_an_agent_says_of_itself_what_was_recorded(
    lab: NomadLab, name: str, agent: str
) -> None:
    recorded = Shape().add(recorded_body(f"nomad/{name}.json"))
    answer = (await lab.get("/v1/agent/self", agent)).json()
    found = told_apart(recorded, Shape().add(answer))
    assert [text for text in found if "never recorded" not in text] == []  # the copy is cut
    assert answer["config"]["Client"]["Enabled"] is ("client" in answer["stats"])
    assert answer["config"]["Server"]["Enabled"] is ("nomad" in answer["stats"])


async def test_a_path_nobody_knows_is_404_without_a_word(lab: NomadLab) -> None:
    answer = await lab.get("/v1/nope")
    assert (answer.status_code, answer.text) == (404, "")
    assert "content-type" not in answer.headers


async def test_a_jobs_id_may_hold_slashes(lab: NomadLab) -> None:
    assert (await lab.get("/v1/job/a/b/evaluations")).json() == []
    assert (await lab.get("/v1/job/a/b")).text == "job not found"
