"""One turn of the engine."""

from nomad_console.domain.plan import Step
from nomad_console.upgrade.commands import EvaluateJob, OpenGate, WakeAt
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.turn import Turn
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import node_id


def test_calls_have_ids_of_their_own() -> None:
    turn = Turn(run_at(Step.REJOIN, a_plan(1, 2)), EPOCH, 10.0)
    for number in (1, 2):
        turn.issue(EvaluateJob, node_id(number), namespace="default", job_id="edge")
    assert [one.id for one in turn.commands if isinstance(one, EvaluateJob)] == [
        f"{node_id(1)}/rejoin/1",
        f"{node_id(2)}/rejoin/2",
    ]
    assert [len(one.pending) for one in turn.run.upgrades] == [1, 1]


def test_what_is_asked_for_is_in_the_state_too() -> None:
    turn = Turn(run_at(Step.BAKE), EPOCH, 10.0)
    turn.wake(30.0)
    turn.ask(Gate.NEXT)
    assert turn.commands == [WakeAt(40.0), OpenGate(node_id(1), Gate.NEXT)]
    assert turn.run.upgrade.wait is not None
    assert turn.run.upgrade.gate is not None


def test_forgetting_makes_older_sights_void() -> None:
    turn = Turn(run_at(Step.BAKE), EPOCH, 10.0)
    turn.ask(Gate.NEXT)
    turn.forget_proofs(turn.run.upgrade, index=5)
    assert (turn.run.writes, turn.run.upgrade.gate, turn.run.upgrade.index) == (1, None, 5)
