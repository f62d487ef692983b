"""The guided upgrade as text at both sizes: plan, gates, drain, hold, leaving, report."""

from pathlib import Path

import msgspec
import pytest

from nomad_console.domain.snapshot import SourceState
from nomad_console.upgrade.gates import Gate
from tests.support.pilots import expect_grid, idle
from tests.support.snapshots import article_snapshot, with_node, with_source
from tests.support.upgrading import Operator, SlowDrain, operating

SIZES = pytest.mark.parametrize("size", [(200, 50), (80, 24)], ids=str)
RUN_ID = "7f3a0000"


@pytest.fixture(autouse=True)
def same_every_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Codes, the run's id and the journal's place are part of what is shown."""
    monkeypatch.setattr("nomad_console.operations.conductor.fresh_code", lambda: "7f")
    monkeypatch.setattr("nomad_console.operations.planner.secrets.token_hex", lambda _: RUN_ID)
    monkeypatch.setattr("nomad_console.operations.inbox.getpass.getuser", lambda: "ann")
    monkeypatch.setattr("nomad_console.operations.inbox.socket.gethostname", lambda: "bastion")
    monkeypatch.setattr("nomad_console.operations.upgrades.os.getpid", lambda: 4242)
    monkeypatch.chdir(tmp_path)


def grid(operator: Operator, name: str, size: tuple[int, int]) -> None:
    expect_grid(f"upgrade-{name}-{size[0]}x{size[1]}", operator.seat.text)


@SIZES
async def test_from_the_plan_to_the_drain(size: tuple[int, int]) -> None:
    async with operating(Path("runs"), size, world=SlowDrain) as operator:
        await operator.press("down", "space", "u")
        await operator.seat.settle()
        grid(operator, "plan", size)
        await operator.press("b")
        await operator.open(Gate.START)
        grid(operator, "gate-start", size)
        await operator.answer(Gate.START)
        await operator.open(Gate.DETACH)
        await operator.press("c", "7")
        grid(operator, "gate-detach-typing", size)
        await operator.press("f")
        await operator.pass_time(3)
        grid(operator, "detach", size)
        await operator.answer(Gate.DRAIN)
        await operator.pass_time(2)
        grid(operator, "drain", size)
        await operator.press("q")
        await operator.seat.settle()
        grid(operator, "leave", size)


@SIZES
async def test_from_the_drained_node_to_the_report(size: tuple[int, int]) -> None:
    async with operating(Path("runs"), size) as operator:
        await operator.begin()
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        await operator.open(Gate.UPGRADE)
        grid(operator, "gate-upgrade", size)
        await operator.press("h")
        grid(operator, "held", size)
        await operator.press("g")
        await operator.answer(Gate.UPGRADE)
        await operator.open(Gate.REJOIN)
        await operator.answer(Gate.REJOIN)
        await operator.open(Gate.ATTACH)
        grid(operator, "gate-attach", size)
        await operator.answer(Gate.ATTACH)
        await operator.pass_time(90, step=5)
        grid(operator, "done", size)
        await operator.press("enter")
        await operator.seat.settle()
        grid(operator, "report", size)


@SIZES
async def test_with_a_source_gone_stale(size: tuple[int, int]) -> None:
    async with operating(Path("runs"), size) as operator:
        await operator.begin()
        await operator.answer(Gate.START)
        await operator.open(Gate.DETACH)
        silent = with_source(operator.cluster.latest, "alb", SourceState.STALE, "throttled")
        operator.cluster.show(silent)
        await operator.seat.settle(60)
        grid(operator, "stale", size)


@SIZES
async def test_a_plan_that_is_blocked(size: tuple[int, int]) -> None:
    refused = with_source(article_snapshot(), "alb", SourceState.REFUSED, "AccessDenied")
    async with operating(Path("runs"), size) as operator:
        blocked = msgspec.structs.replace(refused, every_namespace=False)
        operator.cluster.show(blocked)
        await operator.press("space", "u")
        await operator.seat.settle()
        grid(operator, "blocked", size)


@SIZES
async def test_two_nodes_what_is_ordered_and_the_way_back(size: tuple[int, int]) -> None:
    urls = ("http://web.example/",)
    async with operating(Path("runs"), size, world=SlowDrain, probe=urls) as operator:
        await operator.press("down", "space", "down", "space", "u")
        await operator.press("b")
        if operator.upgrades.current is None:
            await operator.press(*"c2", "enter")
        await operator.open(Gate.START)
        await operator.press("S")
        grid(operator, "stops-after", size)
        await operator.press("S", "K")
        grid(operator, "skip", size)
        await operator.press("escape")
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        await operator.press("E", "2", "0", "m")
        grid(operator, "extend", size)
        await operator.press("enter")
        operator.cluster.wrong = "502 Bad Gateway"
        await operator.pass_time(2)
        operator.cluster.wrong = ""
        grid(operator, "probe-failed", size)
        await operator.press("R")
        grid(operator, "restore-asked", size)
        await operator.press("c", "2", "enter")
        await operator.pass_time(1)
        grid(operator, "restoring", size)


@SIZES
async def test_a_run_left_unfinished(size: tuple[int, int]) -> None:
    async with operating(Path("runs"), size) as operator:
        await operator.begin()
        await operator.answer(Gate.START)
        await operator.open(Gate.DETACH)
    await idle()  # its conductor lets go of the lock
    async with operating(Path("runs"), size) as operator:
        for worker in list(operator.seat.app.workers):
            if worker.name == "unfinished":
                await worker.wait()
        await operator.seat.settle(2)
        grid(operator, "unfinished-said", size)
        await operator.press("U")
        grid(operator, "unfinished", size)


@SIZES
async def test_hostile_names_stay_text_everywhere(size: tuple[int, int]) -> None:
    hostile = with_node(article_snapshot(), 2, name="c2\x1b[2J[/red]\u202e真")
    async with operating(Path("runs"), size, snapshot=hostile) as operator:
        await operator.press("down", "space", "u")
        await operator.seat.settle()
        seen = [operator.seat.text]
        await operator.press("b")
        if operator.upgrades.current is None:
            await operator.press(*"c2[2J[/red]真", "enter")
        await operator.open(Gate.START)
        seen.append(operator.seat.text)
        await operator.press("enter")
        await operator.seat.settle()
        seen.append(operator.seat.text)
        await operator.press("escape", "q")
        await operator.seat.settle()
        seen.append(operator.seat.text)
        for text in seen:
            assert "c2�[2J[/red]�真" in text or "is not over" in text
            assert not any(char in text for char in "\x1b\u202e")
