"""The plan's screen: nothing begins by accident, nothing begins against a finding."""

from pathlib import Path

from nomad_console.domain.snapshot import SourceState
from nomad_console.tui.screens.upgrade_plan import UpgradePlan
from nomad_console.tui.screens.upgrade_run import UpgradeRun
from nomad_console.upgrade.gates import Gate
from tests.support.snapshots import article_snapshot, node_id, with_node, with_source
from tests.support.upgrading import Operator, operating


async def at_plan(operator: Operator, number: int) -> str:
    await operator.press(*["down"] * (number - 1), "space", "u")
    await operator.seat.settle()
    assert isinstance(operator.seat.app.screen, UpgradePlan)
    return operator.seat.text


async def test_b_begins_and_leads_to_the_first_gate_where_nothing_stands_against_it(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        said = await at_plan(operator, 2)
        assert "warnings: read them; it can be begun all the same" in said
        assert operator.seat.lines[-1].startswith(" esc back  b begin")
        await operator.press("enter")
        assert operator.upgrades.current is None
        await operator.press("b")
        assert isinstance(operator.seat.app.screen, UpgradeRun)
        await operator.open(Gate.START)
        assert operator.cluster.writes == []


async def test_what_is_to_be_accepted_asks_for_the_nodes_name(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        said = await at_plan(operator, 1)  # the only copy of solo is on c1
        assert "to accept: beginning asks for a node's name" in said
        assert "type c1 to accept what is marked ACK: _" in await operator.press("b")
        said = await operator.press("c", "2", "enter")
        assert '"c2" is not c1: nothing is done' in said
        assert operator.upgrades.current is None
        await operator.press("b", "escape")
        assert "type c1 to accept" not in operator.seat.text
        assert isinstance(operator.seat.app.screen, UpgradePlan)
        await operator.press("b", "c", "1", "enter")
        assert isinstance(operator.seat.app.screen, UpgradeRun)


async def test_a_blocked_plan_cannot_be_begun_and_is_freed_by_the_cluster_itself(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        live = operator.cluster.latest
        operator.cluster.show(with_source(live, "alb", SourceState.STALE))
        said = await at_plan(operator, 2)
        assert "✗ BLOCKED by 1: nothing can be begun" in said
        assert "blocked: nothing can be begun" in await operator.press("b")
        assert operator.upgrades.current is None
        operator.cluster.publish(live)
        await operator.seat.settle()
        await operator.pass_time(7)
        assert "warnings: read them; it can be begun all the same" in operator.seat.text
        await operator.press("b")
        assert operator.run.active


async def test_esc_leads_back_to_the_dashboard_with_the_marks_kept(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await at_plan(operator, 2)
        await operator.press("escape")
        await operator.seat.settle()
        assert "*c2" in operator.seat.text.replace("▌", "")


async def test_y_copies_the_plan_with_its_exact_commands(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await at_plan(operator, 2)
        await operator.press("y")
        copied = operator.seat.app.clipboard
        assert f"$ nomad node eligibility -disable {node_id(2)}" in copied
        assert "--target-group-arn arn:aws:" in copied
        assert "…" not in copied


async def test_the_marked_nodes_are_planned_in_their_order_and_looked_at(tmp_path: Path) -> None:
    async with operating(tmp_path, (200, 50)) as operator:
        await operator.press("down", "down", "space", "up", "space", "u")
        await operator.seat.settle()
        assert "Upgrade c2, c3 to 2.0.5" in operator.seat.text
        screen = operator.seat.app.screen
        assert isinstance(screen, UpgradePlan)
        assert screen.looking_at().marked == {node_id(2), node_id(3)}


async def test_a_hostile_name_is_shown_harmless_and_can_be_typed(tmp_path: Path) -> None:
    hostile = with_node(article_snapshot(), 1, name="c1\x1b[2J[red]\u202e")
    async with operating(tmp_path, (80, 24), snapshot=hostile) as operator:
        said = await at_plan(operator, 1)
        said += await operator.press("b")
        assert "type c1[2J[red] to accept" in said
        assert not any(char in said for char in "\x1b\u202e")
