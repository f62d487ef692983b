"""`demo`, by keyboard alone: a marked node is led through its upgrade, gate by gate."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.balancer import target_states
from tests.support.demos import demo
from tests.support.guiding import CODE, begin, confirm, gate, guide, open_plan
from tests.support.simulator import SimulatedCluster

SPEED = 20
NODE = "c4"
SIZES = [(80, 24), pytest.param((200, 50), marks=pytest.mark.long)]
GATES = [
    f"begin with {NODE}: make {NODE} ineligible for new work",
    f"take {NODE} out of the balancer",
    f"drain {NODE}",
    f"upgrade the agent on {NODE}",
    f"bring {NODE} back",
    f"give {NODE} traffic",
]


class State(NamedTuple):
    """What the APIs say of the cluster; `services`: how many instances pass."""

    agent: dict[str, object]
    targets: dict[str, dict[str, str]]
    services: dict[str, int]


class Guided(NamedTuple):
    """One run: what was seen, and the cluster before and after."""

    first_answer: str  # the screen after the first gate's code was typed ahead
    gates: list[str]
    screens: list[str]
    report: str
    dashboard: str
    exit_code: int
    before: State
    after: State


def state(cluster: SimulatedCluster) -> State:
    _, services = cluster.call("CONSUL_HTTP_ADDR", "GET", "/v1/internal/ui/services")
    return State(
        cluster.control("GET", f"/agents/{NODE}"),
        target_states(cluster),
        {one["Name"]: one["ChecksPassing"] for one in services if one["Name"] != "consul"},
    )


def guided(where: Path, columns: int, rows: int) -> Guided:
    """Mark, launch, type one gate's answer ahead, then answer each as asked; leave with `q`."""
    with demo(where, columns=columns, rows=rows, speed=SPEED) as (terminal, cluster):
        before = state(cluster)
        open_plan(terminal, NODE)
        begin(terminal, NODE)
        terminal.until(CODE.pattern)
        terminal.press("c", *gate(terminal)[0])
        ahead = terminal.until("the gate has just opened: keys of its first second are dropped")
        gates, screens = [confirm(terminal)], list[str]()
        gates += guide(terminal, screens)
        terminal.press("\r")
        report = terminal.until(rf"Run [0-9a-f]{{8}}: 1 of 1 nodes on .*\n(.*\n)*.*{NODE}: done")
        terminal.press("\x1b")
        terminal.until("the run is over")
        terminal.press("\x1b")
        dashboard = terminal.until(rf"▌\*{NODE} +2\.0\.5 +ready")
        after = state(cluster)
        terminal.press("q")
        return Guided(ahead, gates, screens, report, dashboard, terminal.ended(), before, after)


@pytest.fixture(scope="module", params=SIZES, ids=str)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Guided:
    return guided(tmp_path_factory.mktemp("guided"), *request.param)


def test_every_gate_is_asked_in_the_order_of_the_chain(run: Guided) -> None:
    assert run.gates == GATES


def test_keys_typed_ahead_answer_no_gate(run: Guided) -> None:
    assert GATES[0] in run.first_answer
    assert "not touched yet" in run.first_answer


def test_the_drain_is_seen_moving_with_each_replacement(run: Guided) -> None:
    bars = {
        found[1]
        for screen in run.screens
        if (found := re.search(r"[█░]+ +(\d+) of \d+ gone", screen)) is not None
    }
    assert len(bars) > 1, "the bar never moved"
    replaced = [screen for screen in run.screens if re.search(r"→ c\d (running|healthy)", screen)]
    assert replaced, "no replacement was shown"


def test_it_ends_upgraded_eligible_and_healthy_with_its_services_as_before(run: Guided) -> None:
    assert run.before.agent["version"] == "2.0.4"
    assert run.after.agent == {**run.before.agent, "version": "2.0.5"}
    assert run.after.agent["eligibility"] == "eligible"
    assert run.after.agent["status"] == "ready"
    assert run.after.targets == run.before.targets
    assert {state for group in run.after.targets.values() for state in group.values()} == {
        "healthy"
    }
    assert run.after.services == run.before.services


def test_the_report_and_the_dashboard_say_so_and_q_leaves(run: Guided) -> None:
    assert "1 of 1 nodes on 2.0.5" in run.report
    assert re.search(rf"▌\*{NODE} +2\.0\.5 +ready", run.dashboard)
    assert run.exit_code == 0
