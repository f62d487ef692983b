"""The ledger at every step of the chain."""

import msgspec

from nomad_console.domain.plan import Step
from nomad_console.upgrade.events import (
    Answered,
    HostEnded,
    HostStarted,
    Intended,
    Observed,
    RestoreAsked,
    Unknown,
)
from nomad_console.upgrade.gates import NodeProofs, Observation, Proof, ProofName, Truth
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.run import Run
from tests.support.plans import a_plan
from tests.support.play import HOST, Play, at_step

CORDON = "was eligible, is ineligible"
MOVED = "work was moved to other nodes"


def changes(play: Play) -> list[str]:
    return [one.change for one in ledger(play.run)]


def test_before_the_first_call_nothing_is_changed() -> None:
    play = Play(Run.of(a_plan(1)))
    play.take_up()
    assert ledger(play.run) == ()


def test_a_call_without_answer_may_have_changed_something() -> None:
    play = at_step(Step.CORDON)
    (maybe,) = ledger(play.run)
    assert (maybe.change, maybe.inverse, maybe.sure) == (CORDON, "eligible again", False)
    play.do(Unknown, play.now.pending[0].write.id, "timed out")
    assert not ledger(play.run)[0].sure
    play.do(Answered, play.now.pending[0].write.id, 5)
    assert ledger(play.run)[0].sure


def test_each_target_is_a_change_of_its_own() -> None:
    play = at_step(Step.DETACH)
    play.do(Answered, play.now.pending[0].write.id)
    out = [one for one in ledger(play.run) if "left the balancer" in one.change]
    assert [one.sure for one in out] == [True, False]
    assert [one.inverse for one in out] == ["register it again"] * 2
    assert out[0].change == "api-int i-00000000000000001:80 left the balancer"


def test_moved_work_and_a_new_version_cannot_be_undone() -> None:
    play = at_step(Step.DRAIN)
    assert not next(one for one in ledger(play.run) if one.change == MOVED).sure
    play.reach(Step.REJOIN)
    assert changes(play)[-2:] == [MOVED, "2.0.4 became 2.0.5"]
    assert [one.inverse for one in ledger(play.run)][-2:] == ["", ""]


def test_what_was_put_back_is_no_change_any_more() -> None:
    play = at_step(Step.REJOIN)
    assert CORDON in changes(play)
    play.reach(Step.BAKE)
    assert changes(play) == [MOVED, "2.0.4 became 2.0.5"]


def test_every_node_of_the_selection_has_its_own_changes() -> None:
    play = at_step(Step.CORDON, 1, 2)
    assert [one.name for one in ledger(play.run)] == ["c1", "c2"]


def runs(play: Play, version: str) -> None:
    """Its agent answers with this version, and not with the wanted one."""
    run = play.run
    name = ProofName.VERSION if run.restoring is None else ProofName.RUNS
    proof = Proof(name, Truth.FALSE, version, "nomad", mark=version)
    seen = NodeProofs(play.now.node, play.now.step, (proof,), run.undo)
    play.do(Observed, Observation(run.writes, (seen,)))


def failed_host_step() -> Play:
    play = at_step(Step.UPGRADE, host_command=HOST)
    call = play.now.pending[0].write.id
    play.do(Intended, call)
    play.do(HostStarted, call)
    assert "2.0.4 may have become 2.0.5" in changes(play)
    play.do(HostEnded, call, 1, last="no such package")
    return play


def test_a_version_that_the_node_tells_is_certain_whatever_was_wanted() -> None:
    play = failed_host_step()
    assert play.run.hold is not None
    assert play.run.hold.reason.endswith("the host command ended with 1: no such package")
    assert not ledger(play.run)[-1].sure  # nobody looked yet
    runs(play, "2.0.4")
    assert changes(play)[-1] == MOVED  # certainly still as it was
    play.do(RestoreAsked, "enough")
    assert changes(play)[-1] == MOVED
    play.answer()
    play.see()
    assert play.run.undo is not None
    runs(play, "2.0.3")  # it came up later than its command ended
    assert (changes(play)[-1], ledger(play.run)[-1].sure) == ("2.0.4 became 2.0.3", True)


def test_a_version_seen_while_the_host_command_runs_may_still_change() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.do(Intended, play.now.pending[0].write.id)
    runs(play, "2.0.4")
    assert (changes(play)[-1], ledger(play.run)[-1].sure) == ("2.0.4 may have become 2.0.5", False)
    runs(play, "2.0.3")
    assert changes(play)[-1] == "2.0.4 became 2.0.3"


def test_a_drain_that_met_with_nothing_moved_nothing() -> None:
    node = msgspec.structs.replace(a_plan(1).nodes[0], allocations=a_plan(1).nodes[0].system)
    play = Play(Run.of(msgspec.structs.replace(a_plan(1), nodes=(node,))))
    play.take_up()
    play.reach(Step.UPGRADE)
    assert MOVED not in changes(play)
