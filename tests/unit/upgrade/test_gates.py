"""The vocabulary of gates and proofs."""

import pytest

from nomad_console.domain.plan import Step
from nomad_console.upgrade.gates import (
    DONE_MEANS,
    GATE_BEFORE,
    OPTIONAL,
    Gate,
    Proof,
    ProofName,
    Truth,
)


def test_every_gate_but_the_first_and_the_last_stands_before_a_step() -> None:
    assert {*GATE_BEFORE.values(), Gate.START, Gate.NEXT} == set(Gate)
    assert set(Step) - set(GATE_BEFORE) == {Step.CORDON, Step.BAKE}


def test_every_step_has_to_be_proven_by_something_that_is_needed() -> None:
    assert set(DONE_MEANS) == {None, *Step}
    assert all(set(names) - OPTIONAL for names in DONE_MEANS.values())


@pytest.mark.parametrize("truth", list(Truth))
def test_only_the_truth_holds_unless_the_proof_is_optional(truth: Truth) -> None:
    assert Proof(ProofName.EMPTY, truth, "", "nomad").holds is (truth == Truth.TRUE)
    assert Proof(ProofName.REGISTERED_AGAIN, truth, "", "nomad").holds
