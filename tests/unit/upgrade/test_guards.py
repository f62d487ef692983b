"""What holds a run by itself, once."""

import pytest

from nomad_console.domain.plan import Step
from nomad_console.upgrade.commands import CancelDrain, Drain, OpenGate, SetEligibility
from nomad_console.upgrade.events import Frozen, Held, Released, RestoreAsked
from nomad_console.upgrade.gates import Gate, ProofName, Truth
from nomad_console.upgrade.run import Cause, Hold
from tests.support.play import Play, at_step
from tests.support.snapshots import node_id

C1 = node_id(1)
_P = ProofName


def draining() -> Play:
    play = at_step(Step.DRAIN)
    play.answer()
    return play


def held(play: Play) -> Hold:
    assert play.run.hold is not None
    return play.run.hold


@pytest.mark.parametrize("name", [_P.NO_UNHEALTHY, _P.IN_TIME, _P.PLACED])
def test_a_replacement_that_does_not_come_freezes_the_drain(name: ProofName) -> None:
    play = draining()
    (cancel,) = play.see(name, _P.DRAIN_OVER, mark="a1")
    assert isinstance(cancel, CancelDrain)
    assert held(play) == Hold("c1: broken", held(play).since, frozen=True, cause=Cause.GUARD)


def test_a_drain_that_is_over_is_only_held() -> None:
    play = draining()
    assert play.see(_P.NO_UNHEALTHY, mark="a1") == ()
    assert held(play).frozen


def test_released_the_same_holds_no_more_but_another_does() -> None:
    play = draining()
    play.see(_P.NO_UNHEALTHY, _P.DRAIN_OVER, mark="a1")
    play.answer()
    assert [type(one) for one in play.do(Released)] == [Drain]
    play.answer()
    assert play.see(_P.NO_UNHEALTHY, _P.DRAIN_OVER, mark="a1") == ()
    assert play.run.hold is None
    assert [type(one) for one in play.see(_P.NO_UNHEALTHY, _P.DRAIN_OVER, mark="a1,a2")] == [
        CancelDrain
    ]


def test_what_healed_and_broke_again_is_told_again() -> None:
    play = draining()
    play.see(_P.PLACED, _P.DRAIN_OVER, mark="default/web")
    play.answer()
    play.do(Released)
    play.answer()
    play.see(_P.DRAIN_OVER)
    assert play.now.told == ()
    play.see(_P.PLACED, _P.DRAIN_OVER, mark="default/web")
    assert held(play).cause == Cause.GUARD


def test_a_held_drain_is_frozen_all_the_same() -> None:
    play = draining()
    play.do(Held, "look")
    assert [type(one) for one in play.see(_P.IN_TIME, _P.DRAIN_OVER, mark="a1")] == [CancelDrain]


def test_frozen_it_is_told_and_does_not_freeze_again_when_released() -> None:
    play = draining()
    play.do(Frozen, "look")
    play.answer()
    play.see(_P.NO_UNHEALTHY, _P.DRAIN_OVER, mark="a1")
    assert held(play).reason == "look"
    assert [type(one) for one in play.do(Released)] == [Drain]
    assert play.run.hold is None


def test_somebody_elses_hand_holds_the_run() -> None:
    play = at_step(Step.UPGRADE)
    play.see(_P.NODE_OURS, mark="eligible")
    assert held(play) == Hold("c1: broken", held(play).since, cause=Cause.DISTURBED)
    play.see(_P.TARGETS_OURS, _P.NODE_OURS, mark="i-0a:80")
    assert held(play).reason == "c1: broken; c1: broken; c1: broken"
    assert [type(one) for one in play.do(Released)] == [SetEligibility]
    assert play.run.hold is None
    play.answer()
    play.see()
    assert play.wait() == (OpenGate(C1, Gate.REJOIN),)


def test_a_drain_that_another_hand_ended_is_set_again_when_released() -> None:
    play = draining()
    assert play.see(_P.NODE_OURS, _P.DRAIN_OVER, mark="eligible,canceled") == ()
    assert not held(play).frozen
    assert [type(one) for one in play.do(Released)] == [SetEligibility, Drain]


def test_what_nobody_knows_or_names_holds_nothing() -> None:
    play = draining()
    play.see(_P.NO_UNHEALTHY, truth=Truth.UNKNOWN, mark="a1")
    play.see(_P.NO_UNHEALTHY)
    assert play.run.hold is None


def test_on_the_way_back_nothing_guards() -> None:
    play = draining()
    play.see(_P.NO_UNHEALTHY, _P.DRAIN_OVER, mark="a1")
    play.do(RestoreAsked, reason="unhealthy")
    assert play.run.hold is None


@pytest.mark.parametrize("step", [Step.CORDON, Step.DETACH, Step.DRAIN, Step.ATTACH, Step.BAKE])
def test_a_node_that_is_lost_holds_the_run_and_our_drain_stays(step: Step) -> None:
    play = at_step(step)
    play.answer()
    assert play.see(_P.READY, mark="down") == ()
    hold = held(play)
    assert (hold.reason, hold.frozen, hold.cause) == ("c1: broken", False, Cause.DOWN)
    assert not play.now.cancelled
    play.do(Released)
    play.see(_P.READY, mark="down")
    assert play.run.hold is None
    assert play.now.gate is None


def test_a_node_that_only_starts_up_holds_nothing() -> None:
    play = draining()
    play.see(_P.READY)
    assert play.run.hold is None


def test_while_its_agent_restarts_a_node_may_be_down() -> None:
    play = at_step(Step.UPGRADE)
    play.answer()
    play.see(_P.READY, _P.VERSION, mark="down")
    assert play.run.hold is None
