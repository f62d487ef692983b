"""The way back, from every step, by scripts and at random."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from nomad_console.domain.plan import NodePlan, Plan, Step, SystemJobs
from nomad_console.upgrade.commands import (
    CancelDrain,
    Deregister,
    Drain,
    EvaluateJob,
    Register,
    RunHost,
    SetEligibility,
    WakeAt,
    Write,
)
from nomad_console.upgrade.events import (
    Answered,
    Failed,
    Frozen,
    GateOpened,
    Held,
    HostEnded,
    Intended,
    Released,
    RestoreAsked,
    Skipped,
    StopAsked,
    Unknown,
)
from nomad_console.upgrade.gates import Gate, ProofName, Undo
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.machine import upcoming
from nomad_console.upgrade.restore import back_at
from nomad_console.upgrade.run import Outcome, Run
from tests.support.plans import a_plan
from tests.support.play import HOST, Play, at_step, replayed, started
from tests.support.pure_world import PureWorld, eligibilities
from tests.support.random_runs import moves, play_moves
from tests.support.snapshots import article_snapshot, node_id, with_allocation, with_node

C1, C2, C3 = node_id(1), node_id(2), node_id(3)


def ask(play: Play) -> list[type[object]]:
    return [type(one) for one in play.do(RestoreAsked, reason="enough")]


def addresses(plan: Plan, delay_s: float = 300.0, slow_start_s: float = 0.0) -> Plan:
    """The first node's second target is an address."""

    def changed(node: NodePlan) -> NodePlan:
        first, second = node.targets
        second = msgspec.structs.replace(
            second, is_address=True, delay_s=delay_s, slow_start_s=slow_start_s
        )
        return msgspec.structs.replace(node, targets=(first, second))

    return msgspec.structs.replace(plan, nodes=tuple(map(changed, plan.nodes)))


def playing(plan: Plan, step: Step) -> Play:
    play = Play(Run.of(plan))
    play.take_up()
    play.reach(step)
    return play


def test_untouched_there_is_nothing_to_put_back() -> None:
    play = started(1, 2)
    play.see()
    assert play.do(RestoreAsked, reason="no") == ()
    assert play.run.outcome == Outcome.RESTORED
    assert ledger(play.run) == ()


def test_the_way_back_from_a_drain_keeps_its_order() -> None:
    play = at_step(Step.DRAIN, 1, 2)
    play.answer()
    (cancel,) = play.do(RestoreAsked, reason="too slow")
    assert cancel == CancelDrain(id=f"{C1}/restore/{play.run.issued}", node=C1, run_id="7f3a0000")
    play.answer()
    assert play.see(ProofName.SETTLED) == ()
    (eligible,) = play.see()
    assert isinstance(eligible, SetEligibility)
    assert (eligible.node, eligible.eligible, play.run.undo) == (C1, True, Undo.REJOIN)
    play.answer()
    assert [type(one) for one in play.see(ProofName.CHECKS_PASSING)] == []
    assert [type(one) for one in play.see()] == [Register, Register]
    play.answer()
    assert play.see(ProofName.HEALTHY) == ()
    (uncordon,) = play.see()
    assert isinstance(uncordon, SetEligibility)
    assert (uncordon.node, uncordon.eligible, play.run.undo) == (C2, True, Undo.CORDONS)
    play.answer()
    assert play.run.ended_at is None
    assert play.see() == ()
    assert (play.run.outcome, [one.inverse for one in ledger(play.run)]) == ("restored", [""])


@pytest.mark.parametrize("step", list(Step))
def test_from_every_step_only_what_cannot_be_undone_is_left(step: Step) -> None:
    play = at_step(step, 1, 2, host_command=HOST)
    ask(play)
    play.go_back()
    assert {one.inverse for one in ledger(play.run)} <= {""}
    assert not play.run.upgrades[1].cordoned


