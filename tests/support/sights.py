"""What a hand-built cluster proves about its first node at a step."""

from typing import Any

import msgspec

from nomad_console.domain.plan import Plan, Step
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.upgrade.gates import Proof, ProofName, Standing, Truth
from nomad_console.upgrade.observe import observe
from nomad_console.upgrade.run import NodeUpgrade, Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan


def run_at(step: Step | None, plan: Plan | None = None, **fields: Any) -> Run:
    """A run whose first node has just begun a step, after Nomad's index 1000."""
    run = Run.of(plan or a_plan(1))
    state = {"begun_at": EPOCH, "written_at": EPOCH, "begun_index": 1000, "index": 1000}
    first = NodeUpgrade(run.upgrades[0].node, step, **{**state, **fields})
    return msgspec.structs.replace(run, started_at=EPOCH, upgrades=(first, *run.upgrades[1:]))


def seen_before(*proofs: Proof) -> tuple[Standing, ...]:
    return tuple(Standing(proof, EPOCH) for proof in proofs)


def look(
    snapshot: ClusterSnapshot,
    step: Step | None,
    plan: Plan | None = None,
    **fields: Any,
) -> dict[ProofName, Proof]:
    """The proofs of the first node, by name."""
    observation = observe(snapshot, run_at(step, plan, **fields))
    return {proof.name: proof for proof in observation.nodes[0].proofs}


def truths(
    snapshot: ClusterSnapshot, step: Step | None, plan: Plan | None = None, **fields: Any
) -> dict[ProofName, Truth]:
    seen = look(snapshot, step, plan, **fields)
    return {name: proof.truth for name, proof in seen.items()}
