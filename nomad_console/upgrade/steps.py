"""What each step does, when it is done, and how a run goes on by itself."""

from collections.abc import Mapping
from typing import Any

from nomad_console.domain.plan import BatchChoice, NodePlan, Plan, Step, SystemJobs
from nomad_console.upgrade.commands import (
    Deregister,
    Drain,
    EvaluateJob,
    Register,
    RunHost,
    SetEligibility,
    StopAllocation,
    Write,
)
from nomad_console.upgrade.gates import ProofName
from nomad_console.upgrade.run import NodeUpgrade, Outcome, Run, StepRecord, gate_ahead, next_step
from nomad_console.upgrade.turn import Turn

UNBROKEN: Mapping[Step, tuple[ProofName, ...]] = {
    Step.UPGRADE: (ProofName.SAME_MACHINE, ProofName.READY, ProofName.VERSION),
    Step.ATTACH: (ProofName.HEALTHY,),
}


def wait_s(run: Run, upgrade: NodeUpgrade) -> float:
    """How long the node's present step must last besides its proofs."""
    plan = run.plan
    match upgrade.step:
        case Step.DETACH:
            return plan.floor_s(upgrade.node)
        case Step.UPGRADE:
            return plan.policy.settle_s
        case Step.REJOIN:
            return plan.policy.stall_s
        case Step.ATTACH:
            return max(one.slow_start_s for one in plan.node(upgrade.node).targets)
        case Step.BAKE:
            first = next(one for one in run.upgrades if one.step is not None and not one.left_out)
            return plan.bake_s * (2 if first.node == upgrade.node else 1)
        case _:
            return 0.0


def _unbroken(upgrade: NodeUpgrade) -> bool:
    """What a wait rests on holds; where it does not, the wait begins again."""
    if upgrade.step == Step.BAKE:
        return upgrade.proven
    return upgrade.step is not None and upgrade.holds(*UNBROKEN.get(upgrade.step, ()))


def done(run: Run, upgrade: NodeUpgrade) -> bool:
    """The node's present step is proven, answered and waited for; or the node is over."""
    if upgrade.pending:
        return False
    if upgrade.skipped or upgrade.ended_at is not None:
        return True
    if not upgrade.proven:
        return False
    over = wait_s(run, upgrade) <= 0 or (upgrade.wait is not None and upgrade.wait.over)
    match upgrade.step:
        case Step.UPGRADE:
            return over or upgrade.holds(ProofName.REGISTERED_AGAIN)
        case Step.REJOIN:
            return True
        case _:
            return over


def proceed(turn: Turn) -> None:
    """Go on as far as nobody has to be asked."""
    while turn.run.active:
        _tend_wait(turn)
        run, upgrade = turn.run, turn.run.upgrade
        following = run.following if upgrade.last else None
        ready = done(run, upgrade) and (following is None or following.ready)
        if run.hold is not None or not ready:
            if upgrade.gate is not None:
                turn.change(gate=None)
            return
        gate = gate_ahead(run)
        if gate is not None and run.unaccepted:
            return
        if upgrade.gate is not None and upgrade.gate.gate != gate:
            turn.change(gate=None)
        if gate is not None:
            if turn.run.upgrade.gate is None:
                turn.ask(gate)
            return
        if upgrade.last and run.following is None and not _may_end(turn):
            return
        begin_next(turn, upgrade.index)


def _may_end(turn: Turn) -> bool:
    """Nothing is asked for any more, and the nodes that are not begun have their cordons back."""
    for upgrade in turn.run.ahead:
        give_back_cordon(turn, upgrade)
    return not any(one.pending for one in turn.run.upgrades)


def give_back_cordon(turn: Turn, upgrade: NodeUpgrade) -> None:
    """The node is eligible again where this run made it ineligible."""
    asked = [one.write for one in upgrade.pending if isinstance(one.write, SetEligibility)]
    closed = upgrade.cordoned or any(not one.eligible for one in asked)
    if closed and not any(one.eligible for one in asked):
        turn.issue(SetEligibility, upgrade.node, eligible=True)


def _tend_wait(turn: Turn) -> None:
    """Begin the step's wait when it may; drop it when what it rests on broke."""
    run, upgrade = turn.run, turn.run.upgrade
    if not _unbroken(upgrade):
        if upgrade.wait is not None:
            turn.change(wait=None)
        return
    if run.hold is not None or upgrade.pending:
        return
    seconds = wait_s(run, upgrade)
    if upgrade.wait is None:
        if seconds > 0:
            turn.wake(seconds)
    elif upgrade.wait.over and upgrade.step == Step.REJOIN:
        evaluate_missing(turn)


def evaluate_missing(turn: Turn) -> None:
    """Ask the scheduler once more for system jobs that did not come back."""
    upgrade = turn.run.upgrade
    if upgrade.evaluated or upgrade.holds(ProofName.SYSTEM_BACK):
        return
    turn.change(evaluated=True)
    plan = turn.run.plan.node(upgrade.node)
    for namespace, job_id in sorted({(one.namespace, one.job_id) for one in plan.system}):
        turn.issue(EvaluateJob, upgrade.node, namespace=namespace, job_id=job_id)


