"""Rows every cluster begins with."""

from nomad_console.simulator.nomad.defaults import namespace_row, node_pool_row
from tests.support.recorded import recorded_body


def test_a_namespace_has_the_recorded_fields() -> None:
    recorded = recorded_body("nomad/namespaces.json")[0]
    assert namespace_row("default", "Default shared namespace", 1) == recorded


def test_node_pools_say_what_they_are_for() -> None:
    assert node_pool_row("all")["Description"] == "Node pool with all nodes in the cluster."
    assert node_pool_row("default")["Name"] == "default"
