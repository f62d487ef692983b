"""Answers to calls, in place and out of place."""

from nomad_console.domain.plan import Step, SystemJobs
from nomad_console.upgrade.commands import RunHost
from nomad_console.upgrade.events import (
    Answered,
    Failed,
    Frozen,
    HostEnded,
    HostStarted,
    Intended,
    Released,
    Unknown,
)
from nomad_console.upgrade.gates import ProofName
from tests.support.play import HOST, Play, at_step


def call_of(play: Play) -> str:
    return play.now.pending[0].write.id


def test_an_answer_nobody_waits_for_is_refused() -> None:
    play = at_step(Step.CORDON)
    call = call_of(play)
    play.do(Answered, "other", 5)
    assert play.refused() == "nobody asked for this call, or it was answered"
    play.do(Answered, call, 5)
    play.do(Answered, call, 5)
    assert play.refused() == "nobody asked for this call, or it was answered"


def test_an_answer_makes_what_was_seen_before_void() -> None:
    play = at_step(Step.CORDON)
    play.see()
    writes = play.run.writes
    play.do(Answered, call_of(play), 4711)
    assert play.now.proofs == ()
    assert (play.now.index, play.run.writes) == (4711, writes + 1)
    assert play.now.written_at is not None
    assert play.now.cordoned


def test_a_write_that_changed_nothing_does_not_lower_the_index() -> None:
    play = at_step(Step.CORDON)
    play.do(Answered, call_of(play), 0)
    assert play.now.index == 3000


def test_only_calls_that_run_once_are_written_down_before_and_once() -> None:
    play = at_step(Step.CORDON)
    play.do(Intended, call_of(play))
    assert "may run once" in play.refused()
    host = at_step(Step.UPGRADE, host_command=HOST)
    host.do(Intended, call_of(host))
    assert host.now.pending[0].intended
    host.do(Intended, call_of(host))
    assert "may run once" in host.refused()


def test_a_host_command_starts_once_and_ends_it_is_not_answered() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    call = call_of(play)
    play.do(Answered, call)
    assert play.refused() == "a host command ends, it is not answered"
    play.do(HostStarted, call)
    assert play.now.pending[0].started_at is not None
    play.do(HostStarted, call)
    assert play.refused() == "no host command to start"
    play.do(HostEnded, call, 0)
    assert (play.now.pending, play.now.exit_code) == ((), 0)


def test_other_calls_neither_start_nor_end() -> None:
    play = at_step(Step.CORDON)
    play.do(HostStarted, call_of(play))
    assert play.refused() == "no host command to start"
    play.do(HostEnded, call_of(play), 0)
    assert play.refused() == "this is no host command"


def test_a_host_command_that_did_not_end_holds_the_run() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.do(HostEnded, call_of(play), None)
    assert play.run.hold is not None
    assert play.run.hold.reason.endswith("the host command did not end")
    assert play.now.exit_code is None
    play.do(Released)
    assert not any(isinstance(one.write, RunHost) for one in play.now.pending)


def test_trouble_is_told_once_and_a_late_answer_is_still_taken() -> None:
    play = at_step(Step.CORDON)
    call = call_of(play)
    play.do(Unknown, call, "timed out")
    play.do(Failed, call, "again")
    assert play.refused() == "this call has failed before"
    play.do(Answered, call, 4000)
    assert play.now.cordoned


def test_trouble_during_a_freeze_leaves_it_frozen() -> None:
    play = at_step(Step.DRAIN)
    play.do(Frozen, "lost terminal")
    play.do(Failed, call_of(play), "no leader")
    assert play.run.hold is not None
    assert play.run.hold.frozen


def test_registering_again_takes_a_target_off_the_detached_ones() -> None:
    play = at_step(Step.ATTACH)
    assert len(play.now.detached) == 2
    play.do(Answered, call_of(play))
    assert len(play.now.detached) == 1


def test_an_evaluated_job_changes_nothing_of_the_nodes() -> None:
    play = at_step(Step.REJOIN, system=SystemJobs.STOP)
    play.answer()
    play.see(ProofName.SYSTEM_BACK)
    play.wait()
    before = play.now.cordoned, play.now.detached
    play.answer()
    assert (play.now.pending, before) == ((), (play.now.cordoned, play.now.detached))