def begin_next(turn: Turn, index: int) -> None:
    """Close the present step and begin what follows it: a step, the next node, or the end."""
    upgrade = turn.run.upgrade
    step = next_step(turn.run.plan.node(upgrade.node), upgrade.step)
    if step is not None and not upgrade.skipped:
        _begin(turn, step, index)
        return
    if upgrade.ended_at is None and not upgrade.left_out:
        _record(turn, ended_at=turn.at, gate=None, wait=None)
    following = turn.run.following
    if following is None:
        done_any = any(one.ended_at is not None for one in turn.run.upgrades)
        left = turn.run.ahead or not done_any
        turn.change_run(ended_at=turn.at, outcome=Outcome.STOPPED if left else Outcome.DONE)
        return
    turn.change_run(current=turn.run.upgrades.index(following))
    _begin(turn, Step.CORDON, index)


def _record(turn: Turn, **fields: object) -> None:
    upgrade = turn.run.upgrade
    since = upgrade.waiting_since
    waited = upgrade.waited_s + ((turn.at - since).total_seconds() if since is not None else 0.0)
    begun = upgrade.begun_at or turn.at
    record = StepRecord(upgrade.step, begun, turn.at, upgrade.proofs, waited)
    fields |= {"waited_s": 0.0, "waiting_since": None}
    turn.change(records=(*upgrade.records, record), **fields)


def _begin(turn: Turn, step: Step, index: int) -> None:
    newest = max(index, turn.run.upgrade.index)
    _record(turn, step=step, begun_at=turn.at, begun_index=newest, index=newest, wait=None)
    since = turn.run.upgrade.written_at if step == Step.BAKE else turn.at  # baking changes nothing
    turn.forget_proofs(turn.run.upgrade, written_at=since)
    run = turn.run
    nodes: tuple[NodeUpgrade, ...] = (run.upgrade,)
    first = all(
        one.step is None or one.left_out for one in run.upgrades if one.node != nodes[0].node
    )
    if step == Step.CORDON and first and run.plan.cordon_selection:
        nodes = (run.upgrade, *run.ahead)
    for upgrade in nodes:
        for kind, fields in calls_of(run.plan, upgrade, step):
            turn.issue(kind, upgrade.node, **fields)


Call = tuple[type[Write], dict[str, Any]]


def calls_of(plan: Plan, upgrade: NodeUpgrade, step: Step) -> list[Call]:
    """What a step writes, in order."""
    node = plan.node(upgrade.node)
    calls: list[Call] = []
    match step:
        case Step.CORDON | Step.REJOIN if node.eligible:
            if step == Step.REJOIN or not (upgrade.cordoned or upgrade.pending):
                calls.append((SetEligibility, {"eligible": step == Step.REJOIN}))
        case Step.DETACH:
            calls += [(Deregister, {"target": one}) for one in node.targets]
        case Step.DRAIN:
            calls.append(drain_call(plan, upgrade))
            if (upgrade.batch or plan.batch) == BatchChoice.STOP:
                calls += [(StopAllocation, {"allocation": one}) for one in batch_on(node, upgrade)]
        case Step.UPGRADE:
            if node.host_argv:
                calls.append((RunHost, {"argv": node.host_argv}))
        case Step.ATTACH:
            calls += [(Register, {"target": one}) for one in node.targets]
        case _:
            pass
    return calls


def stop_batch(turn: Turn, upgrade: NodeUpgrade, allocations: tuple[str, ...]) -> None:
    """Stop these, but none that was stopped or is being stopped."""
    asked = {
        one.write.allocation for one in upgrade.pending if isinstance(one.write, StopAllocation)
    }
    for one in allocations:
        if one not in asked and one not in upgrade.stopped:
            turn.issue(StopAllocation, upgrade.node, allocation=one)


def deadline_of(plan: Plan, upgrade: NodeUpgrade) -> float:
    """The deadline that our drain of the node has, or would get; 0: none."""
    if upgrade.deadline_s is not None:
        return upgrade.deadline_s
    there = bool(batch_on(plan.node(upgrade.node), upgrade))
    return plan.deadline_with(upgrade.batch or plan.batch, batch=there)


def batch_on(node: NodePlan, upgrade: NodeUpgrade) -> tuple[str, ...]:
    """The batch work that the drain meets with, by id: as seen last, else as planned."""
    planned = tuple(one.id for one in node.batch)
    return planned if upgrade.batch_found is None else upgrade.batch_found


def drain_call(plan: Plan, upgrade: NodeUpgrade) -> Call:
    fields = {
        "run_id": plan.run_id,
        "deadline_s": deadline_of(plan, upgrade),
        "keep_system": plan.system == SystemJobs.KEEP,
    }
    return Drain, dict(fields)
