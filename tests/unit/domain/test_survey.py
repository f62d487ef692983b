"""A node as found."""

import msgspec

from nomad_console.domain.survey import batch_work, groups_before, job_type, survey
from tests.support.snapshots import (
    API_INT,
    an_allocation,
    article_snapshot,
    node_id,
    with_allocation,
    with_new,
    with_target,
)

NOW = article_snapshot()


def test_targets_are_recorded_as_listed() -> None:
    listed = with_target(NOW, API_INT, 1, zone="all", quic_server_id="0x1")
    first = survey(listed, node_id(1)).targets[0]
    assert (first.group_name, first.zone, first.quic_server_id) == ("api-int", "all", "0x1")
    assert (first.delay_s, first.slow_start_s, first.network) == (20.0, 0.0, False)


def test_a_group_that_is_not_read_has_aws_defaults() -> None:
    blind = msgspec.structs.replace(NOW, groups={})
    first = survey(blind, node_id(1)).targets[0]
    assert (first.group_name, first.delay_s, first.slow_start_s) == (API_INT, 300.0, 0.0)
    group = msgspec.structs.replace(NOW.groups[API_INT], attributes=None)
    unread = msgspec.structs.replace(NOW, groups={API_INT: group})
    assert survey(unread, node_id(1)).targets[0].delay_s == 300.0


def test_only_healthy_drivers_are_expected_back() -> None:
    details = {
        **NOW.details,
        node_id(1): msgspec.structs.replace(
            NOW.details[node_id(1)], drivers={"docker": False, "raw_exec": True}
        ),
    }
    assert survey(msgspec.structs.replace(NOW, details=details), node_id(1)).drivers == (
        "raw_exec",
    )


def test_what_is_not_read_is_not_made_up() -> None:
    blind = msgspec.structs.replace(NOW, details={}, node_health={})
    found = survey(blind, node_id(1))
    assert (found.instance_id, found.drivers, found.services) == ("", (), ())
    assert found.consul_name == "c1"


def test_ended_allocations_are_history() -> None:
    over = with_allocation(NOW, "web", 0, client="complete")
    assert [one.job_id for one in survey(over, node_id(1)).allocations] == ["edge", "solo"]


def test_a_type_comes_from_the_row_the_job_or_its_stub() -> None:
    row = an_allocation("edge", 0, 1, job_type=None)
    assert job_type(NOW, an_allocation("web", 0, 1)) == "service"
    assert job_type(NOW, row) == "system"
    assert job_type(msgspec.structs.replace(NOW, jobs={}), row) == "system"
    assert job_type(NOW, an_allocation("stray", 0, 1, job_type=None)) == ""


def test_groups_are_counted_everywhere_without_the_unhealthy() -> None:
    nodes = (survey(NOW, node_id(1)),)
    assert [(one.job_id, one.running) for one in groups_before(NOW, nodes)] == [
        ("solo", 1),
        ("web", 6),
    ]
    sick = with_allocation(NOW, "web", 5, healthy=False)
    pending = with_new(sick, an_allocation("web", 50, 3, client="pending"))
    assert groups_before(pending, nodes)[1].running == 5


def test_the_batch_work_on_a_node_is_what_has_not_ended_there() -> None:
    assert [one.job_id for one in batch_work(NOW, node_id(2))] == ["crunch"]
    assert batch_work(NOW, node_id(1)) == ()
    assert batch_work(with_allocation(NOW, "crunch", 0, client="complete"), node_id(2)) == ()


def test_an_address_is_told_from_an_instance() -> None:
    groups = {**NOW.groups, API_INT: msgspec.structs.replace(NOW.groups[API_INT], target_type="ip")}
    found = survey(msgspec.structs.replace(NOW, groups=groups), node_id(1)).targets
    assert [one.is_address for one in found] == [True, False]
