"""Where systems contradict each other."""

import msgspec
import pytest

from nomad_console.domain.links import Ties
from nomad_console.domain.service import HealthCheck
from nomad_console.domain.snapshot import ClusterSnapshot, ConsulSums
from nomad_console.tui.rendering.disagreements import disagreements, group_name
from tests.support.consoles import degraded_snapshot
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_target,
    allocation_id,
    article_snapshot,
    node_id,
    with_node,
)


def test_a_healthy_cluster_agrees() -> None:
    start = article_snapshot()
    assert [disagreements(start, key) for key in start.nodes] == [()] * 6
    assert disagreements(start, "gone") == ()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, ()),
        (2, ("Nomad says drained, ALB still sends (api-int healthy web-public draining)",)),
        (3, ("Nomad is draining, ALB still sends (api-int healthy web-public healthy)",)),
        (
            4,
            (
                "Nomad says ready, ALB does not (api-int unhealthy)",
                "Nomad says ready, Consul has 1 critical",
            ),
        ),
        (
            5,
            (
                "Nomad says down, ALB still sends (api-int healthy web-public healthy)",
                "Nomad says down, Consul passes 2 instances",
            ),
        ),
    ],
)
def test_each_rule(number: int, said: tuple[str, ...]) -> None:
    assert disagreements(degraded_snapshot(), node_id(number)) == said


def test_critical_services_are_named() -> None:
    start = article_snapshot()
    check = HealthCheck("c1", "x", "alive", "critical", "", "id", "web")
    snapshot = msgspec.structs.replace(
        start, consul_sums={"c1": ConsulSums(1, 0, 1)}, problems={"c1": (check,)}
    )
    assert disagreements(snapshot, node_id(1)) == ("Nomad says ready, Consul has 1 critical (web)",)


def test_consul_passes_what_has_ended() -> None:
    start = article_snapshot()
    dead = msgspec.structs.replace(start.allocations[allocation_id("web", 0)], client="complete")
    snapshot = msgspec.structs.replace(start, allocations={**start.allocations, dead.id: dead})
    assert disagreements(snapshot, node_id(1)) == ("Consul lists web, whose allocation has ended",)


def test_an_address_of_two_nodes() -> None:
    start = article_snapshot()
    key = a_target(WEB_PUBLIC, 2).key
    ties = Ties(ambiguous={key: (node_id(1), node_id(2))})
    snapshot: ClusterSnapshot = msgspec.structs.replace(start, ties=ties)
    said = disagreements(snapshot, node_id(1))
    assert said == (f"target {key.id}:80 of web-public is also another node",)


def test_a_group_nobody_has_read_still_has_a_name() -> None:
    assert group_name(ClusterSnapshot(), WEB_PUBLIC) == "web-public"
    assert group_name(ClusterSnapshot(), "odd") == "odd"


def test_one_instance_is_one() -> None:
    down = with_node(article_snapshot(), 1, status="down")
    lonely = msgspec.structs.replace(down, consul_sums={"c1": ConsulSums(1)})
    assert "Nomad says down, Consul passes 1 instance" in disagreements(lonely, node_id(1))
