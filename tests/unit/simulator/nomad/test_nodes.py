"""Node structs."""

from nomad_console.simulator.nomad.nodes import (
    NODE_EVENTS_KEPT,
    node_event,
    with_event,
    with_version,
)
from tests.support.nomad_world import NomadWorld
from tests.support.recorded import recorded_body


def test_a_node_has_the_fields_of_a_recorded_one() -> None:
    mine, theirs = NomadWorld(clients=1).node("c1"), recorded_body("nomad/node.json")
    assert mine.keys() == theirs.keys()
    for field, value in theirs.items():
        assert type(mine[field]) is type(value) or field == "LastDrain", field
    assert mine["NodeResources"].keys() == theirs["NodeResources"].keys()
    shared = {"nomad.version", "unique.network.ip-address", "consul.version", "os.name"}
    assert shared <= mine["Attributes"].keys() & theirs["Attributes"].keys()


def test_a_node_names_its_instance_and_zone() -> None:
    attributes = NomadWorld(clients=1).node("c1")["Attributes"]
    assert attributes["unique.platform.aws.instance-id"] == "i-00000000000000001"
    assert attributes["platform.aws.placement.availability-zone"] == "eu-west-1a"


def test_only_the_last_events_are_kept() -> None:
    world = NomadWorld(clients=1)
    before = node = world.node("c1")
    for index in range(20):
        event = node_event(world.cluster.core, index, f"event {index}", "Cluster")
        node = with_event(node, event, StatusDescription="x")
    assert [event["CreateIndex"] for event in node["Events"]] == list(range(10, 20))
    assert len(node["Events"]) == NODE_EVENTS_KEPT
    assert node["ModifyIndex"] == 19
    assert len(before["Events"]) == 1


def test_a_version_is_an_attribute() -> None:
    node = NomadWorld(clients=1).node("c1")
    assert with_version(node, "2.0.5")["Attributes"]["nomad.version"] == "2.0.5"
    assert node["Attributes"]["nomad.version"] == "2.0.4"
