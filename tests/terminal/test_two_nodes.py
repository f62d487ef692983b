"""`demo`, by keyboard alone: two marked nodes are led through their upgrades in one run."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.balancer import target_states
from tests.support.demos import demo
from tests.support.guiding import begin, guide, open_plan
from tests.support.simulator import SimulatedCluster

SPEED = 20
NODES = ("c4", "c5")
WELL_SET = ("web", "api", "search")


class State(NamedTuple):
    """What the APIs say of the cluster; `services`: how many instances pass."""

    agents: list[dict[str, object]]
    targets: dict[str, dict[str, str]]
    services: dict[str, int]


def state(cluster: SimulatedCluster) -> State:
    _, services = cluster.call("CONSUL_HTTP_ADDR", "GET", "/v1/internal/ui/services")
    return State(
        [cluster.control("GET", f"/agents/{name}") for name in NODES],
        target_states(cluster),
        {one["Name"]: one["ChecksPassing"] for one in services if one["Name"] != "consul"},
    )


@pytest.mark.long  # the zero-downtime figures guide two nodes by keyboard in the ten minutes
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50)])
def test_two_nodes_in_one_run(tmp_path: Path, columns: int, rows: int) -> None:
    screens: list[str] = []
    with demo(tmp_path, columns=columns, rows=rows, speed=SPEED) as (terminal, cluster):
        before = state(cluster)
        cluster.reset_traffic()
        open_plan(terminal, *NODES)
        begin(terminal, NODES[0])
        gates = guide(terminal, screens)
        services = cluster.traffic()["services"]
        terminal.press("\r")
        terminal.until(r"Run [0-9a-f]{8}: 2 of 2 nodes on 2\.0\.5")
        terminal.press("\x1b")
        terminal.until("the run is over")
        terminal.press("\x1b")
        terminal.until(r"▌\*c\d +2\.0\.5 +ready")
        after = state(cluster)
        terminal.press("q")
        assert terminal.ended() == 0
    assert len(gates) == 12
    for name in NODES:
        assert f"drain {name}" in gates
    assert any(re.search(r"→ c\d (running|healthy)", screen) for screen in screens)
    assert {one["version"] for one in before.agents} == {"2.0.4"}
    assert after.agents == [{**one, "version": "2.0.5"} for one in before.agents]
    assert {(one["eligibility"], one["status"]) for one in after.agents} == {("eligible", "ready")}
    assert after.targets == before.targets
    assert after.services == before.services
    assert {name: services[name]["failed"] for name in WELL_SET} == dict.fromkeys(WELL_SET, 0)
