"""The report on screen: of a run under way and of one that is over."""

from pathlib import Path

from nomad_console.tui.screens.upgrade_report import UpgradeReport
from nomad_console.upgrade.gates import Gate
from tests.support.upgrading import operating


async def test_enter_shows_the_report_so_far_and_it_follows_the_run(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        await operator.press("enter")
        await operator.seat.settle()
        assert isinstance(operator.seat.app.screen, UpgradeReport)
        assert "0 of 1 nodes on 2.0.5" in operator.seat.text
        assert "c2: not begun" in operator.seat.text
        await operator.press("escape")
        await operator.answer(Gate.START)
        await operator.open(Gate.DETACH)
        await operator.press("enter")
        await operator.seat.settle()
        assert "c2: under way" in operator.seat.text


async def test_y_copies_the_whole_report_unbroken(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        await operator.press("enter")
        await operator.seat.settle()
        await operator.press("y")
        copied = operator.seat.app.clipboard
        assert f"journal {operator.conductor.journal_path}" in copied
        assert "Nothing is left changed." in copied
        assert "What happened (UTC):\n  22:00:00 begun by " in copied


async def test_a_command_that_said_much_does_not_break_it(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await operator.begin()
        said = operator.conductor.output[operator.run.upgrade.node]
        said.extend(f"line {number}" for number in range(20))
        await operator.press("enter")
        await operator.seat.settle()
        assert "| line 19" in operator.seat.text
        assert "| line 14" not in operator.seat.text
