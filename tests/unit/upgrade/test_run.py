"""The state and what it says of itself."""

import msgspec
import pytest

from nomad_console.domain.plan import Step
from nomad_console.upgrade.gates import Gate, Proof, ProofName, Truth
from nomad_console.upgrade.run import NodeUpgrade, Run, gate_ahead, next_step
from tests.support.plans import a_plan
from tests.support.sights import run_at, seen_before
from tests.support.snapshots import node_id


def test_a_run_begins_with_every_node_untouched() -> None:
    run = Run.of(a_plan(2, 1))
    assert [one.node for one in run.upgrades] == [node_id(2), node_id(1)]
    assert not run.active
    assert run.following is not None
    assert run.following.node == node_id(1)
    assert run.of_node(node_id(2)) is run.upgrade
    assert run.of_node("other") is None


def test_the_steps_follow_each_other() -> None:
    node = a_plan(1).nodes[0]
    chain = [next_step(node, None)]
    while chain[-1] is not None:
        chain.append(next_step(node, chain[-1]))
    assert chain == [*Step, None]


def test_a_node_without_targets_has_two_steps_less() -> None:
    bare = msgspec.structs.replace(a_plan(1).nodes[0], targets=())
    assert next_step(bare, Step.CORDON) == Step.DRAIN
    assert next_step(bare, Step.REJOIN) == Step.BAKE


@pytest.mark.parametrize(
    ("step", "gate"),
    [
        (None, Gate.START),
        (Step.CORDON, Gate.DETACH),
        (Step.DETACH, Gate.DRAIN),
        (Step.DRAIN, Gate.UPGRADE),
        (Step.UPGRADE, Gate.REJOIN),
        (Step.REJOIN, Gate.ATTACH),
        (Step.ATTACH, None),
        (Step.BAKE, Gate.NEXT),
    ],
)
def test_the_gate_ahead_depends_on_the_step(step: Step | None, gate: Gate | None) -> None:
    assert gate_ahead(run_at(step, a_plan(1, 2))) == gate


def test_after_the_last_node_there_is_no_gate() -> None:
    assert gate_ahead(run_at(Step.BAKE)) is None


def test_a_node_is_proven_when_nothing_that_is_needed_is_missing() -> None:
    true = Proof(ProofName.EMPTY, Truth.TRUE, "", "nomad")
    false = Proof(ProofName.READY, Truth.FALSE, "", "nomad")
    assert not NodeUpgrade("n").proven
    assert NodeUpgrade("n", proofs=seen_before(true)).proven
    both = NodeUpgrade("n", proofs=seen_before(true, false))
    assert not both.proven
    assert both.holds(ProofName.EMPTY)
    assert not both.holds(ProofName.EMPTY, ProofName.READY)
    assert not both.holds(ProofName.DRIVERS)


def test_a_run_survives_a_line() -> None:
    run = run_at(Step.DETACH, a_plan(1, 2), detached=(a_plan(1).nodes[0].targets[0].key,))
    assert msgspec.json.decode(msgspec.json.encode(run), type=Run) == run
