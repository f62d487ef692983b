"""Records follow snapshots."""

import msgspec

from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.tui.rendering.nodes import NODES, NodeRow
from nomad_console.tui.rendering.table import Records
from tests.support.snapshots import article_snapshot, node_id, with_detail, with_node


def nodes(snapshot: ClusterSnapshot) -> Records[NodeRow]:
    records = Records(NODES)
    records.follow(snapshot, Changes(everything=True))
    return records


def test_only_rows_that_differ_are_told() -> None:
    start = article_snapshot()
    records = nodes(start)
    before = records.revision
    told = Changes(nodes=frozenset({node_id(1), node_id(2)}))
    assert records.follow(with_node(start, 1, version="2.0.5"), told) == {node_id(1)}
    assert records.rows[node_id(1)].node.version == "2.0.5"
    assert records.revision == before + 1


def test_a_row_that_is_gone_leaves() -> None:
    start = article_snapshot()
    records = nodes(start)
    fewer = {key: node for key, node in start.nodes.items() if key != node_id(2)}
    later = msgspec.structs.replace(start, nodes=fewer)
    differing = records.follow(later, Changes(nodes=frozenset({node_id(2)})))
    assert differing == {node_id(2)}
    assert node_id(2) not in records.rows


def test_a_column_is_blank_until_a_row_has_something_to_say_in_it() -> None:
    start = article_snapshot()
    bare = start
    for number in range(1, 7):
        bare = with_node(bare, number, node_class="")
    records = Records(NODES)
    records.follow(ClusterSnapshot(), Changes(everything=True))
    assert records.blank == frozenset()
    records.follow(bare, Changes(everything=True))
    assert records.blank == {"class"}
    renamed = with_node(bare, 1, name="c9")
    records.follow(renamed, Changes(nodes=frozenset({node_id(1)})))
    assert records.blank == {"class"}
    classed = with_node(renamed, 2, node_class="edge")
    records.follow(classed, Changes(nodes=frozenset({node_id(2)})))
    assert records.blank == frozenset()
    records.follow(bare, Changes(everything=True))
    assert records.blank == frozenset(), "what came stays: nothing jumps about"


def test_what_is_unknown_is_not_blank_yet() -> None:
    known = article_snapshot()
    for number in range(1, 7):
        known = with_detail(known, number, zone="")
    records = Records(NODES)
    half = {key: one for key, one in known.details.items() if key != node_id(3)}
    records.follow(msgspec.structs.replace(known, details=half), Changes(everything=True))
    assert "zone" not in records.blank
    records.follow(known, Changes(nodes=frozenset({node_id(3)})))
    assert "zone" in records.blank
    fewer = msgspec.structs.replace(known, details=half)
    records.follow(fewer, Changes(nodes=frozenset({node_id(3)})))
    assert "zone" in records.blank, "a new node, not read yet, moves nothing"
