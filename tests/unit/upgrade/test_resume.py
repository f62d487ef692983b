"""Journals read back."""

import msgspec
import pytest

from nomad_console.domain.plan import Step
from nomad_console.upgrade import events
from nomad_console.upgrade.events import Frozen, Held, Released, Started
from nomad_console.upgrade.resume import ReplayError, replay
from nomad_console.upgrade.run import Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.play import HOST, started


def test_a_journal_read_back_gives_the_same_run() -> None:
    play = started(1, 2, host_command=HOST)
    play.reach(Step.DRAIN)
    play.answer()
    play.do(Frozen, "look")
    play.answer()
    play.do(Released)
    lines = [msgspec.json.encode(one) for one in play.journal]
    read = [msgspec.json.decode(line, type=events.Event) for line in lines]
    plan = msgspec.json.decode(msgspec.json.encode(play.run.plan), type=type(play.run.plan))
    assert replay(plan, read) == play.run


def test_an_empty_journal_is_a_run_not_begun() -> None:
    plan = a_plan(1)
    assert replay(plan, []) == Run.of(plan)


def test_events_of_another_run_are_named() -> None:
    with pytest.raises(ReplayError, match=r"event 1, Held, is out of place: the run has not been"):
        replay(a_plan(1), [Held("lunch", at=EPOCH, elapsed=0.0)])
    start = Started(at=EPOCH, elapsed=0.0)
    idle = events.Accepted(findings=(), at=EPOCH, elapsed=0.0)
    with pytest.raises(ReplayError, match=r"event 2, Accepted, is out of place: it changes"):
        replay(a_plan(1), [start, idle])