def test_a_finished_node_stays_as_it_is() -> None:
    play = at_step(Step.BAKE, 1, 2)
    play.finish_step()
    play.confirm()
    assert ask(play) == [SetEligibility]
    play.go_back()
    assert play.run.upgrades[0].ended_at is not None
    assert play.run.outcome == Outcome.RESTORED


def test_what_is_under_way_is_waited_for_and_then_put_back() -> None:
    play = at_step(Step.DETACH)
    first, second = (one.write.id for one in play.now.pending)
    assert ask(play) == []
    play.do(Answered, first)
    play.do(Failed, second, "AccessDenied")
    assert play.run.hold is None
    assert len(play.now.detached) == 2
    assert play.run.undo == Undo.REJOIN
    play.go_back()
    assert ledger(play.run) == ()


def test_what_nobody_knows_is_put_back_as_well() -> None:
    play = at_step(Step.DETACH)
    for pending in play.now.pending:
        play.do(Unknown, pending.write.id, "timed out")
    assert play.run.hold is not None
    assert ask(play) == [SetEligibility]
    assert play.run.hold is None
    assert len(play.now.detached) == 2


def test_a_cordon_nobody_knows_of_is_taken_back() -> None:
    play = at_step(Step.CORDON, 1, 2)
    for upgrade in play.run.upgrades:
        play.do(Unknown, upgrade.pending[0].write.id, "timed out")
    assert ask(play) == [SetEligibility]
    play.go_back()
    assert ledger(play.run) == ()


def test_a_drain_that_was_ended_already_is_not_ended_twice() -> None:
    play = at_step(Step.DRAIN)
    play.answer()
    play.do(Frozen, "slow")
    assert ask(play) == []
    play.answer()
    play.see()
    assert play.run.undo == Undo.REJOIN


def test_a_drain_that_is_over_is_not_ended() -> None:
    play = at_step(Step.DRAIN)
    play.answer()
    play.see(ProofName.REPLACED)
    assert ask(play) == []


def test_a_drain_that_failed_is_ended_to_be_sure() -> None:
    play = at_step(Step.DRAIN)
    play.do(Unknown, play.now.pending[0].write.id, "timed out")
    assert ask(play) == [CancelDrain]
    assert play.now.drained


def test_a_host_command_is_waited_for_and_its_failure_holds_nothing() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    (pending,) = play.now.pending
    play.do(Intended, pending.write.id)
    assert ask(play) == []
    assert upcoming(play.run) == ()
    assert play.see() == ()
    (eligible,) = play.do(HostEnded, pending.write.id, 3)
    assert isinstance(eligible, SetEligibility)
    assert play.run.hold is None


def test_a_host_command_that_was_not_begun_is_not_run() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    assert ask(play) == [SetEligibility]
    play.go_back()
    assert [one.change for one in ledger(play.run)] == ["work was moved to other nodes"]


def test_a_refused_call_of_the_way_back_holds_and_is_asked_again() -> None:
    play = at_step(Step.DRAIN)
    play.answer()
    play.do(RestoreAsked, reason="enough")
    (pending,) = play.now.pending
    play.do(Failed, pending.write.id, "no leader")
    assert play.run.hold is not None
    (again,) = play.do(Released)
    assert isinstance(again, CancelDrain)


def test_held_the_way_back_waits() -> None:
    play = at_step(Step.DETACH)
    play.answer()
    play.do(RestoreAsked, reason="enough")
    play.do(Frozen, "wait")
    assert [type(one) for one in play.asked] == []
    play.answer()
    assert play.see() == ()
    assert [type(one) for one in play.do(Released)] == [Register, Register]


