"""The incremental ties are those of the plain function, whatever the order."""

from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.links import tie
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.target import TargetKey
from nomad_console.live.machines import MachineIndex
from tests.support.records import a_detail, a_node

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
