"""From marked nodes to plan, run and report, and what the feeds are told meanwhile."""

from pathlib import Path

import msgspec

from nomad_console.live.interest import Interest
from nomad_console.tui.screens.dashboard import Dashboard
from nomad_console.tui.screens.upgrade_plan import UpgradePlan
from nomad_console.tui.screens.upgrade_report import UpgradeReport
from nomad_console.tui.screens.upgrade_run import UpgradeRun
from nomad_console.tui.upgrading import UpgradeScreens
from nomad_console.upgrade.gates import Gate
from tests.support.manual_clock import ManualClock
from tests.support.small_cluster import SmallCluster
from tests.support.snapshots import API_INT, WEB_PUBLIC, node_id
from tests.support.upgrading import operating, small_upgrades


def test_without_a_run_a_screen_is_all_that_is_looked_at(tmp_path: Path) -> None:
    clock = ManualClock()
    upgrades, _ = small_upgrades(SmallCluster(clock), clock, tmp_path)
    seen = Interest(marked=frozenset({node_id(1)}))
    assert UpgradeScreens(upgrades).in_play(seen) is seen


async def test_a_run_adds_its_nodes_and_groups_to_what_is_looked_at(tmp_path: Path) -> None:
    async with operating(tmp_path) as operator:
        await operator.begin()
        interest = UpgradeScreens(operator.upgrades).in_play(Interest())
        assert interest.running == {node_id(2)}
        assert interest.groups_in_play == {API_INT, WEB_PUBLIC}
        assert operator.feeds.looked[-1].running == {node_id(2)}


async def test_agents_are_asked_once_for_what_only_they_know(tmp_path: Path) -> None:
    async with operating(tmp_path) as operator:
        for _ in range(2):
            await operator.press("space", "u")
            await operator.seat.settle()
            await operator.press("escape", "space")
        assert operator.agents.asked == [node_id(1)]


async def test_a_whole_run_from_u_to_the_report(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        before = operator.cluster.latest
        await operator.press("down", "space", "u")
        assert isinstance(operator.seat.app.screen, UpgradePlan)
        await operator.press("b")
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        await operator.answer(Gate.UPGRADE, Gate.REJOIN, Gate.ATTACH)
        await operator.pass_time(90, step=5)
        assert operator.run.ended_at is not None
        assert "the run is over" in operator.seat.text
        await operator.press("enter")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, UpgradeReport)
        assert "1 of 1 nodes on 2.0.5" in operator.seat.text
        await operator.press("escape", "escape")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, Dashboard)
        after = operator.cluster.latest
        assert after.nodes[node_id(2)].eligibility == "eligible"
        assert set(after.targets) == set(before.targets)


async def test_after_a_run_u_makes_the_next_plan(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        ended = msgspec.structs.replace(operator.run, ended_at=operator.cluster.latest.at)
        operator.conductor.run = ended
        await operator.press("escape", "u")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, UpgradePlan)


async def test_what_keeps_a_plan_from_being_taken_up_is_said(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("in the way")
    async with operating(nowhere / "runs", (80, 24)) as operator:
        await operator.press("down", "space", "u")
        said = await operator.press("b")
        assert "refused: see the first line" in said
        assert "cannot lock" in operator.seat.lines[3]
        assert "Not a directory" in "".join(operator.seat.lines[3:7])
        assert isinstance(operator.seat.app.screen, UpgradePlan)
        assert operator.upgrades.current is None


async def test_u_during_a_run_shows_the_run(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        await operator.press("escape", "down", "space", "u")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, UpgradeRun)
        assert len(operator.run.plan.nodes) == 1
