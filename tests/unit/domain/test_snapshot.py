"""A snapshot answers what several maps say together."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.service import ServiceSummary
from nomad_console.domain.snapshot import (
    Changes,
    ClusterSnapshot,
    ConsulSums,
    NodeSums,
    Source,
    SourceState,
)
from nomad_console.domain.target import TargetKey, Ties
from tests.support.records import a_detail, a_node, a_target, an_allocation

IDS = st.frozensets(st.sampled_from(["a", "b", "c"]))
CHANGES = st.builds(
    Changes,
    nodes=IDS,
    allocations=IDS,
    services=IDS,
    sources=st.booleans(),
    everything=st.booleans(),
)


@given(CHANGES, CHANGES, CHANGES)
def test_joining_loses_nothing_and_needs_no_order(
    one: Changes, two: Changes, three: Changes
) -> None:
    both = one.joined(two)
    assert both.nodes == one.nodes | two.nodes
    assert both.allocations == one.allocations | two.allocations
    assert both.services == one.services | two.services
    assert both.sources == (one.sources or two.sources)
    assert both.everything == (one.everything or two.everything)
    assert one.joined(two).joined(three) == one.joined(two.joined(three))
    assert one.joined(two) == two.joined(one)
    assert one.joined(Changes()) == one


def test_a_source_nobody_heard_of_is_connecting() -> None:
    assert ClusterSnapshot().source("alb") == Source("alb", SourceState.CONNECTING)
    told = Source("alb", SourceState.LIVE)
    assert ClusterSnapshot(sources={"alb": told}).source("alb") is told


def test_consuls_name_is_the_one_it_gave_else_the_nodes() -> None:
    node = a_node(name="c1")
    assert ClusterSnapshot().consul_name(node) == "c1"
    for name, expected in (("box-1", "box-1"), ("", "c1")):
        snapshot = ClusterSnapshot(details={"n1": a_detail(consul_name=name)})
        assert snapshot.consul_name(node) == expected


def test_what_is_on_a_node_is_followed_through_the_indexes() -> None:
    key, gone = TargetKey("g1", "i-n1", 80), TargetKey("g1", "i-n1", 81)
    snapshot = ClusterSnapshot(
        allocations={"a1": an_allocation("a1"), "a2": an_allocation("a2", "n2")},
        by_node={"n1": frozenset({"a1"})},
        targets={key: a_target()},
        ties=Ties(targets_of={"n1": (key, gone)}),
    )
    assert [one.id for one in snapshot.allocations_of("n1")] == ["a1"]
    assert [one.key for one in snapshot.targets_of("n1")] == [key]
    assert snapshot.allocations_of("nobody") == []
    assert snapshot.targets_of("nobody") == []


def test_what_was_tried_in_vain_does_not_connect_any_more() -> None:
    assert Source("alb").word == "connecting"
    assert Source("alb", reason="no route").word == "unreachable"
    assert Source("alb", SourceState.STALE, reason="no route").word == "stale"


def test_reason_and_hint_are_told_as_one_sentence() -> None:
    assert Source("alb").told == ""
    assert Source("alb", reason="no route", hint="check it").told == "no route; check it"


def test_a_target_group_nobody_has_read_still_has_a_name() -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web-public/6d0e"
    assert ClusterSnapshot().group_name(arn) == "web-public"
    assert ClusterSnapshot().group_name("odd") == "odd"


def test_counts_are_known_only_where_their_source_has_been_read() -> None:
    node, at = a_node(), datetime(2026, 11, 22, tzinfo=UTC)
    assert ClusterSnapshot().work_of(node.id) is None
    assert ClusterSnapshot().instances_of(node) is None
    live = {name: Source(name, SourceState.LIVE, at) for name in ("nomad", "consul")}
    read = ClusterSnapshot(sources=live, nomad_index=7)
    assert (read.work_of(node.id), read.instances_of(node)) == (NodeSums(), ConsulSums())
    refused = {name: Source(name, SourceState.REFUSED, at) for name in live}
    token = msgspec.structs.replace(read, sources=refused)
    assert (token.work_of(node.id), token.instances_of(node)) == (None, None)
    ended = msgspec.structs.replace(
        token,
        allocations={"a1": an_allocation("a1", "n2")},
        services={"web": ServiceSummary("web", 0, (), ())},
    )
    assert (ended.work_of(node.id), ended.instances_of(node)) == (NodeSums(), ConsulSums())
