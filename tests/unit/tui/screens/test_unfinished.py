"""A run that was left behind: the dashboard says so first, and it is gone on with or put back."""

from pathlib import Path

from nomad_console.tui.screens.dashboard import Dashboard
from nomad_console.tui.screens.unfinished import UnfinishedScreen
from nomad_console.tui.screens.upgrade_run import UpgradeRun
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.run import Outcome
from tests.support.pilots import idle
from tests.support.snapshots import node_id
from tests.support.upgrading import Operator, operating


async def leave_one_behind(where: Path, *gates: Gate) -> str:
    """A run of c2 whose console ended after these gates."""
    async with operating(where, (80, 24)) as operator:
        await operator.begin()
        await operator.answer(*gates)
        await operator.pass_time(2)
        run_id = operator.run.plan.run_id
    await idle()  # its conductor lets go of the lock
    return run_id


async def found(operator: Operator) -> str:
    """The journals are read."""
    for worker in list(operator.seat.app.workers):
        if worker.name == "unfinished":
            await worker.wait()
    await operator.seat.settle(2)
    return operator.seat.text


async def test_the_dashboard_says_it_first_and_u_shows_what_it_left(tmp_path: Path) -> None:
    run_id = await leave_one_behind(tmp_path, Gate.START, Gate.DETACH)
    async with operating(tmp_path, (80, 24)) as operator:
        said = await found(operator)
        assert f"run {run_id} of c2 was left unfinished by" in said
        assert "U shows it" in said
        await operator.press("U")
        await operator.seat.settle()
        said = operator.seat.text
        assert isinstance(operator.seat.app.screen, UnfinishedScreen)
        assert "it stands at c2: detach" in said
        assert "c2 was eligible, is ineligible  → eligible again" in said
        assert "g go on with it  R restore" in operator.seat.lines[-1]
        await operator.press("y")
        assert f"nomad node eligibility -enable {node_id(2)}" in operator.seat.app.clipboard
        await operator.press("escape")
        assert isinstance(operator.seat.app.screen, Dashboard)


async def test_g_goes_on_with_it_where_it_was_left(tmp_path: Path) -> None:
    run_id = await leave_one_behind(tmp_path, Gate.START)
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.cluster.set_eligibility(node_id(2), eligible=False)
        await found(operator)
        await operator.press("U", "g")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, UpgradeRun)
        assert operator.run.plan.run_id == run_id
        await operator.open(Gate.DETACH)
        await operator.press("escape")
        said = operator.seat.text
        assert f"run {run_id}, c2 asks at a gate: take out of the balancer · u shows it" in said
        assert "unfinished" not in said


async def test_restoring_it_asks_for_the_name(tmp_path: Path) -> None:
    run_id = await leave_one_behind(tmp_path, Gate.START)
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.cluster.set_eligibility(node_id(2), eligible=False)
        await found(operator)
        assert "type c2 to restore: _" in await operator.press("U", "R")
        assert "nothing is done" in await operator.press("c", "9", "enter")
        await operator.press("R", "c", "2", "enter")
        for _ in range(6):
            await operator.pass_time(15, step=15)
        assert operator.run.plan.run_id == run_id
        assert operator.run.outcome is Outcome.RESTORED
        assert operator.cluster.latest.nodes[node_id(2)].eligibility == "eligible"


async def test_another_runs_lock_is_taken_over_by_a_typed_name_only(tmp_path: Path) -> None:
    left = await leave_one_behind(tmp_path, Gate.START)
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.press(*["down"] * 2, "space", "u")
        said = await operator.press("b")
        if operator.upgrades.current is None and "ACK" in said:
            said = await operator.press(*"c3", "enter")
        assert f"left behind on this host: run {left} of" in said
        assert "type c3 to take its lock over: _" in said
        assert operator.upgrades.current is None
        await operator.press("c", "3", "enter")
        assert isinstance(operator.seat.app.screen, UpgradeRun)
        assert operator.run.plan.nodes[0].name == "c3"


async def test_a_living_consoles_lock_says_who_holds_it_since_when(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as first:
        await first.begin()
        run_id = first.run.plan.run_id
        async with operating(tmp_path, (80, 24)) as operator:
            assert "unfinished" not in await found(operator)
            await operator.press(*["down"] * 2, "space", "u")
            said = await operator.press("b")
            if "ACK" in said:
                said = await operator.press(*"c3", "enter")
            told = " ".join(operator.seat.text.replace("│", " ").split())
            assert f"held on this host by run {run_id} of" in told
            assert "since 22:00:" in told
            assert "take its lock over" not in said
            assert operator.upgrades.current is None


async def test_without_one_nothing_is_offered(tmp_path: Path) -> None:
    async with operating(tmp_path, (200, 50)) as operator:
        said = await found(operator)
        assert "unfinished" not in said
        assert "no run was left unfinished" in await operator.press("U")
        assert isinstance(operator.seat.app.screen, Dashboard)
