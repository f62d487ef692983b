"""When a step is done, and what it waits for."""

import msgspec
import pytest

from nomad_console.domain.plan import Step
from nomad_console.upgrade.gates import Proof, ProofName, Truth
from nomad_console.upgrade.run import Wait
from nomad_console.upgrade.steps import done, wait_s
from tests.support.plans import a_plan
from tests.support.sights import run_at, seen_before

READY = seen_before(Proof(ProofName.READY, Truth.TRUE, "ready", "nomad"))


@pytest.mark.parametrize(
    ("step", "seconds"),
    [
        (None, 0.0),
        (Step.CORDON, 0.0),
        (Step.DETACH, 30.0),
        (Step.DRAIN, 0.0),
        (Step.UPGRADE, 15.0),
        (Step.REJOIN, 60.0),
        (Step.ATTACH, 0.0),
        (Step.BAKE, 60.0),
    ],
)
def test_each_step_has_its_least_time(step: Step | None, seconds: float) -> None:
    run = run_at(step)
    assert wait_s(run, run.upgrade) == seconds


def test_slow_start_is_the_longest_of_the_groups() -> None:
    plan = a_plan(1)
    slow = msgspec.structs.replace(plan.nodes[0].targets[0], slow_start_s=45.0)
    node = msgspec.structs.replace(plan.nodes[0], targets=(slow, plan.nodes[0].targets[1]))
    run = run_at(Step.ATTACH, msgspec.structs.replace(plan, nodes=(node,)))
    assert wait_s(run, run.upgrade) == 45.0


def test_proofs_alone_do_where_nothing_has_to_be_waited_for() -> None:
    run = run_at(Step.DRAIN, proofs=READY)
    assert done(run, run.upgrade)
    assert not done(run, msgspec.structs.replace(run.upgrade, proofs=()))


def test_proofs_do_not_shorten_a_wait() -> None:
    run = run_at(Step.DETACH, proofs=READY, wait=Wait(Step.DETACH, 30.0, 130.0))
    assert not done(run, run.upgrade)
    over = run_at(Step.DETACH, proofs=READY, wait=Wait(Step.DETACH, 30.0, 130.0, over=True))
    assert done(over, over.upgrade)


def test_patience_with_system_jobs_holds_nothing_back() -> None:
    run = run_at(Step.REJOIN, proofs=READY)
    assert done(run, run.upgrade)
