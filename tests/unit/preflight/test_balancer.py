"""Rules about target groups."""

import msgspec

from nomad_console.domain.finding import Level
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.preflight.balancer import others_serve, targets_known
from tests.support.plans import a_plan
from tests.support.snapshots import (
    API_INT,
    WEB_PUBLIC,
    article_snapshot,
    with_detail,
    with_source,
    with_target,
)

NOW = article_snapshot()


def test_complete_ties_are_no_finding() -> None:
    assert targets_known(NOW, a_plan(1)) == []
    assert others_serve(NOW, a_plan(1, 2)) == []


def test_discovery_that_is_not_complete_blocks() -> None:
    (finding,) = targets_known(msgspec.structs.replace(NOW, groups_complete=False), a_plan(1))
    assert (finding.id, finding.level) == ("discovery", Level.BLOCK)


def test_without_a_balancer_there_is_nothing_to_know() -> None:
    off = with_source(
        msgspec.structs.replace(NOW, groups_complete=False), SourceName.ALB, SourceState.OFF
    )
    assert targets_known(off, a_plan(1)) == []


def test_a_target_that_two_nodes_answer_to_blocks_those_two() -> None:
    twins = with_detail(NOW, 2, instance_id="i-00000000000000001")
    found = targets_known(twins, a_plan(1, snapshot=twins))
    assert [finding.id for finding in found] == [
        "ambiguous:api-int/i-00000000000000001:80",
        "ambiguous:web-public/i-00000000000000001:80",
    ]
    assert found[0].evidence == "i-00000000000000001:80 answers to c1 and c2"
    assert found[0].level == Level.BLOCK
    assert targets_known(twins, a_plan(3, snapshot=twins)) == []
    unread = msgspec.structs.replace(twins, groups={})
    plan = a_plan(1, snapshot=twins)
    assert targets_known(unread, plan)[0].id.startswith("ambiguous:arn:aws:")


def test_a_group_whose_settings_are_not_read_blocks() -> None:
    group = msgspec.structs.replace(NOW.groups[API_INT], attributes=None)
    blind = msgspec.structs.replace(NOW, groups={**NOW.groups, API_INT: group})
    (finding,) = targets_known(blind, a_plan(1, snapshot=blind))
    assert (finding.id, finding.level) == ("group-unread:api-int", Level.BLOCK)
    gone = msgspec.structs.replace(NOW, groups={})
    plan = a_plan(1, snapshot=gone)
    assert len([one for one in plan.findings if one.id.startswith("group-unread:arn:")]) == 2


def test_a_target_that_somebody_else_takes_out_blocks() -> None:
    leaving = with_target(NOW, API_INT, 1, state="draining")
    (finding,) = targets_known(leaving, a_plan(1, snapshot=leaving))
    assert (finding.id, finding.level) == (
        "leaving:api-int/i-00000000000000001:80",
        Level.BLOCK,
    )
    assert targets_known(leaving, a_plan(2, snapshot=leaving)) == []


def test_the_last_healthy_target_blocks_and_the_sick_are_named() -> None:
    alone = NOW
    for number in range(2, 7):
        alone = with_target(alone, WEB_PUBLIC, number, state="unhealthy")
    last, sick = others_serve(alone, a_plan(1))
    assert (last.id, last.level) == ("last-target:c1:web-public", Level.BLOCK)
    assert last.evidence == "without c1 web-public keeps 0 healthy, needs 1"
    assert (sick.id, sick.level) == ("sick:web-public", Level.WARN)
    assert sick.evidence.startswith("i-00000000000000002:80 unhealthy, ")


def test_a_zone_that_keeps_its_traffic_must_keep_a_target() -> None:
    group = NOW.groups[WEB_PUBLIC]
    attributes = {**(group.attributes or {}), "load_balancing.cross_zone.enabled": "false"}
    zonal = msgspec.structs.replace(group, attributes=attributes)
    apart = msgspec.structs.replace(NOW, groups={**NOW.groups, WEB_PUBLIC: zonal})
    assert others_serve(apart, a_plan(1)) == []
    empty = with_target(apart, WEB_PUBLIC, 4, state="initial")  # the other one in zone a
    assert others_serve(empty, a_plan(1))[0].id == "last-target:c1:web-public/eu-west-1a"


def test_the_sick_of_a_group_that_no_balancer_uses_are_nobodys_matter() -> None:
    idle = msgspec.structs.replace(NOW.groups[API_INT], load_balancers=())
    unused = with_target(NOW, API_INT, 2, state="unused", reason="Target.NotInUse")
    snapshot = msgspec.structs.replace(unused, groups={**NOW.groups, API_INT: idle})
    assert others_serve(snapshot, a_plan(1)) == []
