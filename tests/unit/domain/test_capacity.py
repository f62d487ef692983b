"""Minimum health of target groups."""

import msgspec
import pytest

from nomad_console.domain.capacity import Room, rooms
from nomad_console.domain.snapshot import ClusterSnapshot
from tests.support.snapshots import (
    WEB_PUBLIC,
    a_target,
    article_snapshot,
    with_detail,
    with_target,
)

NOW = article_snapshot()
FIRST = {a_target(WEB_PUBLIC, 1).key}
ROUTING = "target_group_health.unhealthy_state_routing.minimum_healthy_targets."
DNS = "target_group_health.dns_failover.minimum_healthy_targets."
CROSS_ZONE = "load_balancing.cross_zone.enabled"


def with_group(protocol: str = "HTTP", **attributes: str) -> ClusterSnapshot:
    group = msgspec.structs.replace(
        NOW.groups[WEB_PUBLIC], protocol=protocol, attributes=attributes
    )
    return msgspec.structs.replace(NOW, groups={**NOW.groups, WEB_PUBLIC: group})


def room(snapshot: ClusterSnapshot) -> Room:
    (one,) = rooms(snapshot, FIRST)
    return one


def test_the_rest_of_the_group_is_counted() -> None:
    assert (room(NOW).healthy_after, room(NOW).needed, room(NOW).enough) == (5, 1, True)
    shifted = with_target(NOW, WEB_PUBLIC, 2, override="zonal_shift_active")
    assert room(shifted).healthy_after == 4
    assert str(room(NOW)) == "web-public keeps 5 healthy, needs 1"


@pytest.mark.parametrize(
    ("attributes", "needed"),
    [
        ({ROUTING + "count": "3"}, 3),
        ({DNS + "count": "4"}, 4),
        ({DNS + "count": "off"}, 1),
        ({ROUTING + "percentage": "50"}, 3),  # of the five that stay registered
        ({DNS + "percentage": "100", ROUTING + "count": "2"}, 5),
        ({ROUTING + "percentage": "off"}, 1),
    ],
)
def test_the_largest_minimum_counts(attributes: dict[str, str], needed: int) -> None:
    assert room(with_group(**attributes)).needed == needed


def test_settings_that_are_not_read_need_at_least_one() -> None:
    group = msgspec.structs.replace(NOW.groups[WEB_PUBLIC], attributes=None)
    blind = msgspec.structs.replace(NOW, groups={WEB_PUBLIC: group})
    assert room(blind).needed == 1


@pytest.mark.parametrize(
    ("protocol", "word", "zone"),
    [
        ("HTTP", "true", ""),
        ("HTTP", "use_load_balancer_configuration", ""),
        ("HTTP", "false", "eu-west-1a"),
        ("TCP", "true", ""),
        ("TCP", "use_load_balancer_configuration", "eu-west-1a"),
    ],
)
def test_a_zone_stands_alone_where_traffic_stays_in_it(protocol: str, word: str, zone: str) -> None:
    found = room(with_group(protocol, **{CROSS_ZONE: word}))
    assert found.zone == zone
    assert found.healthy_after == (1 if zone else 5)


def test_a_listed_zone_goes_before_the_nodes() -> None:
    apart = with_group(**{CROSS_ZONE: "false"})
    moved = with_target(apart, WEB_PUBLIC, 1, zone="eu-west-1b")
    assert str(room(moved)) == "web-public in eu-west-1b keeps 2 healthy, needs 1"
    nowhere = with_detail(msgspec.structs.replace(apart, details={**NOW.details}), 1, zone="")
    assert (room(nowhere).zone, room(nowhere).healthy_after) == ("", 0)


def test_groups_unknown_or_not_in_use_are_left_out() -> None:
    assert rooms(msgspec.structs.replace(NOW, groups={}), FIRST) == ()
    idle = msgspec.structs.replace(NOW.groups[WEB_PUBLIC], load_balancers=())
    assert rooms(msgspec.structs.replace(NOW, groups={WEB_PUBLIC: idle}), FIRST) == ()


def test_a_target_that_has_left_leaves_its_group_to_be_looked_at() -> None:
    gone = {key: one for key, one in NOW.targets.items() if key not in FIRST}
    left = room(msgspec.structs.replace(NOW, targets=gone))
    assert (left.healthy_after, left.needed) == (5, 1)
    apart = with_group(**{CROSS_ZONE: "false"})
    assert rooms(msgspec.structs.replace(apart, targets=gone), FIRST) == ()
