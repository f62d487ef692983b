"""What each step does, when it is done, and how a run goes on by itself."""

from collections.abc import Mapping

from nomad_console.domain.plan import Plan, Step, SystemJobs
from nomad_console.upgrade.commands import (
    Deregister,
    Drain,
    EvaluateJob,
    Register,
    RunHost,
    SetEligibility,
    Write,
)
from nomad_console.upgrade.gates import ProofName
from nomad_console.upgrade.run import NodeUpgrade, Run, StepRecord, gate_ahead, next_step
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
            return plan.bake_of(upgrade.node)
        case _:
            return 0.0


def _unbroken(upgrade: NodeUpgrade) -> bool:
    """What a wait rests on holds; where it does not, the wait begins again."""
    if upgrade.step == Step.BAKE:
        return upgrade.proven
    return upgrade.step is not None and upgrade.holds(*UNBROKEN.get(upgrade.step, ()))


def done(run: Run, upgrade: NodeUpgrade) -> bool:
    """The node's present step is proven, answered and waited for."""
    if upgrade.pending or not upgrade.proven:
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
        following = run.following if upgrade.step == Step.BAKE else None
        ready = done(run, upgrade) and (following is None or following.proven)
        if run.hold is not None or not ready:
            if upgrade.gate is not None:
                turn.change(gate=None)
            return
        gate = gate_ahead(run)
        if gate is not None:
            if upgrade.gate is None:
                turn.ask(gate)
            return
        begin_next(turn, upgrade.index)


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
        _evaluate_missing(turn)


def _evaluate_missing(turn: Turn) -> None:
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
    if step is not None:
        _begin(turn, step, index)
        return
    _record(turn, ended_at=turn.at, gate=None, wait=None)
    if turn.run.following is None:
        turn.change_run(ended_at=turn.at)
        return
    turn.change_run(current=turn.run.current + 1)
    _begin(turn, Step.CORDON, index)


def _record(turn: Turn, **fields: object) -> None:
    upgrade = turn.run.upgrade
    record = StepRecord(upgrade.step, upgrade.begun_at or turn.at, turn.at, upgrade.proofs)
    turn.change(records=(*upgrade.records, record), **fields)


def _begin(turn: Turn, step: Step, index: int) -> None:
    newest = max(index, turn.run.upgrade.index)
    _record(turn, step=step, begun_at=turn.at, begun_index=newest, index=newest, wait=None)
    since = turn.run.upgrade.written_at if step == Step.BAKE else turn.at  # baking changes nothing
    turn.forget_proofs(turn.run.upgrade, written_at=since)
    run = turn.run
    nodes = [run.upgrade]
    if step == Step.CORDON and run.current == 0 and run.plan.cordon_selection:
        nodes = list(run.upgrades)
    for upgrade in nodes:
        for kind, fields in _calls(run.plan, upgrade, step):
            turn.issue(kind, upgrade.node, **fields)


Call = tuple[type[Write], dict[str, object]]


def _calls(plan: Plan, upgrade: NodeUpgrade, step: Step) -> list[Call]:
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
            calls.append(drain_call(plan))
        case Step.UPGRADE:
            if node.host_argv:
                calls.append((RunHost, {"argv": node.host_argv}))
        case Step.ATTACH:
            calls += [(Register, {"target": one}) for one in node.targets]
        case _:
            pass
    return calls


def drain_call(plan: Plan) -> Call:
    fields = {
        "run_id": plan.run_id,
        "deadline_s": plan.deadline_s,
        "keep_system": plan.system == SystemJobs.KEEP,
    }
    return Drain, dict(fields)
