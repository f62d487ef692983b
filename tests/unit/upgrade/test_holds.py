"""Holding, freezing, being disturbed, and going on."""

import pytest

from nomad_console.domain.plan import Step
from nomad_console.upgrade.commands import CancelDrain, Deregister, Drain, RunHost, SetEligibility
from nomad_console.upgrade.events import (
    Answered,
    Disturbed,
    Frozen,
    Held,
    HungUp,
    ProbeFailed,
    Released,
    RestoreAsked,
)
from nomad_console.upgrade.run import Cause, Hold
from tests.support.play import HOST, Play, at_step
from tests.support.snapshots import node_id

C1, C2 = node_id(1), node_id(2)


def held(play: Play) -> Hold:
    assert play.run.hold is not None
    return play.run.hold


def test_a_lost_terminal_freezes_the_drain_and_is_remembered() -> None:
    play = at_step(Step.DRAIN)
    play.answer()
    (cancel,) = play.do(HungUp)
    assert isinstance(cancel, CancelDrain)
    assert (held(play).cause, held(play).frozen) == (Cause.HUNG_UP, True)
    assert play.run.hung_up_at == held(play).since
    play.answer()
    assert [type(one) for one in play.do(Released)] == [Drain]
    assert play.run.hung_up_at is None


@pytest.mark.parametrize("before", [Held, Frozen])
def test_a_lost_terminal_is_remembered_also_where_the_run_stood(
    before: type[Held | Frozen],
) -> None:
    play = at_step(Step.DETACH)
    play.do(before, "lunch")
    assert play.do(HungUp) == ()
    assert play.run.hung_up_at is not None
    assert held(play).frozen


def test_a_failing_probe_holds() -> None:
    play = at_step(Step.DRAIN)
    assert play.do(ProbeFailed, url="http://front/web", detail="502 after 3 ms") == ()
    assert held(play) == Hold(
        "probe http://front/web: 502 after 3 ms", held(play).since, cause=Cause.PROBE
    )
    play.do(ProbeFailed, url="http://front/web", detail="502")
    assert play.refused() == "the run is held"
    play.do(Released)
    play.do(RestoreAsked, reason="requests fail")
    play.do(ProbeFailed, url="http://front/web", detail="502")
    assert play.refused() == "a restore goes on whatever the probe says"


def test_a_disturbance_before_a_write_holds_and_the_write_is_asked_again() -> None:
    play = at_step(Step.DETACH)
    first, second = play.now.pending
    play.do(Answered, second.write.id)
    play.do(Disturbed, node=C1, what="became eligible at 12:00:00 UTC", command=first.write.id)
    assert held(play).cause == Cause.DISTURBED
    assert held(play).reason == "c1 became eligible at 12:00:00 UTC"
    closing, again = play.do(Released)
    assert isinstance(closing, SetEligibility)
    assert isinstance(again, Deregister)
    assert again.id != first.write.id


def test_a_second_disturbance_is_told_as_well() -> None:
    play = at_step(Step.DETACH)
    for pending in play.now.pending:
        play.do(Disturbed, node=C1, what="is draining", command=pending.write.id)
        assert not play.refused()
    assert held(play).reason == "c1 is draining"
    assert [type(one) for one in play.do(Released)] == [
        SetEligibility,
        Deregister,
        Deregister,
    ]


def test_a_host_command_that_was_never_begun_is_asked_again() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.do(Disturbed, node=C1, what="is eligible", command=play.now.pending[0].write.id)
    assert [type(one) for one in play.do(Released)] == [SetEligibility, RunHost]


def test_a_disturbance_may_be_of_no_call_but_of_a_node_of_ours() -> None:
    play = at_step(Step.DETACH)
    play.do(Disturbed, node="other", what="is eligible")
    assert play.refused() == "no node of this run"
    play.do(Disturbed, node=C1, what="is eligible", command="other")
    assert play.refused() == "nobody asked for this call, or it was answered"
    assert play.do(Disturbed, node=C1, what="is eligible") == ()
    assert held(play).reason == "c1 is eligible"
    play.do(Disturbed, node=C1, what="is eligible")
    assert play.refused() == "the run is held"
