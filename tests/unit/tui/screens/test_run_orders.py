"""Extend, skip, stop after, restore, batch work: what the run screen orders besides gates."""

from pathlib import Path

import msgspec
import pytest

from nomad_console.domain.plan import BatchChoice, Step
from nomad_console.domain.rights import NODE_WRITE, Credential, Right, Verdict
from nomad_console.domain.text import printable
from nomad_console.tui.screens.run_orders import seconds_of
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.run import Cause, Outcome
from tests.support.snapshots import article_snapshot, node_id, with_node
from tests.support.upgrading import Operator, SlowDrain, operating


async def begun(operator: Operator) -> None:
    """At the first gate of a run of c2 and c3."""
    await operator.press("down", "space", "down", "space", "u")
    await operator.press("b")
    if operator.upgrades.current is None:
        await operator.press(
            *printable(operator.cluster.latest.nodes[node_id(2)].name).replace("�", ""), "enter"
        )
    await operator.open(Gate.START)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("20m", 1200), ("2h", 7200), ("1d", 86_400), ("15", 900), (" 5 M ", 300)],
)
def test_times_are_typed_as_they_are_said(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-5m", "soon", "5x", "1.5h"])
def test_what_is_no_time_ahead_is_refused(text: str) -> None:
    assert seconds_of(text) is None


async def test_stop_after_is_a_toggle_and_shown(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await begun(operator)
        assert "S stop after" in operator.seat.text
        said = await operator.press("S")
        assert "STOPS AFTER THIS NODE" in said
        assert "S do not stop" in said
        assert operator.run.stopping
        assert "STOPS AFTER" not in await operator.press("S")
        assert not operator.run.stopping


async def test_a_node_is_skipped_by_its_typed_name_only(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await begun(operator)
        said = await operator.press("K")
        assert "type c2 or c3 to leave it out: _" in said
        assert "confirm" not in said
        assert "nothing is done" in await operator.press("c", "4", "enter")
        await operator.press("K", "c", "3", "enter")
        assert operator.run.node(node_id(3)).skipped
        assert "S stop after" not in operator.seat.text  # nothing is ahead any more
        await operator.press("K", "c", "2", "enter")
        await operator.pass_time(2)
        assert operator.run.outcome is Outcome.STOPPED
        assert "stopped as asked" in operator.seat.text
        assert operator.cluster.writes == []


async def test_in_a_drain_the_deadline_is_extended_and_batch_work_stopped(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24), world=SlowDrain) as operator:
        await begun(operator)
        assert "batch" in operator.seat.text
        assert "E extend" not in operator.seat.text
        await operator.press("E")  # not shown: it does nothing
        assert "deadline from now" not in operator.seat.text
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        assert "E extend" in operator.seat.text
        usual = operator.run.plan.deadline_s
        assert "enter alone 10:00: _" in await operator.press("E")
        await operator.press(*"soon", "enter")
        assert '"soon" is no time: 90s, 20m or 2h' in operator.seat.text
        await operator.press("E", *"20m", "enter")
        assert operator.run.upgrade.deadline_s == 1200
        await operator.pass_time(1)
        await operator.press("E", "enter")
        assert operator.run.upgrade.deadline_s == usual
        await operator.pass_time(1)
        assert "type c2 to stop its batch work" in await operator.press("s")
        await operator.press("c", "2", "enter")
        await operator.pass_time(1)
        assert [write[0] for write in operator.cluster.writes][-1] == "stop"


async def test_batch_work_is_chosen_for_before_the_drain(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await begun(operator)
        assert "waited for, however long" in operator.seat.text
        assert "s stops it   K leaves the node out" in operator.seat.text
        await operator.press("s", "c", "2", "enter")
        chosen = [operator.run.upgrade.batch]
        assert "stopped when the drain begins" in operator.seat.text
        assert "B waits for it" in operator.seat.text
        await operator.press("B")
        assert [*chosen, operator.run.upgrade.batch] == [BatchChoice.STOP, BatchChoice.WAIT]
        assert operator.cluster.writes == []


async def test_restore_shows_its_way_asks_for_the_name_and_is_shown_step_by_step(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path, (80, 24), world=SlowDrain) as operator:
        await begun(operator)
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        said = await operator.press("R")
        assert "· end our drain; what is marked finishes" in said
        assert "type c2 to restore: _" in said
        assert "not answered" in await operator.press("escape")
        assert operator.run.restoring is None
        await operator.press("R", "c", "2", "enter")
        assert operator.run.restoring is not None
        assert "RESTORING" in operator.seat.text
        assert "c2 RESTORE" in operator.seat.text
        assert "R restore " not in operator.seat.text
        assert operator.cluster.writes[-1][:3] == ("drain", node_id(2), None)


async def test_a_detached_node_is_restored_to_the_end(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        before = operator.cluster.latest
        await begun(operator)
        await operator.answer(Gate.START, Gate.DETACH)
        await operator.press("R", "c", "2", "enter")
        for _ in range(20):
            if operator.run.ended_at is None:
                await operator.pass_time(15, step=15)
        assert operator.run.outcome is Outcome.RESTORED
        assert "what it changed is put back" in operator.seat.text
        after = operator.cluster.latest
        assert set(after.targets) == set(before.targets)
        assert {after.nodes[node_id(n)].eligibility for n in (2, 3)} == {"eligible"}


async def test_a_failed_probe_holds_the_run_in_words_and_g_goes_on(tmp_path: Path) -> None:
    urls = ("http://web.example/",)
    async with operating(tmp_path, (120, 30), probe=urls) as operator:
        await begun(operator)
        assert " ok, 0 failed" in operator.seat.line("UPGRADE")
        operator.cluster.wrong = "502 Bad Gateway\x1b[2J"
        await operator.pass_time(2)
        hold = operator.run.hold
        assert hold is not None
        assert hold.cause is Cause.PROBE
        said = operator.seat.text
        assert "c2 HELD: requests failed" in said
        assert "✗ probe failed first at 22:00:" in said
        assert "http://web.example/: 502 Bad Gateway" in said
        assert "\x1b" not in said
        operator.cluster.wrong = ""
        await operator.press("g")
        assert operator.run.hold is None
        await operator.pass_time(2)
        await operator.press("enter")
        await operator.seat.settle()
        await operator.press("end")
        assert "first 22:00:" in operator.seat.text


async def test_hostile_names_stay_text_in_questions_and_on_the_way_back(tmp_path: Path) -> None:
    hostile = with_node(article_snapshot(), 2, name="c2\x1b[2J[/red]\u202e真")
    async with operating(tmp_path, (80, 24), snapshot=hostile) as operator:
        await begun(operator)
        for key in ("K", "R", "s"):
            said = await operator.press(key)
            assert "c2�[2J[/red]�真" in said
            assert "type c2[2J[/red]真 " in said
            assert not any(char in said for char in "\x1b\u202e")
            await operator.press("escape")
        await operator.press("R", *"c2[2J[/red]真", "enter")
        await operator.pass_time(2)
        assert operator.run.restoring is not None
        assert not any(char in operator.seat.text for char in "\x1b\u202e")


async def test_nothing_is_offered_when_the_run_is_over(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await begun(operator)
        run = msgspec.structs.replace(operator.run, ended_at=operator.cluster.latest.at)
        operator.conductor.run = run
        for key in ("h", "F", "R", "K", "S", "E"):
            await operator.press(key)
        assert operator.seat.app.screen.question is None  # type: ignore[attr-defined]  # the run's
        assert operator.run is run
        assert operator.run.upgrade.step is not Step.DRAIN
        assert "enter report" in operator.seat.text


async def test_a_spent_token_holds_the_run_and_takes_its_orders_away(tmp_path: Path) -> None:
    async with operating(tmp_path, (80, 24)) as operator:
        await begun(operator)
        assert "F freeze" in operator.seat.text
        right = Right(NODE_WRITE, Verdict.NO, "expired")
        spent = Credential("Nomad token t", (right,), trouble="it expired", cure="a new console")
        cluster = operator.cluster
        cluster.show(msgspec.structs.replace(cluster.latest, rights={"nomad": spent}))
        said = await operator.pass_time(2)
        assert operator.run.hold is not None
        assert operator.run.hold.cause is Cause.SPENT
        assert "HELD: our token has ended" in said
        assert "it expired: a new console, then take the run up with U" in " ".join(said.split())
        assert "F freeze" not in said
        assert "it expired: a new console" in (await operator.press("R")).splitlines()[-2]
        assert operator.run.restoring is None


async def test_the_key_that_skips_names_the_node_it_is_about(tmp_path: Path) -> None:
    async with operating(tmp_path, (200, 50)) as operator:
        await begun(operator)
        assert "K leave a node out" in operator.seat.text
        await operator.answer(Gate.START, Gate.DETACH, Gate.DRAIN)
        await operator.open(Gate.UPGRADE)
        assert "K leave c3 out" in operator.seat.text
        assert "type c3 to leave it out" in await operator.press("K")
