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
    run = run_at(Step.DRAIN)
    assert hold_title(run, hold).startswith("c1 HELD: ")
    first, *_, last = said(run, hold)
    assert first == "since 22:00:00: c2: web[1] failed"
    assert last.startswith("helps   ")


def test_causes_are_told_apart() -> None:
    titles = {hold_title(run_at(None), Hold("", EPOCH, cause=cause)) for cause in Cause}
    helps = {said(run_at(None), Hold("", EPOCH, cause=cause))[-1] for cause in Cause}
    assert len(titles) == len(helps) == len(Cause)


def test_a_frozen_run_says_what_still_moves() -> None:
    hold = Hold("c2: web[1] failed", EPOCH, frozen=True, cause=Cause.GUARD)
    run = run_at(Step.DRAIN, cancelled=True)
    assert hold_title(run, hold) == "c1 FROZEN: it stopped by itself"
    assert said(run, hold)[1].startswith("our drain is ended; what was marked")


@pytest.mark.parametrize("step", [None, Step.DETACH, Step.UPGRADE])
def test_frozen_without_a_drain_it_is_held_and_nothing_moves(step: Step | None) -> None:
    hold = Hold("by the operator", EPOCH, frozen=True)
    assert hold_title(run_at(step), hold) == "c1 HELD: you held it"
    assert said(run_at(step), hold)[1].startswith("no drain of ours is under way: nothing moves")


def test_what_another_hand_changed_stands_with_the_call_that_puts_it_back() -> None:
    hold = Hold("c1: became eligible at 04:59:42 UTC", EPOCH, cause=Cause.DISTURBED)
    run = run_at(Step.DETACH, cordoned=True, told=("node as we left it: eligible",))
    _, repair, help_ = said(msgspec.structs.replace(run, hold=hold), hold)
    assert repair == f"g first $ nomad node eligibility -disable {node_id(1)}"
    assert help_.endswith("g goes on all the same, R restores")


def test_a_host_command_may_be_run_again_where_its_version_is_missing() -> None:
    hold = Hold("upgrade is not proven", EPOCH)
    run = run_at(Step.UPGRADE, a_plan(2, host_command=("true",)), hosted=True, exit_code=0)
    (*_, last) = said(msgspec.structs.replace(run, hold=hold), hold)
    assert last.endswith("A runs the host command again")


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
