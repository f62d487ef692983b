"""What a run that is taken up again asks, by the class of its calls."""

from datetime import timedelta
from typing import Any

import pytest

from nomad_console.domain.plan import Step, SystemJobs
from nomad_console.upgrade.commands import (
    CancelDrain,
    Deregister,
    Drain,
    EvaluateJob,
    OpenGate,
    RunHost,
    WakeAt,
)
from nomad_console.upgrade.events import (
    Failed,
    Frozen,
    GateConfirmed,
    HostAnswered,
    HostStarted,
    HungUp,
    Intended,
    Released,
    RestoreAsked,
    Resumed,
)
from nomad_console.upgrade.gates import Gate, ProofName
from nomad_console.upgrade.run import Cause
from tests.support.manual_clock import EPOCH
from tests.support.play import HOST, Play, at_step, started
from tests.support.snapshots import node_id

C1 = node_id(1)


def resume(play: Play, after_s: float = 10.0, elapsed: float = 5.0) -> list[Any]:
    """Another process goes on: its clock shows the time, its `elapsed` begins anew."""
    at = EPOCH + timedelta(seconds=play.elapsed + after_s)
    play.elapsed = elapsed
    return list(play.send(Resumed(by="ops@bastion", at=at, elapsed=elapsed)))


def test_a_gate_is_asked_anew_on_new_evidence() -> None:
    play = started(1)
    play.see()
    play.do_code("7f")
    assert resume(play) == []
    play.do(GateConfirmed, C1, Gate.START, "7f", 0)
    assert play.refused() == "the gate is closed"
    assert play.see() == (OpenGate(C1, Gate.START),)


def test_calls_that_read_first_are_made_again() -> None:
    play = at_step(Step.DETACH)
    calls = [one.write for one in play.now.pending]
    assert resume(play) == calls
    play.answer()
    assert len(play.now.detached) == 2
    drain = at_step(Step.DRAIN)
    assert [type(one) for one in resume(drain)] == [Drain]


def test_a_refused_call_waits_for_its_release() -> None:
    play = at_step(Step.DETACH)
    for pending in play.now.pending:
        play.do(Failed, pending.write.id, "AccessDenied")
    assert resume(play) == []
    assert [type(one) for one in play.do(Released)] == [Deregister, Deregister]


def test_a_drain_is_not_set_again_where_its_end_was_asked_for() -> None:
    play = at_step(Step.DRAIN)
    play.do(HungUp)
    assert [type(one) for one in resume(play)] == [CancelDrain]
    assert play.now.drained
    assert play.run.hung_up_at is not None
    assert play.run.hold is not None
    assert play.run.hold.cause == Cause.HUNG_UP
    play.answer()
    assert [type(one) for one in play.do(Released)] == [Drain]


def test_a_host_command_that_was_not_begun_is_run() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    assert [type(one) for one in resume(play)] == [RunHost]
    assert play.run.hold is None


@pytest.mark.parametrize("begun", [False, True])
def test_a_host_command_without_an_end_is_a_question(begun: bool) -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    (pending,) = play.now.pending
    play.see(ProofName.VERSION)
    play.do(Intended, pending.write.id)
    if begun:
        play.do(HostStarted, pending.write.id)
    assert resume(play) == []
    assert play.run.hold is not None
    assert play.run.hold.cause == Cause.UNANSWERED
    words = "begun 22:0" if begun else "not seen to begin"
    assert f"no answer is known to: restart c1 2.0.5 ({words}" in play.run.hold.reason
    assert play.run.hold.reason.endswith("seen last: version as wanted: broken")
    play.do(Released)
    assert "say whether it ran" in play.refused()
    assert resume(play) == []
    assert [type(one) for one in play.do(HostAnswered, ran=False)] == [RunHost]


def test_the_question_outlives_another_hold() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.do(Intended, play.now.pending[0].write.id)
    play.do(Frozen, "look")
    resume(play)
    assert play.run.hold is not None
    assert play.run.hold.reason.startswith("look; no answer is known to")
    play.do(Released)
    assert "say whether it ran" in play.refused()
    assert play.do(HostAnswered, ran=True) == ()
    play.see()
    assert play.wait() == (OpenGate(C1, Gate.REJOIN),)


def test_an_evaluation_without_an_answer_is_held_and_not_repeated() -> None:
    play = at_step(Step.REJOIN, system=SystemJobs.STOP)
    play.answer()
    play.see(ProofName.SYSTEM_BACK)
    (evaluate,) = play.wait()
    assert isinstance(evaluate, EvaluateJob)
    play.do(Intended, evaluate.id)
    assert resume(play) == []
    assert play.run.hold is not None
    assert play.run.hold.cause == Cause.UNANSWERED
    assert [type(one) for one in play.do(Released)] == [WakeAt]
    assert play.see(ProofName.SYSTEM_BACK) == ()
    assert play.wait() == ()
    assert play.see() == (OpenGate(C1, Gate.ATTACH),)


@pytest.mark.parametrize(("after_s", "left_s"), [(10.0, 20.0), (60.0, 0.0), (-600.0, 30.0)])
def test_a_balancers_delay_runs_on_unseen(after_s: float, left_s: float) -> None:
    play = at_step(Step.DETACH)
    play.answer()
    (wake,) = resume(play, after_s)
    assert isinstance(wake, WakeAt)
    assert wake.elapsed == pytest.approx(5.0 + left_s, abs=0.5)
    play.see()
    assert play.wait() == (OpenGate(C1, Gate.DRAIN),)


def test_a_delay_that_was_over_stays_over() -> None:
    play = at_step(Step.DETACH)
    play.answer()
    play.wait()
    assert resume(play) == []
    assert play.see() == (OpenGate(C1, Gate.DRAIN),)


def test_a_watch_begins_again() -> None:
    play = at_step(Step.BAKE)
    play.see()
    assert resume(play) == []
    assert play.now.wait is None
    (wake,) = play.see()
    assert isinstance(wake, WakeAt)
    assert wake.elapsed == pytest.approx(65.0, abs=1.0)


def test_on_the_way_back_an_addresss_delay_is_reckoned_anew() -> None:
    play = at_step(Step.DETACH)
    play.answer()
    play.do(RestoreAsked, reason="enough")
    (eligible,) = resume(play)
    assert eligible == play.now.pending[0].write
    play.go_back()
    assert play.run.outcome == "restored"
