"""Writes to nodes."""

import pytest

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld

SPEC: Row = {"Deadline": 60_000_000_000, "IgnoreSystemJobs": False}


@pytest.fixture
def world() -> NomadWorld:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.edge(), lab_jobs.web(2))
    world.settle()
    return world


def _messages(world: NomadWorld) -> list[str]:
    return [event["Message"] for event in world.node("c1")["Events"]]


def test_a_drain_is_set_with_its_times(world: NomadWorld) -> None:
    answer = world.cluster.set_drain(world.node_id("c1"), SPEC, meta={"run": "r1"}, actor="abc")
    node = world.node("c1")
    assert answer == {
        "EvalCreateIndex": 0,
        "EvalIDs": None,
        "Index": node["ModifyIndex"],
        "NodeModifyIndex": node["ModifyIndex"],
    }
    assert (node["Drain"], node["SchedulingEligibility"]) == (True, "ineligible")
    started = world.cluster.core.stamp()
    assert node["DrainStrategy"] == {
        **SPEC,
        "StartedAt": started,
        "ForceDeadline": world.cluster.core.stamp(60),
    }
    assert node["LastDrain"] == {
        "AccessorID": "token:abc",
        "Meta": {"run": "r1"},
        "StartedAt": started[:19] + "Z",
        "Status": "draining",
        "UpdatedAt": started[:19] + "Z",
    }
    assert _messages(world)[-1] == "Node drain strategy set"


def test_a_second_drain_counts_the_deadline_anew_and_keeps_the_start(world: NomadWorld) -> None:
    node_id = world.node_id("c1")
    world.cluster.set_drain(node_id, SPEC, meta={"run": "r1"})
    started = world.node("c1")["DrainStrategy"]["StartedAt"]
    world.step(5)
    world.cluster.set_drain(node_id, {"Deadline": 0, "IgnoreSystemJobs": True})
    node = world.node("c1")
    assert node["DrainStrategy"] == {
        "Deadline": 0,
        "ForceDeadline": None,
        "IgnoreSystemJobs": True,
        "StartedAt": started,
    }
    assert node["LastDrain"]["Meta"] == {"run": "r1"}
    assert _messages(world)[-1] == "Node drain strategy updated"


@pytest.mark.parametrize(("mark", "eligibility"), [(False, "ineligible"), (True, "eligible")])
def test_a_cancelled_drain(world: NomadWorld, mark: bool, eligibility: str) -> None:
    node_id = world.node_id("c1")
    world.cluster.set_drain(node_id, SPEC, meta={"run": "r1"})
    answer = world.cluster.set_drain(node_id, None, mark_eligible=mark, meta={"run": "r2"})
    node = world.node("c1")
    assert (node["DrainStrategy"], node["SchedulingEligibility"]) == (None, eligibility)
    assert (node["LastDrain"]["Status"], node["LastDrain"]["Meta"]) == ("canceled", {"run": "r2"})
    assert bool(answer["EvalIDs"]) is mark
    assert _messages(world)[-1] == "Node drain disabled"


def test_eligibility_makes_evaluations_only_where_it_gives_room(world: NomadWorld) -> None:
    node_id = world.node_id("c1")
    assert world.cluster.set_eligibility(node_id, "eligible") == {
        "EvalCreateIndex": 0,
        "EvalIDs": None,
        "Index": 0,
        "NodeModifyIndex": 0,
    }
    off = world.cluster.set_eligibility(node_id, "ineligible")
    assert (off["EvalIDs"], off["Index"]) == (None, world.state.index)
    on = world.cluster.set_eligibility(node_id, "eligible")
    rows = [world.state.evaluations[row_id] for row_id in on["EvalIDs"]]
    assert [row["JobID"] for row in rows] == ["web", "edge"]
    assert {row["TriggeredBy"] for row in rows} == {"node-update"}
    assert (on["EvalCreateIndex"], on["Index"]) == (rows[0]["CreateIndex"], off["Index"] + 1)


def test_refusals(world: NomadWorld) -> None:
    with pytest.raises(Refusal, match='invalid scheduling eligibility "maybe"'):
        world.cluster.set_eligibility(world.node_id("c1"), "maybe")
    with pytest.raises(Refusal, match="rpc error: node not found"):
        world.cluster.set_drain("nope", SPEC)
    world.drain("c1", 60)
    with pytest.raises(Refusal, match="while it is draining"):
        world.cluster.set_eligibility(world.node_id("c1"), "eligible")


def test_evaluating_a_node(world: NomadWorld) -> None:
    answer = world.cluster.node_evaluate(world.node_id("c1"))
    assert len(answer["EvalIDs"]) == 2
    assert {"Features", "HeartbeatTTL", "Servers", "NumNodes"} <= answer.keys()


def test_a_purged_node_is_gone_until_its_agent_registers_again(world: NomadWorld) -> None:
    node_id = world.node_id("c1")
    world.drain("c1", -1)
    world.step(20)
    world.mark()
    answer = world.cluster.node_purge(node_id)
    assert answer["NodeModifyIndex"] == answer["Index"]
    assert node_id not in world.state.nodes
    assert world.log[0][1]["Type"] == "NodeDeregistration"
    world.step(15)
    node = world.node("c1")
    assert (node["SchedulingEligibility"], node["LastDrain"]) == ("eligible", None)
    assert _messages(world) == ["Node registered"]


def test_a_purge_evaluates_system_jobs_even_of_a_node_that_is_down(world: NomadWorld) -> None:
    world.drain("c1", -1)
    world.step(20)
    world.cluster.agent_kill("c1")
    world.step(60)
    assert world.node("c1")["Status"] == "down"
    answer = world.cluster.node_purge(world.node_id("c1"))
    jobs = {world.state.evaluations[name]["JobID"] for name in answer["EvalIDs"]}
    assert jobs == {"edge"}


def test_what_ran_on_a_purged_node_is_lost(world: NomadWorld) -> None:
    world.cluster.agent_kill("c1")
    world.cluster.node_purge(world.node_id("c1"))
    world.step(1)
    rows = world.allocations("web", "c1")
    assert {row["ClientStatus"] for row in rows} == {"lost"}
    assert all(row["NextAllocation"] for row in rows)
