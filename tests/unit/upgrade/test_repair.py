"""What another hand changed is put back when the operator lets the run go on."""

import msgspec
import pytest

from nomad_console.domain.plan import Step
from nomad_console.upgrade.commands import (
    Command,
    Deregister,
    Drain,
    Register,
    RunHost,
    SetEligibility,
)
from nomad_console.upgrade.events import Disturbed, HungUp, Released, RestoreAsked, Resumed
from nomad_console.upgrade.gates import ProofName
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.repair import repairs
from nomad_console.upgrade.run import Cause, Run
from tests.support.plans import a_plan
from tests.support.play import HOST, Play, at_step
from tests.support.snapshots import node_id

C1 = node_id(1)
_P = ProofName


def told(commands: tuple[Command, ...]) -> list[str]:
    """The calls in short, in their order."""
    said = []
    for one in commands:
        match one:
            case SetEligibility(eligible=eligible):
                said.append("eligible" if eligible else "ineligible")
            case Deregister(target=target):
                said.append(f"- {target.group_name}")
            case Register(target=target):
                said.append(f"+ {target.group_name}")
            case Drain() | RunHost():
                said.append(type(one).__name__)
            case _:
                pass
    return said


def disturbed(step: Step, name: ProofName = _P.NODE_OURS, mark: str = "eligible") -> Play:
    """The step's calls are answered, then a snapshot shows another hand."""
    play = at_step(step, host_command=HOST)
    play.answer()
    play.see(name, mark=mark)
    assert play.run.hold is not None
    assert play.run.hold.cause == Cause.DISTURBED
    return play


@pytest.mark.parametrize("step", [Step.CORDON, Step.DETACH, Step.DRAIN, Step.UPGRADE])
def test_a_cordon_that_somebody_undid_is_written_again(step: Step) -> None:
    play = disturbed(step)
    assert told(play.do(Released)) == ["ineligible"]
    play.answer()
    play.see()
    assert play.now.told == ()
    assert play.run.hold is None
    play.finish()
    assert [one.change for one in ledger(play.run)][-1] == "2.0.4 became 2.0.5"


def test_also_in_a_later_console_that_has_seen_nothing_yet() -> None:
    play = disturbed(Step.DETACH)
    play.do(Resumed, by="ops@bastion")
    assert told(play.do(Released)) == ["ineligible"]


def test_also_where_something_else_held_the_run_since() -> None:
    play = disturbed(Step.DETACH)
    play.do(HungUp)
    assert told(play.do(Released)) == ["ineligible"]


def test_a_node_brought_back_becomes_eligible_again() -> None:
    assert told(disturbed(Step.REJOIN, mark="ineligible").do(Released)) == ["eligible"]


def test_what_was_ineligible_before_the_run_stays_so_and_is_no_change_of_ours() -> None:
    found = msgspec.structs.replace(a_plan(1).nodes[0], eligible=False)
    play = Play(Run.of(msgspec.structs.replace(a_plan(1), nodes=(found,))))
    play.take_up()
    play.reach(Step.DETACH)
    play.answer()
    play.see(_P.NODE_OURS, mark="eligible")
    assert told(play.do(Released)) == ["ineligible"]
    play.answer()
    assert not play.now.cordoned


def test_targets_leave_again_or_come_back_as_the_step_needs_it() -> None:
    (api, web) = a_plan(1).nodes[0].targets
    assert api.key.id == web.key.id
    marks = f"{api.key.id}:{api.key.port}"
    back = disturbed(Step.UPGRADE, _P.TARGETS_OURS, marks)
    assert told(back.do(Released)) == ["- api-int", "- web-public"]
    back.answer()
    assert len(back.now.detached) == 2
    assert told(disturbed(Step.BAKE, _P.TARGETS_OURS, marks).do(Released)) == [
        "+ api-int",
        "+ web-public",
    ]
    other = disturbed(Step.UPGRADE, _P.TARGETS_OURS, "i-1:9999")
    assert told(other.do(Released)) == []


def test_another_hands_drain_is_not_answered_by_a_write() -> None:
    assert told(disturbed(Step.DETACH, mark="drained").do(Released)) == []


def test_found_before_a_call_eligibility_is_asserted_before_it_is_made() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.do(Disturbed, node=C1, what="is eligible", command=play.now.pending[0].write.id)
    assert told(play.do(Released)) == ["ineligible", "RunHost"]


def test_a_run_on_its_way_back_or_not_begun_has_nothing_to_repair() -> None:
    play = disturbed(Step.DETACH)
    play.do(RestoreAsked, reason="enough")
    assert repairs(play.run) == []
    assert repairs(Run.of(a_plan(1))) == []
