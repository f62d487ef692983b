import msgspec

from nomad_console.clients.errors import Refused
from nomad_console.operations.planner import Planner
from nomad_console.settings.values import (
    ClusterSettings,
    EdgeSettings,
    HostSettings,
    Missing,
    NomadSettings,
)
from tests.support.manual_clock import ManualClock
from tests.support.small_cluster import SmallCluster
from tests.support.snapshots import node_id

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
    def __init__(self, max_kill_timeout_s: float) -> None:
        self.max_kill_timeout_s = max_kill_timeout_s


class Agents:
    """c1's agent refuses to answer; the others cap kill timeouts at 1 s times their number."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def agent(self, node_id: str = "") -> Agent:
        self.asked.append(int(node_id[1]))
        if node_id[1] == "1":
            raise Refused("nomad", "GET /v1/agent/self", 403, "Permission denied")
        return Agent(float(node_id[1]))


def planner() -> tuple[Planner, Agents]:
    agents = Agents()
    cluster = SmallCluster(ManualClock())
    cluster.publish()
    return Planner(SETTINGS, agents, cluster), agents


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