def test_an_address_comes_back_when_its_delay_is_over() -> None:
    play = playing(addresses(a_plan(1)), Step.DETACH)
    play.answer()
    out_at = play.now.detached_at
    assert out_at is not None
    assert back_at(play.run, play.now) == out_at + timedelta(seconds=300)
    play.do(RestoreAsked, reason="enough")
    play.answer()
    (first,) = play.see()
    assert isinstance(first, Register)
    assert not first.target.is_address
    (wake,) = play.answer()
    assert isinstance(wake, WakeAt)
    assert wake.elapsed == pytest.approx(400.0, abs=5.0)
    (second,) = play.wait()
    assert isinstance(second, Register)
    assert second.target.is_address
    play.go_back()
    assert back_at(play.run, play.now) is None
    assert ledger(play.run) == ()


def test_an_address_whose_delay_is_over_comes_back_at_once() -> None:
    play = playing(addresses(a_plan(1), delay_s=1.0), Step.DRAIN)
    play.answer()
    play.elapsed += 60
    play.do(RestoreAsked, reason="enough")
    play.answer()
    play.see()
    play.answer()
    assert [type(one) for one in play.see()] == [Register, Register]


def test_a_share_grows_before_the_way_back_is_over() -> None:
    play = playing(addresses(a_plan(1), delay_s=1.0, slow_start_s=45.0), Step.DRAIN)
    play.do(RestoreAsked, reason="enough")
    play.answer()
    play.see()
    play.answer()
    play.see()
    play.answer()
    (wake,) = play.see()
    assert isinstance(wake, WakeAt)
    assert play.run.ended_at is None
    play.wait()
    assert play.run.outcome == Outcome.RESTORED


def test_a_target_that_does_not_come_back_is_registered_again() -> None:
    play = at_step(Step.DETACH)
    play.answer()
    play.do(RestoreAsked, reason="enough")
    play.answer()
    play.see()
    play.answer()
    assert play.see(ProofName.HEALTHY) == ()
    assert [type(one) for one in play.wait()] == [Register, Register]
    play.answer()
    assert play.see() == ()
    assert play.run.outcome == Outcome.RESTORED


def test_targets_being_registered_are_seen_healthy_before_the_way_back_is_over() -> None:
    play = at_step(Step.ATTACH)
    play.do(RestoreAsked, reason="enough")
    play.answer()
    play.see(ProofName.HEALTHY)
    assert play.run.undo == Undo.ATTACH
    assert play.run.ended_at is None
    play.see()
    assert play.run.outcome == Outcome.RESTORED


def test_system_jobs_that_stay_away_are_evaluated_once() -> None:
    play = at_step(Step.UPGRADE, system=SystemJobs.STOP)
    play.do(RestoreAsked, reason="enough")
    play.answer()
    play.see(ProofName.SYSTEM_BACK)
    (evaluate,) = play.wait()
    assert isinstance(evaluate, EvaluateJob)
    play.answer()
    assert play.see(ProofName.SYSTEM_BACK) == ()
    assert [type(one) for one in play.see()] == [Register, Register]


def test_a_node_skipped_with_its_targets_out_gets_them_back_too() -> None:
    play = at_step(Step.ATTACH, 1, 2)
    for pending in play.now.pending:
        play.do(Failed, pending.write.id, "AccessDenied")
    play.do(Skipped, node=C1, by="operator")
    play.do(Released)
    play.see()
    play.confirm()
    play.reach(Step.DETACH, C2)
    play.do(RestoreAsked, reason="enough")
    play.go_back()
    assert [one.detached for one in play.run.upgrades] == [(), ()]
    assert {one.inverse for one in ledger(play.run)} == {""}


def test_a_node_that_does_not_come_back_can_be_left() -> None:
    play = at_step(Step.UPGRADE, 1, 2, 3)
    play.do(RestoreAsked, reason="it does not boot")
    play.do(Failed, play.now.pending[0].write.id, "no such node")
    play.do(Skipped, node=C2, by="operator")
    assert play.refused() == "the node is not being restored now"
    play.do(Skipped, node=C1, by="operator")
    asked = play.do(Released)
    assert [one.node for one in asked if isinstance(one, SetEligibility)] == [C2, C3]
    play.answer()
    play.see(ProofName.ELIGIBLE)
    play.do(Skipped, node=C3, by="operator")
    assert play.run.ended_at is None
    assert play.see() == ()
    assert play.run.outcome == Outcome.RESTORED
    assert {one.node for one in ledger(play.run) if one.inverse} == {C1}


