"""The dashboard of a demo moves by itself: every change in the world appears without a key."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.demos import WHOLE, demo
from tests.support.simulator import SimulatedCluster
from tests.support.terminal import Terminal

SPEED = 10


class Stage(NamedTuple):
    terminal: Terminal
    cluster: SimulatedCluster

    def node(self, name: str) -> str:
        return str(self.cluster.control("GET", f"/agents/{name}")["id"])

    def allocation(self, job: str, **wanted: Any) -> dict[str, Any]:
        rows = self.cluster.nomad("GET", "/v1/allocations?namespace=*")
        return next(
            row
            for row in rows
            if row["JobID"] == job and all(row[key] == text for key, text in wanted.items())
        )


@pytest.fixture(scope="module")
def stage(where: Path) -> Iterator[Stage]:
    """Unlinked, so that every pane shows everything of interest; no key is pressed after that."""
    with demo(where, columns=200, rows=50, speed=SPEED) as (terminal, cluster):
        terminal.press("L")
        terminal.until(r"3 Services 10 ")
        terminal.press("2")
        terminal.press("/-crunch -edge -web\r")  # in one packet, as a slow line delivers it
        terminal.until(r"/-crunch -edge -web keeps \d+,")
        terminal.until(WHOLE)
        yield Stage(terminal, cluster)


def test_an_agent_with_another_version(stage: Stage) -> None:
    stage.terminal.until(r"▌ c1 +2\.0\.4 ↑ +ready ")
    stage.cluster.control("POST", "/agents/c1/restart", {"version": "2.0.5"})
    stage.terminal.until(r"▌ c1 +2\.0\.5 +ready ")


def test_a_node_made_ineligible_and_eligible_again_by_another_hand(stage: Stage) -> None:
    path = f"/v1/node/{stage.node('c2')}/eligibility"
    stage.cluster.nomad("PUT", path, {"Eligibility": "ineligible"})
    stage.terminal.until(r"  c2 .* ineligible +○")
    stage.cluster.nomad("PUT", path, {"Eligibility": "eligible"})
    stage.terminal.until(r"  c2 .* ready +\d")


def test_a_node_drained_by_another_hand_and_its_work_replaced(stage: Stage) -> None:
    node = stage.node("c3")
    leaving = stage.allocation("api", NodeName="c3")["ID"][:8]
    drain = {"DrainSpec": {"Deadline": 600_000_000_000, "IgnoreSystemJobs": True}}
    stage.cluster.nomad("PUT", f"/v1/node/{node}/drain", drain)
    stage.terminal.until(r"  c3 .* draining .*◐")
    stage.terminal.until(rf"api\[\d\] .* stopping .* {leaving}")
    stage.terminal.until(rf"api\[\d\] .* complete .* c\d running, healthy .* {leaving}")
    stage.terminal.until(r"  c3 .* ineligible +○")
    stage.cluster.nomad("PUT", f"/v1/node/{node}/eligibility", {"Eligibility": "eligible"})
    stage.terminal.until(r"  c3 .* ready +\d")


def test_an_allocation_that_fails_and_is_restarted(stage: Stage) -> None:
    failing = stage.allocation("search", ClientStatus="running")["ID"]
    stage.terminal.until(rf"search\[\d\] .* running .* {failing[:8]}")
    stage.cluster.fault("fail-allocation", allocation=failing)
    stage.terminal.until(rf"search\[\d\] .* (healthy|\S) +1 .* {failing[:8]}")


def test_a_check_that_turns_critical_and_passes_again(stage: Stage) -> None:
    stage.terminal.until(r"  legacy +2 +0 +0 ")
    stage.cluster.fault("break-app", job="legacy")
    stage.terminal.until(r"  legacy +0 +0 +2 ")
    stage.terminal.until(r"  c\d .* CRIT ")
    stage.cluster.fault("heal-app", job="legacy")
    stage.terminal.until(r"  legacy +2 +0 +0 ")
    stage.terminal.until(lambda text: " CRIT " not in re.sub(r"CRIT +HERE", "", text))


def test_a_machine_that_goes_down_leaves_the_balancer_and_comes_back(stage: Stage) -> None:
    stage.cluster.fault("machine-down", node="c6")
    stage.terminal.until(r"  c6 .* BAD ")
    stage.terminal.until(r" 80 +unhealthy ")
    stage.terminal.until(r"  c6 .* down .*✗")
    stage.cluster.fault("machine-up", node="c6")
    stage.terminal.until(r"  c6 .* ready .* 2 ok ")
    stage.terminal.until(lambda text: " unhealthy " not in text)
