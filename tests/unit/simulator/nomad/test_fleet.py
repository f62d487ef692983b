"""Usage of the nodes, kept in step with the store."""

import pytest

from nomad_console.simulator.nomad.fleet import Claim, Fleet, Usage, claim_of, group_key
from nomad_console.simulator.nomad.nodes import NodeSpec
from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


@pytest.fixture
def world() -> NomadWorld:
    return NomadWorld(clients=2)


def test_a_claim_is_held_until_the_client_has_ended_it(world: NomadWorld) -> None:
    fleet = Fleet(world.cluster.core)
    world.register(lab_jobs.web(1))
    world.settle()
    row = world.allocations("web")[0]
    usage = fleet.usage(row["NodeID"])
    claim = claim_of(row)
    assert (usage.cpu, usage.memory, set(usage.ports)) == (50, 64, set(claim.ports))
    assert usage.groups[group_key(row)] == 1
    world.cluster.deregister_job("default", "web")
    world.step(2)
    assert (usage.cpu, usage.groups[group_key(row)]) == (50, 0)
    world.step(10)
    assert (usage.cpu, dict(usage.ports)) == (0, {})


def test_only_ready_and_eligible_nodes_take_work(world: NomadWorld) -> None:
    fleet = Fleet(world.cluster.core)
    assert len(fleet.ready()) == 2
    world.cluster.set_eligibility(world.node_id("c1"), "ineligible")
    assert fleet.ready() == [world.node_id("c2")]
    world.cluster.agent_kill("c2")
    world.step(40)
    assert fleet.ready() == []
    assert list(fleet.shuffled()) == []


def test_a_shuffle_has_every_node_once(world: NomadWorld) -> None:
    fleet = Fleet(world.cluster.core)
    for number in range(3, 9):
        world.cluster.add_machine(
            NodeSpec(f"c{number}", "10.0.0.9", 4646, "a", f"i-{number}", "2.0.4")
        )
    for _ in range(20):
        assert sorted(fleet.shuffled()) == sorted(fleet.ready())


def test_a_copy_of_usage_is_its_own() -> None:
    usage = Usage()
    claim = Claim(50, 64, frozenset({80}))
    other = usage.copy()
    other.add(claim)
    assert (usage.cpu, other.cpu) == (0, claim.cpu)
    other.add(claim, -1)
    assert (other.cpu, dict(other.ports)) == (0, {})
