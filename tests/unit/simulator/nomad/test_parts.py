"""How a cluster is put together."""

from tests.support.nomad_world import NomadWorld


def test_a_machine_is_a_ready_node() -> None:
    world = NomadWorld(clients=1)
    machine, node = world.cluster.machines["c1"], world.node("c1")
    assert (machine.node_id, machine.address) == (node["ID"], "10.77.0.101")
    assert node["HTTPAddr"] == world.cluster.agent("c1").http_address == "10.77.0.101:4646"
    (line,) = [events for _, events in world.state.broker.buffer]
    assert [event["Type"] for event in line] == ["NodeRegistration"]


def test_the_first_server_leads() -> None:
    world = NomadWorld(clients=0)
    first = world.cluster.add_server("s1", "2.0.5", "127.0.0.1", 4646)
    world.cluster.add_server("s2", "2.0.5", "127.0.0.2", 4646)
    assert world.cluster.leader() is first
    assert (first.address, first.http_address) == ("127.0.0.1:4647", "127.0.0.1:4646")


def test_namespaces_can_be_added() -> None:
    world = NomadWorld(clients=0)
    world.cluster.add_namespace("prod", "Production")
    assert [*world.state.namespaces] == ["default", "prod"]
    assert world.state.namespaces["prod"]["Description"] == "Production"


def test_the_same_seed_gives_the_same_world() -> None:
    first, second = NomadWorld(seed=5), NomadWorld(seed=5)
    assert [*first.state.nodes] == [*second.state.nodes]
