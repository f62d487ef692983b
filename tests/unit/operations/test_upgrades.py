"""One run at a time, begun only from a plan that nothing stands against."""

from pathlib import Path

import msgspec
import pytest

from nomad_console.domain.finding import Finding, Level
from nomad_console.operations.journal import read
from nomad_console.operations.upgrades import UpgradeRefused, Upgrades
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.plans import a_plan
from tests.support.small_cluster import SmallCluster
from tests.support.upgrading import small_upgrades


def upgrades_in(where: Path) -> Upgrades:
    clock = ManualClock()
    upgrades, _ = small_upgrades(SmallCluster(clock), clock, where)
    return upgrades


def test_a_run_begins_with_a_journal_that_holds_the_plan_and_who_took_it_up(
    tmp_path: Path,
) -> None:
    upgrades = upgrades_in(tmp_path)
    plan = a_plan(2)
    conductor = upgrades.begin(plan)
    assert upgrades.current is conductor
    head = read(Path(conductor.journal_path)).head
    assert (head.plan, head.cluster, head.begun_at) == (plan, "prod-eu", EPOCH)
    assert "@" in head.by
    conductor._journal.close()


def test_a_second_run_waits_for_the_first(tmp_path: Path) -> None:
    upgrades = upgrades_in(tmp_path)
    first = upgrades.begin(a_plan(2))
    first.run = msgspec.structs.replace(first.run, started_at=EPOCH)
    with pytest.raises(UpgradeRefused, match="run 7f3a0000 is not over yet"):
        upgrades.begin(a_plan(3))
    assert upgrades.current is first
    first.run = msgspec.structs.replace(first.run, ended_at=EPOCH)
    another = msgspec.structs.replace(a_plan(3), run_id="8f3a0000")
    second = upgrades.begin(another)
    assert upgrades.current is second
    first._journal.close()
    second._journal.close()


def test_a_blocked_plan_is_refused_and_leaves_no_journal(tmp_path: Path) -> None:
    upgrades = upgrades_in(tmp_path)
    block = Finding("source:alb", Level.BLOCK, "alb", "silent", "wait")
    with pytest.raises(UpgradeRefused, match="the plan is blocked"):
        upgrades.begin(msgspec.structs.replace(a_plan(2), findings=(block,)))
    assert upgrades.current is None
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_cannot_be_kept_keeps_the_run_from_beginning(tmp_path: Path) -> None:
    in_the_way = tmp_path / "runs"
    in_the_way.write_text("a file")
    upgrades = upgrades_in(in_the_way)
    with pytest.raises(UpgradeRefused, match="cannot keep a journal at"):
        upgrades.begin(a_plan(2))
    assert upgrades.current is None


def test_a_user_without_a_name_is_named_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    conductor = upgrades_in(tmp_path).begin(a_plan(2))
    assert read(Path(conductor.journal_path)).head.by.partition("@")[0].isdecimal()
    conductor._journal.close()
