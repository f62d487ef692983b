"""The incremental ties are those of the plain function, whatever the order."""

from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.target import TargetKey, Ties
from nomad_console.live.machines import MachineIndex
from tests.support.records import a_detail, a_node
from tests.support.ties import tie

NODES = st.sampled_from(["n1", "n2", "n3"])
ADDRESSES = st.sampled_from(["", "10.0.0.1", "10.0.0.2", "i-1", "i-2"])
KEYS = st.builds(TargetKey, st.sampled_from(["g1", "g2"]), ADDRESSES, st.sampled_from([80, 81]))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("node"), NODES, ADDRESSES),
        st.tuples(st.just("detail"), NODES, ADDRESSES),
        st.tuples(st.just("forget"), NODES),
        st.tuples(st.just("add"), KEYS),
        st.tuples(st.just("remove"), KEYS),
        st.tuples(st.just("freeze")),
    ),
    max_size=30,
)


class Model:
    """The same steps on plain maps."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.details: dict[str, NodeDetail] = {}
        self.targets: dict[TargetKey, object] = {}
        self.index = MachineIndex()

    def step(self, what: str, *args: object) -> None:
        match what, *args:
            case "node", str(node_id), str(address):
                self.nodes[node_id] = a_node(node_id, address=address)
                self._place(node_id)
            case "detail", str(node_id), str(name) if node_id in self.nodes:
                self.details[node_id] = a_detail(node_id, instance_id=name, ip_address="")
                self._place(node_id)
            case "forget", str(node_id):
                self.nodes.pop(node_id, None)
                self.details.pop(node_id, None)
                self.index.forget(node_id)
            case "add", TargetKey() as key:
                self.targets[key] = None
                self.index.add(key)
            case "remove", TargetKey() as key:
                self.targets.pop(key, None)
                self.index.remove(key)
            case "freeze", *_:
                self.index.freeze()

    def _place(self, node_id: str) -> None:
        detail = self.details.get(node_id)
        self.index.place(self.nodes[node_id], detail, read=detail is not None)


@given(STEPS)
def test_increments_agree_with_the_plain_function(steps: list[tuple[object, ...]]) -> None:
    model = Model()
    for step in steps:
        model.step(*step)  # type: ignore[arg-type]  # its first is the name
    before, _ = MachineIndex().freeze()
    ties, changed = model.index.freeze()
    assert ties == tie(model.nodes, model.details, model.targets)
    if not any(step == ("freeze",) for step in steps):
        assert changed == {
            node
            for node in {*ties.targets_of, *ties.untied}
            if ties.targets_of.get(node) != before.targets_of.get(node) or node in ties.untied
        }


def tied(nodes: list[Node], details: list[NodeDetail], *targets: tuple[str, int]) -> Ties:
    """Ties of nodes and the details of some of them, as read."""
    index, read = MachineIndex(), {detail.id: detail for detail in details}
    for node in nodes:
        index.place(node, read.get(node.id), read=node.id in read)
    for name, port in targets:
        index.add(TargetKey("g", name, port))
    return index.freeze()[0]


def test_instance_id_own_address_and_advertised_address_all_tie() -> None:
    found = tied(
        [a_node("n1", address="10.0.0.1")],
        [a_detail("n1", instance_id="i-1", ip_address="172.16.0.1")],
        *(("i-1", 80), ("10.0.0.1", 80), ("172.16.0.1", 81), ("i-other", 80)),
    )
    assert [key.id for key in found.targets_of["n1"]] == ["10.0.0.1", "172.16.0.1", "i-1"]
    assert len(found.node_of) == 3
    assert not found.ambiguous
    assert not found.untied


def test_an_address_ties_before_the_detail_is_read() -> None:
    found = tied([a_node("n1", address="10.0.0.1")], [], ("10.0.0.1", 80))
    assert found.node_of == {TargetKey("g", "10.0.0.1", 80): "n1"}
    assert found.untied == {"n1"}


def test_an_address_of_two_nodes_is_ambiguous_and_tied_to_neither() -> None:
    two = [a_node("n1", address="10.0.0.1"), a_node("n2", address="10.0.0.1")]
    found = tied(two, [], ("10.0.0.1", 80))
    assert found.ambiguous == {TargetKey("g", "10.0.0.1", 80): ("n1", "n2")}
    assert not found.node_of
    assert not found.targets_of


def test_a_node_that_is_down_keeps_its_ties_and_no_name_ties_nothing() -> None:
    found = tied(
        [a_node("n1", status="down"), a_node("n2", address="")],
        [a_detail("n1"), a_detail("n2", instance_id="", ip_address="")],
        *(("i-n1", 81), ("i-n1", 80), ("", 80)),
    )
    assert set(found.targets_of) == {"n1"}
    assert [key.port for key in found.targets_of["n1"]] == [80, 81]


def test_a_detail_from_the_disk_ties_but_leaves_the_node_untied() -> None:
    index = MachineIndex()
    key = TargetKey("g", "i-n1", 80)
    index.add(key)
    index.place(a_node("n1"), a_detail("n1"), read=False)
    ties, _ = index.freeze()
    assert ties.node_of == {key: "n1"}
    assert ties.untied == {"n1"}
    index.place(a_node("n1"), a_detail("n1"), read=True)
    ties, changed = index.freeze()
    assert not ties.untied
    assert changed == {"n1"}


def test_a_node_is_found_by_consuls_name_for_it() -> None:
    index = MachineIndex()
    index.place(a_node("n1", name="c1"), None, read=False)
    assert index.nodes_of_consul("c1") == {"n1"}
    index.place(a_node("n1", name="c1"), a_detail("n1", consul_name="box"), read=True)
    assert index.nodes_of_consul("c1") == frozenset()
    assert index.nodes_of_consul("box") == {"n1"}
    index.forget("n1")
    assert index.nodes_of_consul("box") == frozenset()
