"""The engine by scripts: what happens, and what it asks for."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import BatchChoice, Step, SystemJobs
from nomad_console.upgrade import events
from nomad_console.upgrade.commands import (
    CancelDrain,
    Command,
    Deregister,
    Drain,
    EvaluateJob,
    OpenGate,
    Register,
    RunHost,
    SetEligibility,
    StopAllocation,
    WakeAt,
)
from nomad_console.upgrade.events import (
    Answered,
    Failed,
    Frozen,
    GateConfirmed,
    GateOpened,
    Held,
    HostEnded,
    HostStarted,
    Intended,
    Observed,
    Released,
    Started,
    TimeReached,
    Unknown,
)
from nomad_console.upgrade.gates import Gate, NodeProofs, Observation, ProofName, Truth
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.machine import is_news, upcoming
from nomad_console.upgrade.resume import replay
from nomad_console.upgrade.run import Run
from tests.support.plans import a_plan
from tests.support.play import HOST, Play, at_step, replayed, started
from tests.support.random_runs import any_event, do_likely, head_start, moves
from tests.support.snapshots import node_id

C1, C2 = node_id(1), node_id(2)


def test_one_node_goes_through_the_chain() -> None:
    play = started(1, host_command=HOST)
    assert play.see() == (OpenGate(C1, Gate.START),)
    (cordon,) = play.confirm()
    assert cordon == SetEligibility(id=f"{C1}/cordon/1", node=C1, eligible=False)
    assert play.finish_step() == Gate.DETACH

    first, second = play.confirm()
    assert [type(first), type(second)] == [Deregister, Deregister]
    wake = play.answer()[-1]
    assert isinstance(wake, WakeAt)
    assert wake.elapsed == pytest.approx(play.elapsed + 30.0)
    assert play.see() == ()
    assert play.wait() == (OpenGate(C1, Gate.DRAIN),)

    (drain,) = play.confirm()
    assert isinstance(drain, Drain)
    assert (drain.run_id, drain.deadline_s, drain.keep_system) == ("7f3a0000", 600.0, True)
    assert play.finish_step() == Gate.UPGRADE

    (host,) = play.confirm()
    assert isinstance(host, RunHost)
    assert host.argv == ("restart", "c1", "2.0.5")
    assert play.finish_step() == Gate.REJOIN

    assert play.confirm()[0] == SetEligibility(id=f"{C1}/rejoin/6", node=C1, eligible=True)
    assert play.finish_step() == Gate.ATTACH
    assert [type(one) for one in play.confirm()] == [Register, Register]
    assert play.finish_step() is None  # baking begins without a word
    assert play.now.step == Step.BAKE
    play.see()
    play.wait()
    assert play.run.ended_at is not None
    assert [one.inverse for one in ledger(play.run)] == ["", ""]
    assert len(play.journal) < 60
    assert [one.step for one in play.now.records] == [None, *Step]


def test_two_nodes_go_one_after_the_other_and_both_are_cordoned_first() -> None:
    play = started(1, 2)
    play.see()
    assert [one.node for one in play.confirm() if isinstance(one, SetEligibility)] == [C1, C2]
    play.reach(Step.BAKE)
    assert play.finish_step() == Gate.NEXT
    assert play.confirm() == ()  # c2 has been ineligible since the start
    assert (play.now.node, play.now.step) == (C2, Step.CORDON)
    play.finish()
    assert [one.ended_at is None for one in play.run.upgrades] == [False, False]


def test_the_next_node_waits_until_it_is_as_planned() -> None:
    play = at_step(Step.BAKE, 1, 2)
    play.see(ProofName.NODE_AS_PLANNED)
    assert play.wait() == ()
    assert play.see() == (OpenGate(C1, Gate.NEXT),)


def test_without_cordon_of_the_selection_each_node_waits_for_its_turn() -> None:
    play = started(1, 2, cordon_selection=False)
    play.see()
    assert [one.node for one in play.confirm() if isinstance(one, SetEligibility)] == [C1]


def test_a_plan_that_is_blocked_or_empty_is_not_started() -> None:
    finding = Finding("x", Level.BLOCK, "x", "x", "x")
    blocked = Play(Run.of(msgspec.structs.replace(a_plan(1), findings=(finding,))))
    blocked.do(Started)
    assert blocked.refused() == "the plan is blocked"
    empty = Play(Run.of(a_plan()))
    empty.do(Started)
    assert empty.refused() == "the plan has no node"


def test_nothing_happens_before_the_start_or_after_the_end() -> None:
    play = Play(Run.of(a_plan(1)))
    play.do(Held, "wait")
    assert play.refused() == "the run has not been started"
    assert upcoming(play.run) == ()
    play.take_up()
    play.do(Started)
    assert play.refused() == "the run was started before"
    play.reach(Step.BAKE)
    play.see()
    play.wait()
    play.do(Held, "too late")
    assert play.refused() == "the run is over"
    assert play.run.in_play == ()


def test_a_gate_closes_when_a_proof_breaks_and_opens_with_a_new_code() -> None:
    play = started(1)
    play.see()
    play.do(GateOpened, C1, Gate.START, "7f")
    play.see(ProofName.NODE_AS_PLANNED, truth=Truth.UNKNOWN)
    assert play.now.gate is None
    play.do(GateConfirmed, C1, Gate.START, "7f", 0)
    assert play.refused() == "the gate is closed"
    assert play.see() == (OpenGate(C1, Gate.START),)
    play.do(GateOpened, C1, Gate.START, "a0")
    play.do(GateConfirmed, C1, Gate.START, "7f", 0)
    assert play.refused() == "the code is another"
    play.do(GateConfirmed, C1, Gate.DRAIN, "a0", 0)
    assert play.refused() == "another gate is open"


def test_a_gate_is_opened_once_and_only_as_asked_for() -> None:
    play = started(1)
    play.do(GateOpened, C1, Gate.START, "7f")
    assert play.refused() == "this gate is not asked for"
    play.see()
    play.do(GateConfirmed, C1, Gate.START, "", 0)
    assert play.refused() == "the gate is closed"
    play.do(GateOpened, C2, Gate.START, "7f")
    assert play.refused() == "this gate is not asked for"
    play.do(GateOpened, C1, Gate.START, "")
    assert play.refused() == "a gate needs a code"
    play.do(GateOpened, C1, Gate.START, "7f")
    play.do(GateOpened, C1, Gate.START, "8f")
    assert play.refused() == "the gate is open"


def test_a_held_run_shuts_its_gate_and_opens_it_again() -> None:
    play = started(1)
    play.see()
    play.do(GateOpened, C1, Gate.START, "7f")
    assert play.do(Held, "lunch") == ()
    assert play.now.gate is None
    play.do(Held, "lunch")
    assert play.refused() == "the run is held"
    assert play.do(Released) == (OpenGate(C1, Gate.START),)
    play.do(Released)
    assert play.refused() == "the run is not held"


def test_a_hold_lets_facts_in_and_nothing_out() -> None:
    play = at_step(Step.DETACH)
    play.do(Held, "wait")
    play.answer()
    assert play.see() == ()
    assert play.now.wait is None
    (wake,) = play.do(Released)
    assert isinstance(wake, WakeAt)


def test_freezing_a_drain_cancels_it_and_releasing_sets_it_again() -> None:
    play = at_step(Step.DRAIN)
    play.answer()
    (cancel,) = play.do(Frozen, "terminal lost")
    assert isinstance(cancel, CancelDrain)
    play.do(Frozen, "again")
    assert play.refused() == "the run is frozen"
    play.answer()
    play.see(ProofName.DRAIN_OVER)
    (drain,) = play.do(Released)
    assert isinstance(drain, Drain)
    assert play.finish_step() == Gate.UPGRADE


def test_freezing_elsewhere_only_holds() -> None:
    play = at_step(Step.DETACH)
    assert play.do(Frozen, "terminal lost") == ()
    assert play.run.hold is not None
    assert play.run.hold.frozen
    over = at_step(Step.DRAIN)
    over.answer()
    over.see(ProofName.REPLACED)
    assert over.do(Frozen, "the drain is complete") == ()


def test_a_held_run_can_be_frozen_and_a_failed_freeze_asked_again() -> None:
    play = at_step(Step.DRAIN)
    play.answer()
    play.do(Held, "look")
    (cancel,) = play.do(Frozen, "stop it")
    assert isinstance(cancel, CancelDrain)
    play.do(Failed, cancel.id, "no leader")
    assert play.run.hold is not None
    assert play.run.hold.frozen
    assert "no leader" in play.run.hold.reason
    (again,) = play.do(Frozen, "stop it")
    assert isinstance(again, CancelDrain)
    assert again.id != cancel.id
    play.do(Unknown, again.id, "timed out")
    (drain,) = play.do(Released)
    assert isinstance(drain, Drain)
    assert [one.write for one in play.now.pending] == [drain]


def test_a_refused_call_holds_and_is_asked_again_when_released() -> None:
    play = at_step(Step.DETACH)
    first, second = (one.write for one in play.now.pending)
    play.do(Answered, second.id)
    play.do(Failed, first.id, "AccessDenied")
    assert play.run.hold is not None
    assert "DeregisterTargets" in play.run.hold.reason
    (again,) = play.do(Released)
    assert isinstance(again, Deregister)
    assert isinstance(first, Deregister)
    assert (again.target, again.id == first.id) == (first.target, False)


def test_a_refused_cordon_of_a_later_node_is_asked_again() -> None:
    play = at_step(Step.CORDON, 1, 2)
    play.do(Failed, play.run.upgrades[1].pending[0].write.id, "no leader")
    (again,) = play.do(Released)
    assert isinstance(again, SetEligibility)
    assert (again.node, again.eligible) == (C2, False)


def test_a_refused_drain_is_asked_again() -> None:
    play = at_step(Step.DRAIN)
    (pending,) = play.now.pending
    play.do(Unknown, pending.write.id, "timed out")
    (again,) = play.do(Released)
    assert isinstance(again, Drain)


def test_a_failed_host_command_is_never_repeated() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    (pending,) = play.now.pending
    play.do(Intended, pending.write.id)
    play.do(HostStarted, pending.write.id)
    play.do(HostEnded, pending.write.id, 1, "no such unit")
    assert play.run.hold is not None
    assert "ended with 1: no such unit" in play.run.hold.reason
    assert play.do(Released) == ()
    assert play.now.exit_code == 1
    play.see()
    assert play.wait() == (OpenGate(C1, Gate.REJOIN),)


def test_by_hand_the_version_is_waited_for() -> None:
    play = at_step(Step.UPGRADE)
    assert play.now.pending == ()
    assert play.see(ProofName.VERSION) == ()
    (wake,) = play.see()
    assert isinstance(wake, WakeAt)
    assert play.wait() == (OpenGate(C1, Gate.REJOIN),)


def test_a_second_registration_spares_the_settling() -> None:
    play = at_step(Step.UPGRADE)
    play.see()
    asked = play.see(ProofName.REGISTERED_AGAIN, truth=Truth.TRUE)
    assert asked == (OpenGate(C1, Gate.REJOIN),)


def test_settling_begins_again_when_the_node_is_lost_meanwhile() -> None:
    play = at_step(Step.UPGRADE)
    play.see()
    first = play.now.wait
    play.see(ProofName.READY)
    assert play.now.wait is None
    play.do(TimeReached)
    assert play.refused() == "nothing is due"
    play.see()
    assert play.now.wait is not None
    assert first is not None
    assert play.now.wait.due > first.due


def test_baking_rests_on_what_was_seen_since_the_last_write() -> None:
    play = at_step(Step.ATTACH)
    play.answer()
    last = play.now.written_at
    play.see()
    assert (play.now.step, play.now.written_at) == (Step.BAKE, last)


def test_baking_begins_again_when_a_proof_breaks() -> None:
    play = at_step(Step.BAKE)
    play.see()
    play.see(ProofName.STEADY)
    assert play.now.wait is None
    (wake,) = play.see()
    assert isinstance(wake, WakeAt)
    assert wake.elapsed == pytest.approx(play.elapsed + 60.0)


def test_system_jobs_that_do_not_come_back_are_evaluated_once() -> None:
    play = at_step(Step.REJOIN, system=SystemJobs.STOP)
    play.answer()
    play.see(ProofName.SYSTEM_BACK)
    (evaluate,) = play.wait()
    assert isinstance(evaluate, EvaluateJob)
    assert (evaluate.namespace, evaluate.job_id) == ("default", "edge")
    play.do(Intended, evaluate.id)
    play.do(Unknown, evaluate.id, "timed out")
    assert play.do(Released) == ()
    assert play.see(ProofName.SYSTEM_BACK) == ()
    assert play.see() == (OpenGate(C1, Gate.ATTACH),)


def test_patience_over_with_everything_back_evaluates_nothing() -> None:
    play = at_step(Step.REJOIN)
    play.answer()
    play.see(ProofName.CHECKS_PASSING)
    assert play.wait() == ()


def test_a_node_without_targets_skips_the_balancer() -> None:
    plan = a_plan(1)
    bare = msgspec.structs.replace(plan.nodes[0], targets=())
    play = Play(Run.of(msgspec.structs.replace(plan, nodes=(bare,))))
    play.take_up()
    play.reach(Step.BAKE)
    assert [one.step for one in play.now.records] == [
        None,
        Step.CORDON,
        Step.DRAIN,
        Step.UPGRADE,
        Step.REJOIN,
    ]


def test_a_node_found_ineligible_is_left_so() -> None:
    plan = a_plan(1)
    closed = msgspec.structs.replace(plan.nodes[0], eligible=False)
    play = Play(Run.of(msgspec.structs.replace(plan, nodes=(closed,))))
    play.take_up()
    play.see()
    assert play.confirm() == ()
    play.reach(Step.REJOIN)
    assert play.now.pending == ()


def test_only_fresh_sights_of_nodes_in_play_count() -> None:
    play = at_step(Step.CORDON)
    old = Observation(0, ())
    play.do(Observed, old)
    assert play.refused() == "seen before the last answer"
    assert not is_news(play.run, old)
    elsewhere = Observation(play.run.writes, (NodeProofs(C2, None, ()),))
    play.do(Observed, elsewhere)
    assert play.refused() == "seen of a node or step that is not in play"


def test_a_sight_that_says_nothing_new_leaves_the_run_alone() -> None:
    play = at_step(Step.CORDON)
    play.answer()
    play.see()
    seen = Observation(
        play.run.writes,
        (NodeProofs(C1, Step.CORDON, tuple(one.proof for one in play.now.proofs)),),
    )
    assert not is_news(play.run, seen)
    play.do(Observed, seen)
    assert (play.asked, play.journal[-1].__class__.__name__) == ((), "Observed")
    changed = msgspec.structs.replace(seen, nodes=(NodeProofs(C1, Step.CORDON, ()),))
    assert is_news(play.run, changed)


def test_what_a_gate_would_do_is_told_beforehand() -> None:
    play = at_step(Step.CORDON)
    assert [type(one) for one in upcoming(play.run)] == [Deregister, Deregister]


def test_replay_of_a_journal_gives_the_same_run() -> None:
    play = started(1, 2, host_command=HOST)
    play.reach(Step.DRAIN)
    play.answer()
    play.do(Frozen, "terminal lost")
    play.answer()
    play.do(Released)
    lines = [msgspec.json.encode(one) for one in play.journal]
    read = [msgspec.json.decode(line, type=events.Event) for line in lines]
    assert replayed(Run.of(a_plan(1, 2, host_command=HOST)), read) == play.run


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves())
def test_any_event_in_any_state_gives_a_state_or_a_rejection(
    chosen: tuple[int, list[Any]],
) -> None:
    play = Play(Run.of(PLAN))
    steps, happenings = chosen
    head_start(play, steps)
    for likely, choice, node, gate, code in happenings:
        if likely:
            do_likely(play, choice)
            continue
        before = play.run
        play.send(any_event(play, choice, node, gate, code))
        if play.refused():
            assert play.run is before
            assert len(play.asked) == 1
        elif play.asked:
            assert play.run != before
    lines = [msgspec.json.encode(one) for one in play.journal]
    assert replay(PLAN, [msgspec.json.decode(one, type=events.Event) for one in lines]) == play.run
    calls = [one for one in play.journal if isinstance(one, Intended)]
    assert len({one.command for one in calls}) == len(calls)


PLAN = a_plan(1, 2, host_command=HOST)


def test_a_run_that_is_given_up_is_over_begun_or_not() -> None:
    for play in (Play(Run.of(a_plan(1))), started(1), at_step(Step.DRAIN)):
        changed = ledger(play.run)
        assert play.do(events.Closed, "ann@bastion", ("c1: ready",)) == ()
        assert (play.run.outcome, play.run.active) == ("closed", False)
        assert ledger(play.run) == changed
        play.do(events.Closed, "ann@bastion")
        assert play.refused() == "the run is over"


def batch_seen(play: Play, *ids: str) -> tuple[Command, ...]:
    """What proves the present step, with this batch work on the node."""
    play.see()
    nodes = (
        NodeProofs(
            play.now.node,
            play.now.step,
            tuple(one.proof for one in play.now.proofs),
            batch=ids,
        ),
    )
    return play.do(Observed, Observation(play.run.writes, nodes))


def test_batch_work_that_comes_or_ends_changes_the_drain_and_closes_its_gate() -> None:
    play = at_step(Step.DETACH)
    play.finish_step()
    play.do_code("7f")
    (again,) = batch_seen(play, "late")
    assert again == OpenGate(node_id(1), Gate.DRAIN)
    play.do(GateConfirmed, node_id(1), Gate.DRAIN, "7f", 3000)
    assert play.refused() == "the gate is closed"
    (drain,) = play.confirm("8g")
    assert isinstance(drain, Drain)
    assert drain.deadline_s == 0
    ended = at_step(Step.DETACH)
    batch_seen(ended)
    ended.finish_step()
    (drain,) = ended.confirm()
    assert isinstance(drain, Drain)
    assert drain.deadline_s == 600


def test_batch_work_to_be_stopped_is_what_is_there_then() -> None:
    play = at_step(Step.DETACH, 2, batch=BatchChoice.STOP)
    batch_seen(play, "late")
    play.finish_step()
    _, stop = play.confirm()
    assert isinstance(stop, StopAllocation)
    assert stop.allocation == "late"
