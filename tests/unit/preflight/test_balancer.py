"""Rules about targets."""

import msgspec

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.preflight.balancer import (
    ambiguous,
    discovered,
    groups_read,
    others_healthy,
    others_serve,
    targets_at_rest,
    ties_complete,
    zonal_shift,
)
from tests.support.plans import a_case, ids
from tests.support.snapshots import (
    API_INT,
    WEB_PUBLIC,
    a_target,
    article_snapshot,
    node_id,
    with_derived,
    with_detail,
    with_source,
    with_target,
    without_targets,
)

NOW = article_snapshot()
RULES = (
    discovered,
    ties_complete,
    ambiguous,
    groups_read,
    targets_at_rest,
    others_serve,
    others_healthy,
    zonal_shift,
)


def _found(snapshot: ClusterSnapshot, *numbers: int) -> list[Finding]:
    case = a_case(*numbers, snapshot=snapshot)
    return [finding for rule in RULES for finding in rule(case)]


def _off(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    return with_source(snapshot, SourceName.ALB, SourceState.OFF)


def test_healthy_targets_that_are_surely_the_nodes_are_no_finding() -> None:
    assert _found(NOW, 1, 2) == []


def test_discovery_that_is_not_complete_blocks() -> None:
    half = msgspec.structs.replace(
        NOW, groups_complete=False, group_read={API_INT: NOW.group_read[API_INT]}
    )
    (finding,) = discovered(a_case(1, snapshot=half))
    assert (finding.id, finding.level) == ("discovery", Level.BLOCK)
    assert finding.evidence == "1 of 2 target groups read: others may hold the node"
    assert discovered(a_case(1, snapshot=_off(half))) == []


def _unread(snapshot: ClusterSnapshot, *numbers: int) -> ClusterSnapshot:
    ties = msgspec.structs.replace(snapshot.ties, untied=frozenset(map(node_id, numbers)))
    return msgspec.structs.replace(snapshot, ties=ties)


def test_another_node_that_is_not_read_may_own_the_target_too() -> None:
    blind = _unread(NOW, 1, 3, 4)
    (finding,) = ties_complete(a_case(1, snapshot=blind))
    assert (finding.id, finding.level) == ("discovery:ties", Level.BLOCK)
    assert finding.evidence == "2 of 6 nodes not read: c3, c4"
    assert ties_complete(a_case(1, snapshot=_unread(NOW, 1))) == []
    assert ties_complete(a_case(1, snapshot=_off(blind))) == []
    assert ties_complete(a_case(1, snapshot=_unread(without_targets(NOW, 1), 3))) == []


def test_a_target_that_two_nodes_answer_to_blocks_those_two() -> None:
    twins = with_detail(NOW, 2, instance_id="i-00000000000000001")
    found = ambiguous(a_case(1, snapshot=twins))
    assert ids(found) == [
        "ambiguous:api-int/i-00000000000000001:80",
        "ambiguous:web-public/i-00000000000000001:80",
    ]
    assert found[0].evidence == "i-00000000000000001:80 answers to c1 and c2"
    assert found[0].level == Level.BLOCK
    assert ambiguous(a_case(3, snapshot=twins)) == []
    assert ambiguous(a_case(1, snapshot=_off(twins))) == []
    unread = msgspec.structs.replace(twins, groups={})
    assert ids(ambiguous(a_case(1, snapshot=unread)))[0].startswith("ambiguous:arn:aws:")


def test_a_group_whose_settings_are_not_read_blocks() -> None:
    group = msgspec.structs.replace(NOW.groups[API_INT], attributes=None)
    blind = msgspec.structs.replace(NOW, groups={**NOW.groups, API_INT: group})
    (finding,) = groups_read(a_case(1, snapshot=blind))
    assert (finding.id, finding.level) == ("group-unread:api-int", Level.BLOCK)
    gone = groups_read(a_case(1, snapshot=msgspec.structs.replace(NOW, groups={})))
    assert [one.startswith("group-unread:arn:") for one in ids(gone)] == [True, True]


def test_a_target_that_somebody_else_takes_out_blocks() -> None:
    leaving = with_target(NOW, API_INT, 1, state="draining")
    (finding,) = targets_at_rest(a_case(1, snapshot=leaving))
    assert (finding.id, finding.level) == ("leaving:api-int/i-00000000000000001:80", Level.BLOCK)
    assert targets_at_rest(a_case(2, snapshot=leaving)) == []


def test_a_target_without_a_port_cannot_be_named() -> None:
    bare = a_target(API_INT, 1, port=0)
    odd = with_derived(msgspec.structs.replace(NOW, targets={**NOW.targets, bare.key: bare}))
    (finding,) = targets_at_rest(a_case(1, snapshot=odd))
    assert (finding.id, finding.level) == ("no-port:api-int/i-00000000000000001:0", Level.BLOCK)


def _alone(state: str = "unhealthy", **changes: str) -> ClusterSnapshot:
    """c1's target of web-public is the only one that serves."""
    alone = NOW
    for number in range(2, 7):
        alone = with_target(alone, WEB_PUBLIC, number, state=state, **changes)
    return alone


def test_the_last_healthy_target_blocks_and_the_sick_are_named() -> None:
    alone = _alone(reason="Target.Timeout")
    (last,) = others_serve(a_case(1, snapshot=alone))
    assert (last.id, last.level) == ("last-target:c1:web-public", Level.BLOCK)
    assert last.evidence == "without c1 web-public keeps 0 healthy, needs 1"
    (sick,) = others_healthy(a_case(1, snapshot=alone))
    assert (sick.id, sick.level) == ("sick:web-public", Level.WARN)
    assert sick.evidence.startswith(
        "5 of 6 get no traffic: i-00000000000000002:80 unhealthy Target.Timeout, "
    )


def _with_attributes(**attributes: str) -> ClusterSnapshot:
    group = NOW.groups[WEB_PUBLIC]
    named = {key.replace("__", "."): text for key, text in attributes.items()}
    changed = msgspec.structs.replace(group, attributes={**(group.attributes or {}), **named})
    return msgspec.structs.replace(NOW, groups={**NOW.groups, WEB_PUBLIC: changed})


def test_the_groups_own_minimum_counts_as_a_number_and_as_a_share() -> None:
    routing = "target_group_health__unhealthy_state_routing__minimum_healthy_targets__"
    dns = "target_group_health__dns_failover__minimum_healthy_targets__"
    for key, value, enough in (
        (routing + "count", "5", True),
        (routing + "count", "6", False),
        (routing + "percentage", "100", True),
        (dns + "count", "6", False),
        (dns + "percentage", "off", True),
    ):
        case = a_case(1, snapshot=_with_attributes(**{key: value}))
        assert ids(others_serve(case)) == ([] if enough else ["last-target:c1:web-public"])
    strict = _with_attributes(**{routing + "percentage": "100"})
    sick = with_target(strict, WEB_PUBLIC, 2, state="unhealthy")
    (finding,) = others_serve(a_case(1, snapshot=sick))
    assert finding.evidence == "without c1 web-public keeps 4 healthy, needs 5"


def test_a_zone_that_keeps_its_traffic_must_keep_a_target() -> None:
    apart = _with_attributes(load_balancing__cross_zone__enabled="false")
    assert others_serve(a_case(1, snapshot=apart)) == []
    empty = with_target(apart, WEB_PUBLIC, 4, state="initial")  # the other one in zone a
    assert ids(others_serve(a_case(1, snapshot=empty))) == ["last-target:c1:web-public/eu-west-1a"]


def test_the_sick_of_a_group_that_no_balancer_uses_are_nobodys_matter() -> None:
    idle = msgspec.structs.replace(NOW.groups[API_INT], load_balancers=())
    unused = with_target(NOW, API_INT, 2, state="unused", reason="Target.NotInUse")
    snapshot = msgspec.structs.replace(unused, groups={**NOW.groups, API_INT: idle})
    assert _found(snapshot, 1) == []
    gone = msgspec.structs.replace(unused, groups={WEB_PUBLIC: NOW.groups[WEB_PUBLIC]})
    assert others_healthy(a_case(1, snapshot=gone)) == []


def test_a_target_that_a_zonal_shift_keeps_from_traffic_does_not_count() -> None:
    shifted = _alone(state="healthy", override="zonal_shift_active")
    assert ids(others_serve(a_case(1, snapshot=shifted))) == ["last-target:c1:web-public"]
    one = with_target(NOW, WEB_PUBLIC, 2, override="zonal_shift_active")
    assert others_serve(a_case(1, snapshot=one)) == []


def test_during_a_zonal_shift_the_other_zones_are_not_weakened_without_a_word() -> None:
    shifted = with_target(NOW, WEB_PUBLIC, 2, override="zonal_shift_delegated_to_dns")
    (carrying,) = zonal_shift(a_case(1, snapshot=shifted))
    assert (carrying.id, carrying.level) == ("zonal-shift:web-public", Level.ACK)
    assert carrying.evidence == (
        "zonal shift: 1 of 6 targets get no new traffic; i-00000000000000001:80 carry theirs too"
    )
    (itself,) = zonal_shift(a_case(2, snapshot=shifted))
    assert itself.level == Level.WARN
    assert zonal_shift(a_case(1, snapshot=msgspec.structs.replace(shifted, groups={}))) == []
    over = with_target(NOW, WEB_PUBLIC, 2, override="no_override")
    assert zonal_shift(a_case(1, snapshot=over)) == []
