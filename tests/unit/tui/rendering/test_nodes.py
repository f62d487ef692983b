"""The truth row."""

from datetime import timedelta

import msgspec
import pytest

from nomad_console.domain.node import DrainStrategy, NodeEvent
from nomad_console.domain.rights import SERVICE_READ, Credential, Right, Verdict
from nomad_console.domain.snapshot import Changes, ClusterSnapshot, ConsulSums, Source, SourceState
from nomad_console.tui.rendering import nodes
from nomad_console.tui.rendering.columns import At, column
from nomad_console.tui.rendering.table import Records
from nomad_console.tui.rendering.view import View
from tests.support.consoles import degraded_snapshot
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_target,
    allocation_id,
    article_snapshot,
    later,
    node_id,
    with_allocation,
    with_detail,
    with_node,
    with_source,
    with_target,
)


def shown(snapshot: ClusterSnapshot, number: int) -> dict[str, str]:
    row = nodes.build(snapshot, node_id(number))
    assert row is not None
    at = At(snapshot, EPOCH)
    return {one.key: one.cell(row, at).text for one in nodes.NODES.columns}


def test_a_healthy_node_in_one_line() -> None:
    cells = shown(article_snapshot(), 1)
    wanted = {"name": "c1", "version": "2.0.4 ↑", "state": "ready", "sign": " ", "allocs": "3/3"}
    wanted |= {"consul": "3 ok", "alb": "2 ok", "age": "41d", "zone": "eu-west-1a"}
    assert {key: cells[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("number", "state", "sign"),
    [(2, "ineligible", "○ !"), (3, "draining", "◐ !"), (4, "ready", "  !"), (5, "down 41s", "✗ !")],
)
def test_states_have_a_word_and_a_sign(number: int, state: str, sign: str) -> None:
    cells = shown(degraded_snapshot(), number)
    assert (cells["state"], cells["sign"]) == (state, sign)


def test_balancer_and_consul_count_what_is_wrong() -> None:
    cells = shown(degraded_snapshot(), 4)
    assert (cells["consul"], cells["alb"]) == ("2 ok 1 CRIT", "1 ok 1 BAD")
    assert shown(degraded_snapshot(), 2)["alb"] == "1 ok 1 out"
    new = with_target(article_snapshot(), WEB_PUBLIC, 1, state="initial")
    assert shown(new, 1)["alb"] == "1 ok 1 new"
    warned = msgspec.structs.replace(new, consul_sums={"c1": ConsulSums(0, 2, 0)})
    assert shown(warned, 1)["consul"] == "2 warn"


def test_what_nobody_has_said_is_unknown_and_what_is_empty_is_nothing() -> None:
    start = article_snapshot()
    quiet = msgspec.structs.replace(
        start, sources={}, node_sums={}, consul_sums={}, details={}, targets={}
    )
    cells = shown(msgspec.structs.replace(quiet, groups_complete=False), 1)
    assert [cells[key] for key in ("allocs", "consul", "alb", "age", "zone")] == ["·"] * 5
    spoken = msgspec.structs.replace(quiet, sources=start.sources, groups_complete=True)
    cells = shown(spoken, 1)
    assert [cells[key] for key in ("allocs", "consul", "alb")] == ["0/0", "–", "–"]
    off = {name: Source(name, SourceState.OFF) for name in ("consul", "alb")}
    cells = shown(msgspec.structs.replace(quiet, sources=off, groups_complete=False), 1)
    assert [cells[key] for key in ("consul", "alb")] == ["–", "–"]


def test_what_the_token_may_not_see_is_not_none() -> None:
    start = article_snapshot()
    held = {"consul": Credential(rights=(Right(SERVICE_READ, Verdict.NO, "hidden"),))}
    sums = {node_id(1): start.node_sums[node_id(1)]}
    some = msgspec.structs.replace(
        start, every_namespace=False, node_sums=sums, consul_sums={}, rights=held
    )
    assert [shown(some, number)["allocs"] for number in (1, 2)] == ["3/3+", "·"]
    assert shown(some, 1)["consul"] == "·"
    unlisted = msgspec.structs.replace(start, nomad_index=0)
    assert shown(unlisted, 1)["allocs"] == "·"
    changed = Changes(sources=True)
    assert nodes.touched(start, some, changed) is None
    assert nodes.touched(unlisted, start, changed) is None
    everywhere = {"nomad": Credential(everywhere=Verdict.YES)}
    proxied = msgspec.structs.replace(start, every_namespace=False, rights=everywhere)
    assert shown(proxied, 1)["allocs"] == "3/3"


def test_draining_says_since_when() -> None:
    drain = DrainStrategy(False, 3600.0, EPOCH - timedelta(seconds=9), None)  # noqa: FBT003 — the record's own order
    snapshot = with_detail(with_node(article_snapshot(), 1, draining=True), 1, drain=drain)
    assert shown(snapshot, 1)["state"] == "draining 9s"


def test_a_node_as_new_as_the_servers_is_not_behind() -> None:
    assert shown(with_node(article_snapshot(), 1, version="2.0.5"), 1)["version"] == "2.0.5"


def test_touched_follows_all_four_systems() -> None:
    old = article_snapshot()
    new = later(old, 1)
    key = a_target(WEB_PUBLIC, 3).key
    assert nodes.touched(old, new, Changes()) == set()
    assert nodes.touched(old, new, Changes(nodes=frozenset({node_id(1)}))) == {node_id(1)}
    assert nodes.touched(old, new, Changes(targets=frozenset({key}))) == {node_id(3)}
    changed = frozenset({allocation_id("web", 1)})
    assert nodes.touched(old, new, Changes(allocations=changed)) == {node_id(2)}
    rows = with_allocation(old, "web", 1, node_id=node_id(6)).allocations
    moved = msgspec.structs.replace(old, allocations=rows)
    assert nodes.touched(old, moved, Changes(allocations=changed)) == {node_id(2), node_id(6)}


def test_a_target_of_two_nodes_touches_both() -> None:
    old = article_snapshot()
    key = a_target(WEB_PUBLIC, 2).key
    ties = msgspec.structs.replace(old.ties, ambiguous={key: (node_id(1), node_id(2))})
    new = msgspec.structs.replace(old, ties=ties)
    assert nodes.touched(old, new, Changes()) == {node_id(1), node_id(2)}


def test_a_cordon_does_not_make_a_node_younger() -> None:
    registered = NodeEvent("Cluster", "Node registered", EPOCH - timedelta(days=41), {})
    cordoned = NodeEvent("Cluster", "Node marked as ineligible for scheduling", EPOCH, {})
    snapshot = with_node(article_snapshot(), 2, eligibility="ineligible")
    snapshot = with_detail(snapshot, 2, status_updated_at=EPOCH, events=(registered, cordoned))
    assert shown(snapshot, 2)["age"] == "41d"


def test_everything_is_touched_when_a_source_first_speaks_or_the_servers_change() -> None:
    old = msgspec.structs.replace(article_snapshot(), sources={})
    assert nodes.touched(old, article_snapshot(), Changes(sources=True)) is None
    silent = with_source(article_snapshot(), "consul", SourceState.STALE, "connection refused")
    assert nodes.touched(article_snapshot(), silent, Changes(sources=True)) is None
    assert nodes.touched(silent, article_snapshot(), Changes(sources=True)) is None
    newer = msgspec.structs.replace(article_snapshot(), server_versions=("2.0.6",))
    assert nodes.touched(article_snapshot(), newer, Changes()) is None


def test_every_column_sorts_and_every_row_is_searched() -> None:
    row = nodes.build(degraded_snapshot(), node_id(4))
    assert row is not None
    values = {one.key: (one.order or one.value)(row) for one in nodes.NODES.columns}
    assert values["name"] == "c0000000004"
    assert None not in values.values()
    assert "eu-west-1a" in nodes.NODES.words(row)


def test_a_filter_searches_what_the_columns_show_and_nothing_else() -> None:
    snapshot = degraded_snapshot()
    for number in range(1, 7):
        row = nodes.build(snapshot, node_id(number))
        assert row is not None
        at = At(snapshot, EPOCH)
        cells = " ".join(one.cell(row, at).text for one in nodes.NODES.columns)
        assert all(word in cells for word in nodes.NODES.words(row).split())


def test_checks_and_targets_sort_by_what_is_worst() -> None:
    def order(key: str, snapshot: ClusterSnapshot, *, descending: bool = False) -> str:
        records = Records(nodes.NODES)
        records.follow(snapshot, Changes(everything=True))
        view = View(nodes.NODES, records.rows)
        found = column(nodes.NODES.columns, key)
        assert found is not None
        view.column, view.descending = found, descending
        view.arrange(0.0)
        return " ".join(view.rows[one].node.name for one in view.keys)

    sums = (ConsulSums(9), ConsulSums(8), ConsulSums(9, 1), ConsulSums(1, 0, 2), ConsulSums(9))
    named = {f"c{number}": one for number, one in enumerate((*sums, ConsulSums(7)), 1)}
    snapshot = msgspec.structs.replace(article_snapshot(), consul_sums=named)
    assert order("consul", snapshot) == "c4 c3 c6 c2 c1 c5"
    assert order("consul", snapshot, descending=True) == "c5 c1 c2 c6 c3 c4"
    balancing = with_target(article_snapshot(), WEB_PUBLIC, 5, state="unhealthy")
    balancing = with_target(balancing, WEB_PUBLIC, 2, state="draining")
    assert order("alb", balancing) == "c5 c2 c1 c3 c4 c6"
    assert order("alb", balancing, descending=True) == "c6 c4 c3 c1 c2 c5"
