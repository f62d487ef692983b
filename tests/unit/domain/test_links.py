"""Targets are tied to nodes by id and address, and never by a guess."""

from nomad_console.domain.links import tie
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.target import TargetKey
from tests.support.records import a_detail, a_node


def nodes(*rows: Node) -> dict[str, Node]:
    return {row.id: row for row in rows}


def details(*rows: NodeDetail) -> dict[str, NodeDetail]:
    return {row.id: row for row in rows}


def keys(*targets: tuple[str, int]) -> dict[TargetKey, object]:
    return {TargetKey("g", name, port): None for name, port in targets}


def test_instance_id_own_address_and_advertised_address_all_tie() -> None:
    found = tie(
        nodes(a_node("n1", address="10.0.0.1")),
        details(a_detail("n1", instance_id="i-1", ip_address="172.16.0.1")),
        keys(("i-1", 80), ("10.0.0.1", 80), ("172.16.0.1", 81), ("i-other", 80)),
    )
    assert [key.id for key in found.targets_of["n1"]] == ["10.0.0.1", "172.16.0.1", "i-1"]
    assert len(found.node_of) == 3
    assert not found.ambiguous
    assert not found.untied


def test_an_address_ties_before_the_detail_is_read() -> None:
    found = tie(nodes(a_node("n1", address="10.0.0.1")), {}, keys(("10.0.0.1", 80)))
    assert found.node_of == {TargetKey("g", "10.0.0.1", 80): "n1"}
    assert found.untied == {"n1"}


def test_an_address_of_two_nodes_is_ambiguous_and_tied_to_neither() -> None:
    two = nodes(a_node("n1", address="10.0.0.1"), a_node("n2", address="10.0.0.1"))
    found = tie(two, {}, keys(("10.0.0.1", 80)))
    assert found.ambiguous == {TargetKey("g", "10.0.0.1", 80): ("n1", "n2")}
    assert not found.node_of
    assert not found.targets_of


def test_one_machine_may_hold_several_ports_of_a_group() -> None:
    found = tie(nodes(a_node("n1")), details(a_detail("n1")), keys(("i-n1", 81), ("i-n1", 80)))
    assert [key.port for key in found.targets_of["n1"]] == [80, 81]


def test_a_node_that_is_down_keeps_its_ties_and_no_name_ties_nothing() -> None:
    found = tie(
        nodes(a_node("n1", status="down"), a_node("n2", address="")),
        details(a_detail("n1"), a_detail("n2", instance_id="", ip_address="")),
        keys(("i-n1", 80), ("", 80)),
    )
    assert set(found.targets_of) == {"n1"}
