"""What is needed when, and when a source's word counts for nothing."""

from datetime import timedelta

import msgspec
import pytest

from nomad_console.domain.plan import Step
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.upgrade.events import GateConfirmed, GateOpened, Observed
from nomad_console.upgrade.gates import (
    DONE_MEANS,
    GATE_BEFORE,
    UNDONE_MEANS,
    Gate,
    ProofName,
    Truth,
)
from nomad_console.upgrade.observe import _LOOKS, available, observe
from nomad_console.upgrade.run import Run
from tests.support.manual_clock import EPOCH
from tests.support.plans import a_plan
from tests.support.play import started
from tests.support.sights import look, run_at, truths
from tests.support.snapshots import (
    article_snapshot,
    drained,
    later,
    node_id,
    with_allocation,
    with_derived,
    with_detail,
    with_node,
    with_source,
    without_targets,
)

_P = ProofName
STEPS = [None, *Step]
NOW = later(article_snapshot(), 5)


def test_every_proof_that_a_step_needs_can_be_looked_for() -> None:
    means = [*DONE_MEANS.values(), *UNDONE_MEANS.values()]
    assert {name for names in means for name in names} == set(_LOOKS) == set(_P)


def test_an_untouched_node_is_as_planned() -> None:
    assert set(truths(NOW, None).values()) == {Truth.TRUE}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("source", list(SourceName))
@pytest.mark.parametrize("state", [SourceState.STALE, SourceState.REFUSED, SourceState.CONNECTING])
def test_a_source_that_is_not_live_proves_nothing(
    step: Step | None, source: SourceName, state: SourceState
) -> None:
    seen = look(with_source(drained(NOW, 1, "7f3a0000"), source, state), step)
    of_source = [proof for proof in seen.values() if proof.source == source]
    assert {proof.truth for proof in of_source} <= {Truth.UNKNOWN}
    for proof in of_source:
        assert proof.evidence == f"{source} is {state}: connection refused"


def test_evidence_older_than_the_last_write_proves_nothing() -> None:
    seen = look(article_snapshot(), Step.REJOIN, index=1001)
    assert {proof.truth for proof in seen.values()} == {Truth.UNKNOWN}
    assert seen[_P.READY].evidence == "waiting for Nomad's index 1001"
    assert seen[_P.RELEASED].evidence == "waiting for a reading begun after the last write"


def test_what_was_never_read_proves_nothing() -> None:
    blind = msgspec.structs.replace(NOW, group_read={}, health_read={})
    seen = look(blind, Step.REJOIN)
    assert seen[_P.RELEASED].evidence == seen[_P.CHECKS_PASSING].evidence == "not read yet"


def test_without_a_write_any_reading_counts() -> None:
    assert truths(article_snapshot(), None, written_at=None)[_P.TARGETS_AS_PLANNED] == Truth.TRUE


def test_proofs_say_where_they_are_from_and_how_old_they_are() -> None:
    seen = look(NOW, Step.CORDON)
    assert seen[_P.CORDONED].source == SourceName.NOMAD
    assert seen[_P.CORDONED].read_at == EPOCH + timedelta(seconds=5)
    assert seen[_P.OTHERS_SERVE].source == SourceName.ALB


def test_what_is_not_there_is_not_asked_for() -> None:
    plan = a_plan(1)
    bare = msgspec.structs.replace(plan.nodes[0], targets=())
    lonely = msgspec.structs.replace(plan, consul=False)
    names = DONE_MEANS[Step.DRAIN]
    assert _P.RELEASED not in available(plan, bare, names)
    assert _P.UNLISTED in available(plan, bare, names)
    assert _P.UNLISTED not in available(lonely, plan.nodes[0], names)


