"""What the operator orders besides the gates."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import BatchChoice, FoundAllocation, Plan, Step
from nomad_console.upgrade.commands import (
    Command,
    Drain,
    ExtendDrain,
    OpenGate,
    RunHost,
    SetEligibility,
    StopAllocation,
    Write,
)
from nomad_console.upgrade.events import (
    Accepted,
    BatchChosen,
    Event,
    Extended,
    Failed,
    Frozen,
    GateConfirmed,
    GateOpened,
    Held,
    HostAnswered,
    HostEnded,
    Intended,
    Released,
    Skipped,
    Started,
    StopAsked,
    StopUnasked,
)
from nomad_console.upgrade.gates import Gate, ProofName
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.run import GateState, Outcome, Run
from tests.support.plans import a_plan
from tests.support.play import HOST, Play, at_step, started
from tests.support.random_runs import moves, play_moves
from tests.support.snapshots import node_id

C1, C2, C3 = node_id(1), node_id(2), node_id(3)
CRUNCH = FoundAllocation("a0", "default", "crunch.crunch[0]", "crunch", "crunch", "batch", 0)


def with_batch(*numbers: int, on: int = 1, **options: Any) -> Plan:
    """A plan of which this node alone carries batch work."""
    plan = a_plan(*numbers, **options)
    nodes = []
    for node in plan.nodes:
        rest = tuple(one for one in node.allocations if one not in node.batch)
        more = (CRUNCH,) if node.node_id == node_id(on) else ()
        nodes.append(msgspec.structs.replace(node, allocations=(*rest, *more)))
    return msgspec.structs.replace(plan, nodes=tuple(nodes))


def play_of(plan: Plan, step: Step | None = None, node: str = "") -> Play:
    play = Play(Run.of(plan))
    play.take_up()
    if step is not None:
        play.reach(step, node)
    return play


def drain_of(play: Play) -> Drain:
    (drain,) = (one.write for one in play.now.pending if isinstance(one.write, Drain))
    return drain


# Accepted


def test_a_word_on_a_finding_is_kept_also_before_the_start() -> None:
    found = (
        Finding("count-one:solo", Level.ACK, "solo", "its only copy", "scale it"),
        Finding("skew", Level.WARN, "c1", "old", "none"),
    )
    play = Play(Run.of(msgspec.structs.replace(a_plan(1), findings=found)))
    play.do(Accepted, findings=("skew",))
    assert play.refused() == "no finding that can be accepted: skew"
    play.do(Accepted, findings=("count-one:solo", "count-one:solo"))
    assert play.run.accepted == ("count-one:solo",)
    before = play.run
    assert play.do(Accepted, findings=("count-one:solo",)) == ()
    assert play.run is before


def found_two() -> Play:
    """A run of two nodes, begun with two findings that need a word."""
    found = tuple(Finding(one, Level.ACK, one, "seen", "none") for one in ("skew", "count-one"))
    play = Play(Run.of(msgspec.structs.replace(a_plan(1, 2), findings=found)))
    play.do(Started)
    return play


def test_the_first_gate_opens_only_when_every_finding_is_accepted() -> None:
    play = found_two()
    assert play.see() == ()
    play.do(Accepted, ("skew",))
    assert play.run.unaccepted == ("count-one",)
    assert play.now.gate is None
    play.do(GateOpened, play.now.node, Gate.START, "7f")
    assert play.refused() == "this gate is not asked for"
    play.do(Accepted, ("count-one",))
    assert play.now.gate == GateState(Gate.START)


def test_nor_does_the_next_node_begin_where_the_first_was_skipped() -> None:
    play = found_two()
    play.do(Skipped, node=C1, by="me")
    play.see()
    assert play.now.gate is None
    play.do(Accepted, ("skew", "count-one"))
    assert play.now.gate == GateState(Gate.NEXT)


class Unaccepted(Play):
    """Nothing is asked for, and no gate is open, as long as a finding is not accepted."""

    def send(self, event: Event) -> tuple[Command, ...]:
        asked = super().send(event)
        if self.run.unaccepted:
            assert not any(isinstance(one, Write | OpenGate) for one in asked)
            assert all((one.step, one.gate) == (None, None) for one in self.run.upgrades)
        return asked


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves())
def test_whatever_happens_nothing_begins_before_everything_is_accepted(
    chosen: tuple[int, list[Any]],
) -> None:
    found = tuple(Finding(one, Level.ACK, one, "seen", "none") for one in ("skew", "count-one"))
    plan = msgspec.structs.replace(a_plan(1, 2, host_command=HOST), findings=found)
    steps, happenings = chosen
    play_moves(Unaccepted(Run.of(plan)), (0 if steps % 2 else steps, happenings))


# StopAsked


def test_stopping_gives_the_cordons_back_and_ends_after_this_node() -> None:
    play = at_step(Step.BAKE, 1, 2, 3)
    play.do(StopAsked)
    play.do(StopAsked)
    assert play.refused() == "the run stops already"
    play.see()
    asked = play.wait()
    assert [(one.node, one.eligible) for one in asked if isinstance(one, SetEligibility)] == [
        (C2, True),
        (C3, True),
    ]
    assert play.now.gate is None
    assert play.run.ended_at is None
    play.answer()
    assert play.run.outcome == Outcome.STOPPED
    assert not any(one.inverse for one in ledger(play.run))


def test_stopping_takes_the_gate_to_the_next_node_away() -> None:
    play = at_step(Step.BAKE, 1, 2)
    assert play.finish_step() == Gate.NEXT
    assert [type(one) for one in play.do(StopAsked)] == [SetEligibility]
    play.do(GateConfirmed, C1, Gate.NEXT, "7f", 3000)
    assert play.refused() == "the gate is closed"


def test_a_stop_can_be_taken_back_until_the_run_has_ended() -> None:
    play = at_step(Step.BAKE, 1, 2)
    play.do(StopUnasked)
    assert play.refused() == "nobody asked the run to stop"
    play.do(StopAsked)
    play.see()
    play.wait()
    play.do(StopUnasked)
    play.answer()
    assert play.see() == (OpenGate(C1, Gate.NEXT),)
    assert [type(one) for one in play.confirm()] == [SetEligibility]
    play.finish()
    assert play.run.outcome == Outcome.DONE


def test_a_refused_cordon_given_back_is_asked_again() -> None:
    play = at_step(Step.BAKE, 1, 2)
    play.do(StopAsked)
    play.see()
    (uncordon,) = (one for one in play.wait() if isinstance(one, SetEligibility))
    play.do(Failed, uncordon.id, "no leader")
    assert [type(one) for one in play.do(Released)] == [SetEligibility]
    play.answer()
    assert play.run.outcome == Outcome.STOPPED


# Skipped


def test_an_untouched_node_is_left_out_and_gets_its_cordon_back() -> None:
    play = at_step(Step.DRAIN, 1, 2, 3)
    (uncordon,) = play.do(Skipped, node=C2, by="operator")
    assert isinstance(uncordon, SetEligibility)
    assert (uncordon.node, uncordon.eligible) == (C2, True)
    play.do(Skipped, node=C2, by="operator")
    assert play.refused() == "the node is over"
    play.finish()
    assert [one.ended_at is None for one in play.run.upgrades] == [False, True, False]
    assert play.run.outcome == Outcome.DONE


def test_the_node_at_work_is_left_out_before_it_is_detached() -> None:
    play = at_step(Step.CORDON, 1, 2)
    assert [type(one) for one in play.do(Skipped, node=C1, by="operator")] == [SetEligibility]
    play.answer()
    assert play.see() == (OpenGate(C1, Gate.NEXT),)
    play.confirm()
    assert play.now.node == C2
    play.finish()
    assert play.run.outcome == Outcome.DONE
    assert {one.node for one in ledger(play.run)} == {C2}


def test_the_first_of_those_not_left_out_cordons_the_selection_and_bakes_twice() -> None:
    play = started(1, 2, 3)
    play.do(Skipped, node=C1, by="operator")
    play.see()
    asked = play.confirm()
    assert [one.node for one in asked if isinstance(one, SetEligibility)] == [C2, C3]
    play.reach(Step.BAKE)
    play.see()
    assert play.now.wait is not None
    assert play.now.wait.seconds == 60.0


def test_with_every_node_left_out_nothing_was_done() -> None:
    play = started(1)
    play.do(Skipped, node=C1, by="")
    assert play.run.upgrades[0].skipped == "operator"
    assert play.run.outcome == Outcome.STOPPED


@pytest.mark.parametrize("step", [Step.DETACH, Step.DRAIN, Step.UPGRADE, Step.REJOIN])
def test_in_the_middle_of_its_chain_a_node_cannot_be_left(step: Step) -> None:
    play = at_step(step)
    play.do(Skipped, node=C1, by="operator")
    assert play.refused() == (
        f"{step} is the middle of its chain: restore, or let it be brought back"
    )


def test_an_upgraded_node_may_be_left_as_it_is() -> None:
    play = at_step(Step.ATTACH, 1, 2)
    for pending in play.now.pending:
        play.do(Failed, pending.write.id, "AccessDenied")
    play.do(Skipped, node=C1, by="operator")
    play.do(Released)
    assert play.see() == (OpenGate(C1, Gate.NEXT),)
    play.confirm()
    assert play.run.upgrades[0].ended_at is not None
    left = [one.change for one in ledger(play.run) if one.node == C1 and one.inverse]
    assert len(left) == 2
    assert all(change.endswith(" left the balancer") for change in left)


def test_a_watch_can_be_cut_short() -> None:
    play = at_step(Step.BAKE)
    assert play.do(Skipped, node=C1, by="operator") == ()
    assert play.run.outcome == Outcome.DONE


def test_only_nodes_of_the_run_are_skipped() -> None:
    play = started(1)
    play.do(Skipped, node=C2, by="operator")
    assert play.refused() == "no node of this run"


# Extended


def test_a_drain_gets_a_new_deadline() -> None:
    play = at_step(Step.DRAIN)
    play.do(Extended, node=C1, deadline_s=1200.0)
    assert play.refused() == "the drain has not been answered yet"
    play.answer()
    (extend,) = play.do(Extended, node=C1, deadline_s=1200.0)
    assert isinstance(extend, ExtendDrain)
    assert (extend.deadline_s, extend.run_id, extend.keep_system) == (1200.0, "7f3a0000", True)
    play.answer()
    play.do(Frozen, "look")
    play.answer()
    (drain,) = play.do(Released)
    assert isinstance(drain, Drain)
    assert drain.deadline_s == 1200.0


def test_only_a_drain_of_ours_under_way_is_extended() -> None:
    play = at_step(Step.DETACH)
    play.do(Extended, node=C1, deadline_s=60.0)
    assert play.refused() == "the node is not being drained"
    play.reach(Step.DRAIN)
    play.answer()
    play.do(Extended, node=C1, deadline_s=-1.0)
    assert play.refused() == "a deadline lies ahead"
    play.do(Extended, node=C2, deadline_s=60.0)
    assert play.refused() == "the node is not being drained"
    play.see(ProofName.REPLACED)
    play.do(Extended, node=C1, deadline_s=60.0)
    assert play.refused() == "the drain is over"
    frozen = at_step(Step.DRAIN)
    frozen.answer()
    frozen.do(Frozen, "look")
    frozen.do(Extended, node=C1, deadline_s=60.0)
    assert frozen.refused() == "the drain is frozen"


# BatchChosen


def test_batch_work_is_waited_for_without_a_deadline() -> None:
    assert drain_of(play_of(with_batch(1), Step.DRAIN)).deadline_s == 0.0
    assert drain_of(play_of(with_batch(1, 2, on=2), Step.DRAIN)).deadline_s == 600.0
    asked = with_batch(1, deadline_s=900.0)
    assert drain_of(play_of(asked, Step.DRAIN)).deadline_s == 900.0


def test_batch_work_is_stopped_where_the_plan_says_so() -> None:
    play = play_of(with_batch(1, batch=BatchChoice.STOP), Step.DRAIN)
    assert drain_of(play).deadline_s == 600.0
    assert [one.write.allocation for one in play.now.pending[1:]] == ["a0"]  # type: ignore[union-attr]  # a stop
    play.answer()
    assert "batch work crunch.crunch[0] was stopped" in [one.change for one in ledger(play.run)]


def test_nodes_with_batch_work_are_left_out_where_the_plan_says_so() -> None:
    play = play_of(with_batch(1, 2, batch=BatchChoice.SKIP))
    assert [one.skipped for one in play.run.upgrades] == ["its batch work", ""]
    play.see()
    assert [one.node for one in play.confirm() if isinstance(one, SetEligibility)] == [C2]


def test_batch_work_can_be_stopped_while_it_drains() -> None:
    play = play_of(with_batch(1), Step.DRAIN)
    play.answer()
    (first,) = play.do(BatchChosen, node=C1, choice=BatchChoice.STOP)
    assert first == StopAllocation(id=first.id, node=C1, allocation="a0")  # type: ignore[union-attr]  # a write
    assert play.do(BatchChosen, node=C1, choice=BatchChoice.STOP) == ()
    play.answer()
    (second,) = play.do(BatchChosen, node=C1, choice=BatchChoice.STOP, allocations=("a0", "a1"))
    assert isinstance(second, StopAllocation)
    assert second.allocation == "a1"
    play.answer()
    changes = [one.change for one in ledger(play.run)]
    assert "batch work a1 was stopped" in changes


def test_a_deadline_is_taken_away_for_batch_work() -> None:
    play = play_of(with_batch(1, batch=BatchChoice.STOP), Step.DRAIN)
    play.answer()
    (extend,) = play.do(BatchChosen, node=C1, choice=BatchChoice.WAIT)
    assert isinstance(extend, ExtendDrain)
    assert extend.deadline_s == 0.0
    play.answer()
    assert play.do(BatchChosen, node=C1, choice=BatchChoice.WAIT) == ()


def test_frozen_the_deadline_is_taken_away_with_the_next_drain() -> None:
    play = play_of(with_batch(1, deadline_s=900.0), Step.DRAIN)
    play.answer()
    play.do(Frozen, "look")
    play.answer()
    assert play.do(BatchChosen, node=C1, choice=BatchChoice.WAIT) == ()
    (drain,) = play.do(Released)
    assert isinstance(drain, Drain)
    assert drain.deadline_s == 0.0


def test_the_choice_may_come_before_the_drain() -> None:
    play = play_of(with_batch(1), Step.DETACH)
    assert play.do(BatchChosen, node=C1, choice=BatchChoice.STOP) == ()
    play.reach(Step.DRAIN)
    assert [type(one.write) for one in play.now.pending] == [Drain, StopAllocation]


def test_a_choice_before_the_drain_decides_its_deadline() -> None:
    play = play_of(with_batch(1, deadline_s=900.0), Step.DETACH)
    play.do(BatchChosen, node=C1, choice=BatchChoice.WAIT)
    assert play.now.deadline_s == 0.0
    play.do(BatchChosen, node=C1, choice=BatchChoice.STOP)
    play.reach(Step.DRAIN)
    assert drain_of(play).deadline_s == 900.0


def test_a_choice_has_to_be_possible() -> None:
    play = play_of(with_batch(1, 2), Step.DRAIN)
    play.do(BatchChosen, node=C1, choice=BatchChoice.SKIP)
    assert "is the middle of its chain" in play.refused()
    play.do(BatchChosen, node=C2, choice=BatchChoice.STOP)
    assert play.refused() == "the node has no batch work"
    play.do(BatchChosen, node=C3, choice=BatchChoice.STOP)
    assert play.refused() == "no node of this run"
    play.reach(Step.UPGRADE)
    play.do(BatchChosen, node=C1, choice=BatchChoice.STOP)
    assert play.refused() == "the drain is over"


def test_a_node_can_be_skipped_for_its_batch_work() -> None:
    play = play_of(with_batch(1, 2, on=2), Step.DRAIN)
    assert [type(one) for one in play.do(BatchChosen, node=C2, choice=BatchChoice.SKIP)] == [
        SetEligibility
    ]
    assert play.run.upgrades[1].skipped == "its batch work"


# HostAnswered


def failed_host() -> Play:
    play = at_step(Step.UPGRADE, host_command=HOST)
    (pending,) = play.now.pending
    play.do(Intended, pending.write.id)
    play.do(HostEnded, pending.write.id, 1)
    return play


def test_a_host_command_is_run_again_on_the_operators_word() -> None:
    play = failed_host()
    assert play.run.host_question is not None
    (again,) = play.do(HostAnswered, ran=False)
    assert isinstance(again, RunHost)
    assert again.argv == ("restart", "c1", "2.0.5")
    assert play.run.hold is None
    play.do(HostAnswered, ran=False)
    assert play.refused() == "no host command is in question"


def test_a_host_command_is_taken_for_done_on_the_operators_word() -> None:
    play = failed_host()
    assert play.do(HostAnswered, ran=True) == ()
    play.see()
    assert play.wait() == (OpenGate(C1, Gate.REJOIN),)


def test_a_host_command_that_failed_is_run_again_also_after_the_run_went_on() -> None:
    play = failed_host()
    play.do(Released)
    assert play.run.host_question is None
    play.do(HostAnswered, ran=True)
    assert play.refused() == "no host command is in question"
    (again,) = play.do(HostAnswered, ran=False)
    assert isinstance(again, RunHost)
    play.answer()
    play.see()
    assert play.wait() == (OpenGate(C1, Gate.REJOIN),)


def test_held_without_its_version_a_command_that_ended_well_is_run_again() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.answer()
    play.see(ProofName.VERSION)
    play.do(HostAnswered, ran=False)
    assert play.refused() == "no host command is in question"
    play.do(Held, "upgrade is not proven")
    assert [type(one) for one in play.do(HostAnswered, ran=False)] == [RunHost]
    assert play.run.hold is None


def test_with_its_version_there_a_host_command_is_not_run_again() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.answer()
    play.see(ProofName.DRIVERS)
    play.do(Held, "drivers")
    play.do(HostAnswered, ran=False)
    assert play.refused() == "no host command is in question"
