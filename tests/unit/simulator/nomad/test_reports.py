"""What clients report, as the servers write it."""

from tests.support import lab_jobs
from tests.support.nomad_world import NomadWorld


def _world() -> NomadWorld:
    world = NomadWorld(clients=2)
    world.register(lab_jobs.web(2))
    world.settle()
    return world


def test_a_report_writes_the_allocation_and_its_nodes_index_only() -> None:
    world = _world()
    row = world.allocations("web")[0]
    before = world.state.nodes[row["NodeID"]]
    world.mark()
    world.cluster.touch_allocation(row["ID"])
    after = world.state.nodes[row["NodeID"]]
    new = world.state.allocations[row["ID"]]
    assert after["LastAllocUpdateIndex"] == new["ModifyIndex"] == world.state.index
    assert after["ModifyIndex"] == before["ModifyIndex"]
    assert new["AllocModifyIndex"] == row["AllocModifyIndex"]
    assert [event["Topic"] for _, event in world.log] == ["Allocation", "Node"]


def test_several_clients_share_one_write() -> None:
    """The servers collect for a moment."""
    world = _world()
    world.step(5)
    world.mark()
    for row in world.allocations("web"):
        agent = world.cluster.agent(row["NodeName"])
        agent.reports.take(agent.node_id, {row["ID"]: agent.runners[row["ID"]]})
    world.step(0.2)
    assert len({event["Index"] for _, event in world.log}) == 1
    assert len(world.log) == 4


def test_health_is_dated_and_counted() -> None:
    world = _world()
    (deployment,) = world.state.deployments.values()
    status = world.allocations("web")[0]["DeploymentStatus"]
    assert status["Healthy"] is True
    assert status["Timestamp"].endswith("Z")
    assert deployment["TaskGroups"]["web"]["HealthyAllocs"] == 2


def test_reports_of_a_purged_node_are_dropped() -> None:
    world = _world()
    row = world.allocations("web")[0]
    agent = world.cluster.agent(row["NodeName"])
    runner = agent.runners[row["ID"]]
    agent.go_down()
    world.cluster.node_purge(row["NodeID"])
    world.step(5)
    index = world.state.index
    agent.reports.take(row["NodeID"], {row["ID"]: runner})
    world.step(1)
    assert world.state.index == index
