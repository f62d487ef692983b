import msgspec
import pytest

from nomad_console.domain.selection import SelectionError, chosen, needs_details
from tests.support.snapshots import a_node, article_snapshot, node_id, with_detail, with_node

SNAPSHOT = article_snapshot()


def numbers(*words: str) -> list[int]:
    return [int(key[1]) for key in chosen(SNAPSHOT, words)]


def refusal(*words: str) -> str:
    with pytest.raises(SelectionError) as refused:
        chosen(SNAPSHOT, words)
    return str(refused.value)


def test_names_and_id_prefixes_keep_their_order_and_count_once() -> None:
    assert numbers("c3", "c1", "C2000000", node_id(4), "c3", "c1000000-0000") == [3, 1, 2, 4]


def test_a_field_names_every_node_that_has_the_value() -> None:
    assert numbers("class=edge") == [1, 2, 3, 4, 5, 6]
    assert numbers("c4", "datacenter=dc1") == [4, 1, 2, 3, 5, 6]
    newer = with_node(SNAPSHOT, 5, version="2.0.5", pool="big")
    assert chosen(newer, ["version=2.0.5"]) == chosen(newer, ["pool=big"]) == (node_id(5),)


def test_a_meta_field_needs_every_node_read() -> None:
    racked = with_detail(SNAPSHOT, 2, meta={"rack": "r1"})
    assert chosen(racked, ["meta.rack=r1"]) == (node_id(2),)
    assert needs_details(["c1", "meta.rack=r1"])
    assert not needs_details(["class=edge", "meta.rack"])
    with pytest.raises(SelectionError, match=r"meta\.rack of 6 nodes is not read yet"):
        chosen(msgspec.structs.replace(racked, details={}), ["meta.rack=r1"])


def test_a_name_goes_before_an_id_and_before_a_field() -> None:
    named = with_node(with_node(SNAPSHOT, 1, name="c200"), 3, name="pool=a")
    assert chosen(named, ["c200"]) == (node_id(1),)
    assert chosen(named, ["pool=a"]) == (node_id(3),)


def test_a_word_that_fits_several_nodes_says_which() -> None:
    twice = with_node(SNAPSHOT, 2, name="c1")
    with pytest.raises(SelectionError) as refused:
        chosen(twice, ["c1"])
    assert '"c1" could be any of c1 (c1000000), c1 (c2000000)' in str(refused.value)
    alike = with_node(SNAPSHOT, 2, id="c1000000-ffff")
    with pytest.raises(SelectionError, match="give more of its id"):
        chosen(alike, ["c1000000"])


def test_every_useless_word_is_named_with_what_there_is() -> None:
    said = refusal("c1", "c9", "class=egde", "zone=a")
    every = "there are c1, c2, c3, c4, c5, c6"
    rule = "the beginning of an id has 4 characters or more"
    assert f'no node "c9"; {every}; {rule}; no node with' in said
    assert "no node with class=egde: it is edge" in said
    assert '"zone" is no field of a node; there are class pool datacenter version meta.KEY' in said
    assert '"meta." is no field' in refusal("meta.=1")
    assert refusal("xyzzy") == f'no node "xyzzy"; {every}'
    assert refusal("meta.rack=r1") == "no node with meta.rack=r1: no node has it"


def test_of_many_nodes_those_like_the_word_are_shown() -> None:
    nodes = [
        msgspec.structs.replace(a_node(1), id=f"{number:08x}", name=f"web-{number}")
        for number in range(1, 31)
    ]
    many = msgspec.structs.replace(SNAPSHOT, nodes={node.id: node for node in nodes})
    with pytest.raises(SelectionError) as refused:
        chosen(many, ["wbe-7", "zzzzzz"])
    said = str(refused.value)
    assert 'no node "wbe-7" among 30; like it web-7, ' in said
    assert said.endswith('no node "zzzzzz" among 30')


def test_a_short_word_is_never_an_id() -> None:
    unnamed = with_node(SNAPSHOT, 1, name="web-1")
    with pytest.raises(SelectionError, match='no node "c1"'):
        chosen(unnamed, ["c1"])


def test_many_values_are_shown_in_part_and_harmless() -> None:
    many = SNAPSHOT
    for number in range(1, 7):
        many = with_node(many, number, pool=f"p{number}\x1b[2J")
    with pytest.raises(SelectionError) as refused:
        chosen(many, ["pool=x\x1b"])
    assert "and 1 more" in str(refused.value)
    assert "\x1b" not in str(refused.value)
