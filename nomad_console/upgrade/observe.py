"""What a snapshot proves about the nodes in play."""

from collections.abc import Mapping
from datetime import datetime

from nomad_console.domain.plan import NodePlan, Plan, Step
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.domain.survey import batch_work
from nomad_console.upgrade.gates import (
    NodeProofs,
    Observation,
    Proof,
    ProofName,
    Truth,
)
from nomad_console.upgrade.proofs import balancer, disturbance, machine, services, work
from nomad_console.upgrade.proofs.sight import Look, Sight, Verdict, unknown
from nomad_console.upgrade.run import NodeUpgrade, Run

_P = ProofName
_LOOKS: Mapping[ProofName, tuple[SourceName, Look]] = {
    _P.NODE_AS_PLANNED: (SourceName.NOMAD, machine.as_planned),
    _P.CORDONED: (SourceName.NOMAD, machine.cordoned),
    _P.DRAIN_OVER: (SourceName.NOMAD, machine.drain_over),
    _P.SAME_MACHINE: (SourceName.NOMAD, machine.same_machine),
    _P.READY: (SourceName.NOMAD, machine.ready),
    _P.VERSION: (SourceName.NOMAD, machine.version),
    _P.RUNS: (SourceName.NOMAD, machine.runs),
    _P.REGISTERED_AGAIN: (SourceName.NOMAD, machine.registered_again),
    _P.DRIVERS: (SourceName.NOMAD, machine.drivers),
    _P.ELIGIBLE: (SourceName.NOMAD, machine.eligible_as_found),
    _P.EMPTY: (SourceName.NOMAD, work.empty),
    _P.EMPTY_TWICE: (SourceName.NOMAD, work.empty_twice),
    _P.REPLACED: (SourceName.NOMAD, work.replaced),
    _P.NO_UNHEALTHY: (SourceName.NOMAD, work.no_unhealthy),
    _P.PLACED: (SourceName.NOMAD, work.placed),
    _P.SYSTEM_BACK: (SourceName.NOMAD, work.system_back),
    _P.STEADY: (SourceName.NOMAD, work.steady),
    _P.IN_TIME: (SourceName.NOMAD, work.in_time),
    _P.SETTLED: (SourceName.NOMAD, work.settled),
    _P.UNDRAINED: (SourceName.NOMAD, machine.undrained),
    _P.NODE_OURS: (SourceName.NOMAD, disturbance.node_ours),
    _P.TARGETS_AS_PLANNED: (SourceName.ALB, balancer.as_planned),
    _P.OTHERS_SERVE: (SourceName.ALB, balancer.others_serve),
    _P.RELEASED: (SourceName.ALB, balancer.released),
    _P.RELEASED_TWICE: (SourceName.ALB, balancer.released_twice),
    _P.HEALTHY: (SourceName.ALB, balancer.healthy),
    _P.TARGETS_OURS: (SourceName.ALB, disturbance.targets_ours),
    _P.UNLISTED: (SourceName.CONSUL, services.unlisted),
    _P.CHECKS_PASSING: (SourceName.CONSUL, services.checks_passing),
    _P.SERVICES: (SourceName.CONSUL, services.as_before),
}
_BEFORE_DRAIN = frozenset({None, Step.CORDON, Step.DETACH})


def observe(snapshot: ClusterSnapshot, run: Run) -> Observation:
    """The truth of every proof that the nodes in play now need, with its evidence.

    Unknown where the source is not live, or where its reading is not newer than the last write.
    """
    return Observation(
        run.writes,
        tuple(
            NodeProofs(
                upgrade.node,
                upgrade.step,
                _proofs(snapshot, run, upgrade),
                run.undo,
                _batch(snapshot, run, upgrade),
            )
            for upgrade in run.in_play
        ),
    )


def _batch(snapshot: ClusterSnapshot, run: Run, upgrade: NodeUpgrade) -> tuple[str, ...] | None:
    """What a drain would meet with; only asked of the node at work, until it is drained."""
    ahead = upgrade.step in _BEFORE_DRAIN and run.restoring is None and upgrade is run.upgrade
    if not ahead or _doubt(snapshot, upgrade, SourceName.NOMAD, None) is not None:
        return None
    return tuple(sorted(one.id for one in batch_work(snapshot, upgrade.node)))


def available(plan: Plan, found: NodePlan, names: tuple[ProofName, ...]) -> tuple[ProofName, ...]:
    """The proofs, less those of a balancer or a Consul that is not there."""
    absent = set() if found.targets else {SourceName.ALB}
    absent |= set() if plan.consul else {SourceName.CONSUL}
    return tuple(name for name in names if _LOOKS[name][0] not in absent)


def _proofs(snapshot: ClusterSnapshot, run: Run, upgrade: NodeUpgrade) -> tuple[Proof, ...]:
    found = run.plan.node(upgrade.node)
    node = snapshot.nodes.get(upgrade.node)
    proofs = []
    for name in available(run.plan, found, run.means(upgrade)):
        source, look = _LOOKS[name]
        read_at = _read_at(snapshot, found, source)
        seen = _doubt(snapshot, upgrade, source, read_at)
        if seen is None:
            if node is None:
                seen = Verdict(Truth.FALSE, _absence(snapshot, found))
            else:
                seen = look(Sight(snapshot, run.plan, found, upgrade, node))
        proofs.append(Proof(name, seen.truth, seen.evidence, source, read_at, seen.mark))
    return tuple(proofs)


def _read_at(snapshot: ClusterSnapshot, found: NodePlan, source: SourceName) -> datetime | None:
    """When the reading that a proof rests on was begun; Nomad's feed has one time for all."""
    if source == SourceName.NOMAD:
        return snapshot.source(source).true_at
    if source == SourceName.CONSUL:
        reading = snapshot.health_read.get(found.consul_name)
        return reading.begun_at if reading else None
    readings = [snapshot.group_read.get(one.key.group) for one in found.targets]
    if any(one is None for one in readings):
        return None
    return min(one.begun_at for one in readings if one is not None)


def _doubt(
    snapshot: ClusterSnapshot, upgrade: NodeUpgrade, source: SourceName, read_at: datetime | None
) -> Verdict | None:
    """Why the source's word counts for nothing just now."""
    state = snapshot.source(source)
    if state.state != SourceState.LIVE:
        return unknown(f"{source} is {state.state}: {state.reason}".removesuffix(": "))
    if source == SourceName.NOMAD:
        if snapshot.nomad_index < upgrade.index:
            return unknown(f"waiting for Nomad's index {upgrade.index}")
        return None
    if read_at is None:
        return unknown("not read yet")
    if upgrade.written_at is not None and read_at <= upgrade.written_at:
        return unknown("waiting for a reading begun after the last write")
    return None


def _absence(snapshot: ClusterSnapshot, found: NodePlan) -> str:
    for node in snapshot.nodes.values():
        detail = snapshot.details.get(node.id)
        same = detail is not None and found.instance_id and detail.instance_id == found.instance_id
        if same or node.name == found.name:
            return f"{found.name} is listed as another node, {node.id[:8]}"
    return f"{found.name} is not listed any more"