def test_on_the_way_back_nothing_else_is_ordered() -> None:
    play = at_step(Step.DRAIN, 1, 2)
    play.do(RestoreAsked, reason="enough")
    play.do(RestoreAsked, reason="enough")
    assert play.refused() == "the run is being restored"
    play.do(StopAsked)
    assert play.refused() == "the run is being restored"
    play.do(GateOpened, C1, Gate.UPGRADE, "7f")
    assert play.refused() == "this gate is not asked for"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves())
def test_from_any_state_the_way_back_leaves_only_what_cannot_be_undone(
    chosen: tuple[int, list[Any]],
) -> None:
    start = Run.of(a_plan(1, 2, host_command=HOST))
    play = Play(start)
    play_moves(play, chosen)
    if not play.run.active:
        return
    if play.run.restoring is None:
        play.do(RestoreAsked, reason="enough")
    left = play.run.restoring.left if play.run.restoring else ()
    play.go_back()
    assert play.run.outcome == Outcome.RESTORED
    assert [one for one in ledger(play.run) if one.inverse and one.node not in left] == []
    assert not any(one.pending for one in play.run.upgrades)
    assert replayed(start, play.journal) == play.run


def test_a_hold_is_no_way_back() -> None:
    play = at_step(Step.CORDON)
    play.do(Held, "wait")
    assert play.run.undo is None


_CHAIN: tuple[type[Write], ...] = (Deregister, Drain, RunHost)


@pytest.mark.parametrize("step", list(Step))
def test_nothing_of_the_chain_is_asked_on_the_way_back(step: Step) -> None:
    play = at_step(step, 1, 2, host_command=HOST)
    play.answer()
    play.do(RestoreAsked, reason="enough")
    asked: list[object] = []
    while play.run.ended_at is None:
        asked += play.answer()
        asked += play.see()
    assert not [one for one in asked if isinstance(one, _CHAIN)]


@pytest.mark.parametrize("step", [None, *Step])
@pytest.mark.parametrize("node", [C1, C3])
def test_on_what_snapshots_prove_the_cluster_is_as_before(step: Step | None, node: str) -> None:
    if step is None and node != C1:
        return
    play = started(1, 3, host_command=HOST)
    world = PureWorld(play)
    world.reach(step, node)
    play.do(RestoreAsked, reason="enough")
    world.end()
    assert play.run.outcome == Outcome.RESTORED
    assert set(eligibilities(world.snapshot)) == {"eligible"}
    assert world.snapshot.targets.keys() == article_snapshot().targets.keys()
    assert not [one for one in ledger(play.run) if one.inverse]


def test_a_drain_still_going_is_ended_and_settles_before_traffic_comes_back() -> None:
    play = started(1)
    world = PureWorld(play)
    world.reach(Step.DRAIN, C1)
    world.answer()
    stopping = with_allocation(world.snapshot, "web", 0, client="running", desired="stop")
    last = stopping.nodes[C1].last_drain
    assert last is not None
    draining = msgspec.structs.replace(last, status="draining")
    world.snapshot = with_node(stopping, 1, draining=True, last_drain=draining)
    world.look()
    play.do(RestoreAsked, reason="enough")
    world.turn()
    world.turn()
    assert play.run.undo == Undo.DRAIN
    assert world.missing() == ["nothing is stopping: still stopping: web.web[0]"]
    world.snapshot = with_allocation(world.snapshot, "web", 0, client="complete")
    world.end()
    kinds = [type(one) for one in world.writes][-4:]
    assert kinds == [CancelDrain, SetEligibility, Register, Register]
