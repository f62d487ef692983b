"""A step's own time, and the operator's."""

from datetime import timedelta

import pytest

from nomad_console.domain.plan import Step
from nomad_console.upgrade.events import Frozen, Held, Released, Resumed
from nomad_console.upgrade.pace import run_waited_s, waited_s, worked_s
from nomad_console.upgrade.run import NodeUpgrade, StepRecord
from tests.support.manual_clock import EPOCH
from tests.support.play import Play, at_step, replayed, started
from tests.support.snapshots import node_id


def at_gate() -> Play:
    """The gate after the detach has been open for a minute, before it the step took its time."""
    play = at_step(Step.DETACH)
    play.finish_step()
    play.do_code("7f")
    play.elapsed += 60
    return play


def last(play: Play) -> StepRecord:
    return play.run.upgrade.records[-1]


def test_time_at_the_gate_is_not_the_steps() -> None:
    play = at_gate()
    play.confirm()
    record = last(play)
    assert record.step == Step.DETACH
    assert record.waited_s == pytest.approx(60.1)
    assert record.worked_s == pytest.approx(30, abs=1)
    assert (play.now.waited_s, play.now.waiting_since) == (0.0, None)


@pytest.mark.parametrize("kind", [Held, Frozen])
def test_nor_is_the_time_held_also_where_the_gate_closed_for_it(kind: type[Held | Frozen]) -> None:
    play = at_gate()
    play.do(kind, "thinking")
    assert play.now.gate is None
    play.elapsed += 40
    play.do(Released)
    play.see()
    play.do_code("8g")
    play.elapsed += 20
    play.confirm()
    assert last(play).waited_s == pytest.approx(120, abs=1)
    assert last(play).worked_s == pytest.approx(30, abs=1)


def test_both_are_known_while_the_step_goes_on_and_sum_up() -> None:
    play = at_gate()
    upgrade = play.now
    assert upgrade.begun_at is not None
    assert upgrade.waiting_since is not None
    later = upgrade.waiting_since + timedelta(seconds=7)
    assert waited_s(upgrade, later) == pytest.approx(7)
    assert worked_s(upgrade, later) == pytest.approx(30, abs=1)
    before = run_waited_s(play.run, upgrade.waiting_since)
    play.confirm()
    assert run_waited_s(play.run, play.now.begun_at or EPOCH) == pytest.approx(before + 60.1)


def test_what_is_not_begun_takes_no_time() -> None:
    assert worked_s(NodeUpgrade(node_id(1)), EPOCH) == 0
    assert run_waited_s(started(1).run, EPOCH) == 0


def test_a_console_that_was_killed_at_a_gate_was_waiting_and_its_journal_says_the_same() -> None:
    play = at_gate()
    play.do(Resumed, by="ops@bastion")
    assert play.now.waited_s == pytest.approx(60.1)
    first = started(1)
    again = replayed(type(first.run).of(first.run.plan), play.journal)
    assert again.upgrade.waited_s == play.now.waited_s
