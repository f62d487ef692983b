from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from nomad_console.clients.errors import ApiError, Refused, Unreachable
from nomad_console.domain.agent import Token
from nomad_console.domain.facts import ScalingInstance
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.operations.planner import Planner
from nomad_console.settings.values import (
    ClusterSettings,
    EdgeSettings,
    HostSettings,
    Missing,
    NomadSettings,
)
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.small_cluster import SmallCluster
from tests.support.snapshots import a_detail, a_node, article_snapshot, node_id

OFF = Missing("not configured", "")
SETTINGS = ClusterSettings(
    "prod",
    "prod",
    NomadSettings(),
    OFF,
    OFF,
    edge=EdgeSettings(notice_s=7),
    host=HostSettings(("restart", "{name}")),
)


class Agent:
    def __init__(self, max_kill_timeout_s: float | None) -> None:
        self.max_kill_timeout_s: float | None = max_kill_timeout_s
        self.region = "global"


class Agents:
    """c1's agent refuses to answer, c4's is silent; the others cap kill timeouts at 1 s each."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.expires_at: datetime | None = None
        self.refuses_token = False

    async def agent(self, node_id: str = "") -> Agent:
        self.asked.append(int(node_id[1]))
        if node_id[1] == "1":
            raise Refused("nomad", "GET /v1/agent/self", 403, "Permission denied")
        if node_id[1] == "4":
            raise Unreachable("nomad", "GET /v1/agent/self", None, "connection refused")
        return Agent(float(node_id[1]) if node_id[1] != "5" else None)

    async def node(self, node_id: str) -> tuple[Node, NodeDetail]:
        return a_node(int(node_id[1])), a_detail(int(node_id[1]))

    async def token(self) -> Token:
        if self.refuses_token:
            raise Refused("nomad", "GET /v1/acl/token/self", 403, "Permission denied")
        return Token("accessor", "ci", "client", (), self.expires_at)


class Scaling:
    """c2 is in a group; `failing` is what AWS says instead."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.failing: ApiError | None = None

    async def instances(self, ids: Collection[str]) -> tuple[ScalingInstance, ...]:
        if self.failing is not None:
            raise self.failing
        self.asked.append(set(ids))
        two = a_detail(2).instance_id
        return (ScalingInstance(two, "web", "InService", "Healthy"),) if two in ids else ()


def planner(
    scaling: Scaling | None = None, snapshot: ClusterSnapshot | None = None
) -> tuple[Planner, Agents]:
    agents = Agents()
    cluster = SmallCluster(ManualClock())
    cluster.publish(snapshot)
    return Planner(SETTINGS, agents, cluster, scaling), agents


def ids(plans: Planner, *numbers: int) -> dict[str, str]:
    """Each finding's evidence by its id."""
    found = plans.plan([node_id(one) for one in numbers], plans.options()).findings
    return {one.id: one.evidence for one in found}


def test_the_options_are_the_settings_under_a_fresh_id() -> None:
    plans, _ = planner()
    options = plans.options()
    assert options.host_command == ("restart", "{name}")
    assert options.edge_notice_s == 7
    assert len(options.run_id) == 8
    assert options.run_id != plans.options().run_id
    assert plans.options("7f3a0000").run_id == "7f3a0000"


async def test_an_agent_is_asked_once_and_its_silence_is_not_known() -> None:
    plans, agents = planner()
    await plans.survey([node_id(1), node_id(3)])
    await plans.survey([node_id(3), node_id(2)])
    assert agents.asked == [1, 3, 2]
    found = plans.plan([node_id(1)], plans.options()).findings
    assert not [one for one in found if "kill" in one.id]


async def test_a_plan_goes_by_its_options_and_by_the_shortest_cap() -> None:
    plans, _ = planner()
    await plans.survey([node_id(2), node_id(3)])
    options = msgspec.structs.replace(plans.options("7f3a0000"), target_version="2.0.5", bake_s=9)
    plan = plans.plan([node_id(3), node_id(2)], options)
    assert [node.name for node in plan.nodes] == ["c3", "c2"]
    assert (plan.run_id, plan.target_version, plan.bake_s) == ("7f3a0000", "2.0.5", 9)
    assert plan.nodes[0].host_argv == ("restart", "c3")
    capped = [one.evidence for one in plan.findings if "kill" in one.id]
    assert capped
    assert all("2 s" in one for one in capped)


async def test_a_plan_waits_for_the_answers() -> None:
    plans, _ = planner()
    assert "unread:agents" in ids(plans, 2)
    await plans.survey([node_id(2)])
    assert "unread:agents" not in ids(plans, 2)
    assert "unread:agents" in ids(plans, 2, 3)


async def test_an_agent_that_is_silent_is_named_and_asked_again() -> None:
    plans, agents = planner()
    await plans.survey([node_id(4), node_id(5)])
    assert "silent:c4" in ids(plans, 4, 5)
    assert "silent:c5" not in ids(plans, 4, 5)
    await plans.survey([node_id(4)])
    assert agents.asked == [4, 5, 4]


async def test_the_tokens_end_is_brought_and_its_refusal_says_nothing() -> None:
    plans, agents = planner()
    agents.expires_at = EPOCH + timedelta(seconds=5)
    await plans.survey([node_id(2)])
    assert "token-expires" in ids(plans, 2)
    agents.refuses_token = True
    await plans.survey([node_id(2)])
    assert "token-expires" not in ids(plans, 2)


async def test_auto_scaling_is_asked_for_the_instances_and_may_refuse() -> None:
    scaling = Scaling()
    plans, _ = planner(scaling)
    await plans.survey([node_id(2), node_id(3)])
    assert scaling.asked == [{a_detail(2).instance_id, a_detail(3).instance_id}]
    assert {one for one in ids(plans, 2, 3) if "scaling" in one} == {"scaling:c2"}
    scaling.failing = Refused("alb", "DescribeAutoScalingInstances", 403, "AccessDenied")
    await plans.survey([node_id(6)])
    found = ids(plans, 2, 6)
    assert "c6: " in found["scaling"]
    assert "AccessDenied" in found["scaling"]
    assert "scaling:c2" in found


async def test_an_instance_that_is_not_read_yet_is_read_for_it() -> None:
    scaling = Scaling()
    unread = msgspec.structs.replace(article_snapshot(), details={})
    plans, _ = planner(scaling, unread)
    await plans.survey([node_id(2)])
    assert scaling.asked == [{a_detail(2).instance_id}]
    outside = article_snapshot()
    bare = msgspec.structs.replace(a_detail(2), instance_id="")
    details = {**outside.details, node_id(2): bare}
    plans, _ = planner(scaling, msgspec.structs.replace(outside, details=details))
    await plans.survey([node_id(2)])
    assert len(scaling.asked) == 1


def test_a_host_command_that_cannot_be_started_blocks_before_anything_starts() -> None:
    planner = Planner(SETTINGS, Agents(), SmallCluster(ManualClock()))
    plan = planner.plan((node_id(1), node_id(2)), planner.options())
    assert [one.id for one in plan.findings if one.id.startswith("host-")] == [
        "host-program:restart"
    ]
    assert plan.blocked
    there = msgspec.structs.replace(planner.options(), host_command=("true", "{name}"))
    assert not any(
        one.id.startswith("host-") for one in planner.plan((node_id(1),), there).findings
    )
