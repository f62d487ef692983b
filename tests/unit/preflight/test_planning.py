"""From marked nodes to a plan."""

import msgspec
import pytest

from nomad_console.domain.finding import Level
from nomad_console.domain.plan import PlanOptions, Step
from nomad_console.domain.snapshot import SourceName, SourceState
from nomad_console.preflight.planning import make_plan
from tests.support.plans import a_plan
from tests.support.snapshots import article_snapshot, node_id, with_detail, with_source

NOW = article_snapshot()


def test_a_plan_keeps_the_order_and_names_each_node_once() -> None:
    plan = make_plan(NOW, [node_id(3), node_id(1), node_id(3)], PlanOptions("r"))
    assert [node.name for node in plan.nodes] == ["c3", "c1"]
    assert not plan.blocked
    assert (plan.made_at, plan.nomad_index) == (NOW.at, NOW.nomad_index)


def test_a_plan_records_what_must_be_as_before() -> None:
    node = a_plan(1).nodes[0]
    assert [str(one) for one in node.targets] == [
        "api-int i-00000000000000001:80",
        "web-public i-00000000000000001:80",
    ]
    assert [one.name for one in node.allocations] == ["edge.edge[1]", "solo.solo[0]", "web.web[0]"]
    assert [one.job_id for one in node.system] == ["edge"]
    assert [(one.name, one.passing) for one in node.services] == [
        ("edge", 6),
        ("solo", 1),
        ("web", 6),
    ]


def test_a_node_that_is_not_listed_blocks() -> None:
    plan = make_plan(NOW, ["nobody"], PlanOptions("r"))
    assert (plan.nodes, plan.blocked) == ((), True)
    assert plan.findings[0].id == "unknown-node:nobody"


def test_the_target_is_the_oldest_servers_unless_asked_for() -> None:
    mixed = msgspec.structs.replace(NOW, server_versions=("2.0.10", "2.0.9"))
    assert a_plan(1, snapshot=mixed).target_version == "2.0.9"
    assert a_plan(1, target_version="2.0.5").target_version == "2.0.5"
    unread = msgspec.structs.replace(NOW, server_versions=("dev", "2.0.5"))
    assert a_plan(1, snapshot=unread).target_version == ""
    none = msgspec.structs.replace(NOW, server_versions=())
    assert a_plan(1, snapshot=none).target_version == ""


def test_the_deadline_is_asked_for_or_comes_from_the_forecast() -> None:
    assert a_plan(1).deadline_s == 600.0
    assert a_plan(1, deadline_s=90.0).deadline_s == 90.0
    assert a_plan(1, bake_s=0.0).bake_s == 0.0
    assert a_plan(1).bake_s == 30.0


def test_the_host_command_is_filled_for_each_node() -> None:
    plan = a_plan(1, 2, host_command=("ssh", "{address}", "upgrade", "--to={version}"))
    assert plan.nodes[1].host_argv == ("ssh", "10.77.0.12", "upgrade", "--to=2.0.5")
    assert a_plan(1).nodes[0].host_argv == ()


def test_a_host_command_that_cannot_be_filled_blocks() -> None:
    bare = with_detail(NOW, 1, instance_id="")
    plan = a_plan(1, snapshot=bare, host_command=("reboot", "{instance_id}"))
    finding = next(one for one in plan.findings if one.id == "host-command:c1")
    assert finding.level == Level.BLOCK
    assert finding.evidence == "host command: {instance_id} of this node is not known"


def test_findings_come_with_the_blocking_ones_first() -> None:
    stale = with_source(NOW, SourceName.CONSUL, SourceState.STALE)
    found = a_plan(1, 3, snapshot=stale).findings
    assert [one.level for one in found] == sorted(
        (one.level for one in found), key=list(Level).index
    )
    assert found[0].id == "source:consul"
    assert {one.level for one in found} == set(Level)


@pytest.mark.parametrize(("state", "consul"), [(SourceState.OFF, False), (SourceState.STALE, True)])
def test_a_consul_that_is_not_configured_is_not_asked_later(
    state: SourceState, consul: bool
) -> None:
    assert a_plan(1, snapshot=with_source(NOW, SourceName.CONSUL, state)).consul is consul


def test_the_first_node_is_forecast_with_a_longer_watch() -> None:
    first, second = a_plan(1, 2).nodes
    assert (first.forecast.of(Step.BAKE), second.forecast.of(Step.BAKE)) == (60.0, 30.0)
    assert a_plan(1, 2).seconds == first.forecast.seconds + second.forecast.seconds