class Walk:
    """The engine on snapshots alone: each look at a later one, two seconds after the last."""

    def __init__(self, *numbers: int) -> None:
        self.play = started(*numbers)
        self.snapshot = article_snapshot()
        self.gates: list[Gate] = []

    def look(self, snapshot: ClusterSnapshot | None = None) -> None:
        """Read the cluster again, so far on, and let its time pass."""
        play = self.play
        play.elapsed += 2.0
        ahead = play.elapsed - (self.snapshot.at - EPOCH).total_seconds()
        self.snapshot = later(snapshot or self.snapshot, ahead, indexes=1)
        play.do(Observed, observe(self.snapshot, play.run))

    def confirm(self) -> None:
        gate = self.play.now.gate
        assert gate is not None, [one.proof for one in self.play.now.proofs]
        self.gates.append(gate.gate)
        code = f"{len(self.gates):02}"
        self.play.do(GateOpened, self.play.now.node, gate.gate, code)
        index = self.snapshot.nomad_index
        self.play.do(GateConfirmed, self.play.now.node, gate.gate, code, index)
        self.play.answer(index)

    def node(self, number: int) -> None:
        """From an untouched node to the end of its watch."""
        before = self.snapshot.targets
        self.look(with_node(self.snapshot, number, eligibility="ineligible"))
        self.confirm()
        self.look(without_targets(self.snapshot, number))
        assert self.play.now.gate is None
        self.look()
        self.play.wait()
        self.confirm()
        out = with_allocation(
            drained(self.snapshot, number, "7f3a0000"),
            "edge",
            number,
            client="running",
            desired="run",
        )
        self.look(out)
        self.look()
        self.confirm()
        new = self.snapshot.nomad_index + 1
        self.look(
            with_detail(
                with_node(self.snapshot, number, version="2.0.5", modify_index=new),
                number,
                modify_index=new,
            )
        )
        self.play.wait()
        self.confirm()
        self.look(with_node(self.snapshot, number, eligibility="eligible"))
        self.confirm()
        back = {**self.snapshot.targets, **before}
        self.look(with_derived(msgspec.structs.replace(self.snapshot, targets=back)))
        self.look()
        self.play.wait()


def test_two_nodes_walk_through_the_chain_on_what_snapshots_prove() -> None:
    walk = Walk(1, 2)
    walk.look()
    walk.confirm()
    walk.node(1)
    walk.look()
    walk.confirm()
    walk.node(2)
    assert walk.play.run.ended_at is not None
    assert walk.gates == [
        Gate.START,
        *GATE_BEFORE.values(),
        Gate.NEXT,
        *GATE_BEFORE.values(),
    ]
    assert len(walk.play.journal) < 130


def test_only_nodes_in_play_are_looked_at() -> None:
    plan = a_plan(1, 2)
    assert observe(NOW, Run.of(plan)).nodes == ()
    assert [one.node for one in observe(NOW, run_at(Step.ATTACH, plan)).nodes] == [node_id(1)]
    baking = observe(NOW, run_at(Step.BAKE, plan)).nodes
    assert [(one.node, one.step) for one in baking] == [
        (node_id(1), Step.BAKE),
        (node_id(2), None),
    ]


def test_a_node_that_is_gone_proves_nothing_good() -> None:
    nodes = {key: node for key, node in NOW.nodes.items() if key != node_id(1)}
    seen = look(msgspec.structs.replace(NOW, nodes=nodes), Step.UPGRADE)
    assert seen[_P.SAME_MACHINE].truth == seen[_P.READY].truth == Truth.FALSE
    assert seen[_P.READY].evidence == "c1 is not listed any more"


def test_a_machine_that_came_back_as_another_node_is_named() -> None:
    nodes = {key: node for key, node in NOW.nodes.items() if key != node_id(1)}
    gone = msgspec.structs.replace(NOW, nodes=nodes)
    by_instance = with_detail(gone, 3, instance_id="i-00000000000000001")
    by_name = with_node(gone, 4, name="c1")
    assert "another node, c3000000" in look(by_instance, Step.UPGRADE)[_P.READY].evidence
    assert "another node, c4000000" in look(by_name, Step.UPGRADE)[_P.READY].evidence
