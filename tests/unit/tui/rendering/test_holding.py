"""Why a run is held: every cause has its words and says what helps."""

import msgspec
import pytest

from nomad_console.domain.plan import Step
from nomad_console.tui.rendering.holding import hold_lines, hold_title
from nomad_console.tui.rendering.text import plain
from nomad_console.upgrade.commands import RunHost
from nomad_console.upgrade.run import Cause, Hold, Pending, Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import node_id


def said(run: Run, hold: Hold) -> list[str]:
    return [plain(line) for line in hold_lines(run, hold)]


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_who_stopped_it_why_and_what_helps(cause: Cause) -> None:
    hold = Hold("c2: web[1] failed", EPOCH, cause=cause)
    assert hold_title("c2", hold).startswith("c2 HELD: ")
    first, *_, last = said(run_at(Step.DRAIN), hold)
    assert first == "since 22:00:00: c2: web[1] failed"
    assert last.startswith("helps   ")


def test_causes_are_told_apart() -> None:
    titles = {hold_title("c2", Hold("", EPOCH, cause=cause)) for cause in Cause}
    helps = {said(run_at(None), Hold("", EPOCH, cause=cause))[-1] for cause in Cause}
    assert len(titles) == len(helps) == len(Cause)


def test_a_frozen_run_says_what_still_moves() -> None:
    hold = Hold("c2: web[1] failed", EPOCH, frozen=True, cause=Cause.GUARD)
    assert hold_title("c2", hold) == "c2 FROZEN: it stopped by itself"
    assert said(run_at(Step.DRAIN), hold)[1].startswith("our drain is ended; what was marked")


def test_a_lost_terminal_is_told_although_something_else_held_the_run_since() -> None:
    run = msgspec.structs.replace(run_at(Step.DRAIN), hung_up_at=EPOCH)
    assert "the terminal was lost at 22:00:00" in said(run, Hold("403", EPOCH, cause=Cause.CALL))
    hung = said(run, Hold("", EPOCH, cause=Cause.HUNG_UP))
    assert not any("lost at" in line for line in hung)


def test_a_host_command_that_failed_is_a_question_whatever_held_the_run() -> None:
    write = RunHost(id="1", node=node_id(2), argv=("true",))
    pending = Pending(write, intended=True, trouble="exit 1")
    run = run_at(Step.UPGRADE, a_plan(2, host_command=("true",)), pending=(pending,))
    (*_, last) = said(run, Hold("exit 1", EPOCH, cause=Cause.CALL))
    assert last.endswith("D takes it for done, A runs it again")
