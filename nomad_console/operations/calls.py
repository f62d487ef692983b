"""Every call a run makes, in words and as the command line that does the same."""

import shlex

from nomad_console.domain.plan import NodePlan, Plan, Step, SystemJobs
from nomad_console.upgrade.commands import (
    RUN_META,
    CancelDrain,
    Deregister,
    Drain,
    EvaluateJob,
    Register,
    RunHost,
    SetEligibility,
    Write,
)
from nomad_console.upgrade.run import Run


def chain(plan: Plan, node: NodePlan) -> tuple[tuple[Step, str], ...]:
    """The calls for one node in their order, as command lines."""
    here = {"id": "", "node": node.node_id}
    drain = Drain(
        **here,
        run_id=plan.run_id,
        deadline_s=plan.deadline_s,
        keep_system=plan.system is SystemJobs.KEEP,
    )
    calls: list[tuple[Step, str]] = [
        (Step.CORDON, command_line(SetEligibility(**here, eligible=False)))
    ]
    calls += [
        (Step.DETACH, command_line(Deregister(**here, target=target))) for target in node.targets
    ]
    calls.append((Step.DRAIN, command_line(drain)))
    calls.append((Step.UPGRADE, host_step(plan, node)))
    if node.eligible:
        calls.append((Step.REJOIN, command_line(SetEligibility(**here, eligible=True))))
    calls += [
        (Step.ATTACH, command_line(Register(**here, target=target))) for target in node.targets
    ]
    return tuple(calls)


def host_step(plan: Plan, node: NodePlan) -> str:
    """What is run for the host step, or what is to be done by hand."""
    if node.host_argv:
        return shlex.join(node.host_argv)
    return f"by hand: upgrade the Nomad agent of {node.name} to {plan.target_version}"


def command_line(write: Write) -> str:
    """The nomad or aws command line that does what this call does."""
    match write:
        case SetEligibility(eligible=eligible):
            flag = "-enable" if eligible else "-disable"
            return f"nomad node eligibility {flag} {write.node}"
        case Drain():
            ignore = " -ignore-system" if write.keep_system else ""
            return (
                f"nomad node drain -enable -yes -deadline {write.deadline_s:g}s{ignore} "
                f"-meta {RUN_META}={write.run_id} {write.node}"
            )
        case CancelDrain():
            meta = f"-meta {RUN_META}={write.run_id}"
            return f"nomad node drain -disable -keep-ineligible {meta} {write.node}"
        case Deregister(target=target) | Register(target=target):
            verb = "register" if isinstance(write, Register) else "deregister"
            named = f"Id={target.key.id},Port={target.key.port}"
            if isinstance(write, Register) and target.zone:
                named += f",AvailabilityZone={target.zone}"
            return (
                f"aws elbv2 {verb}-targets --target-group-arn {target.key.group} --targets {named}"
            )
        case EvaluateJob():
            return shlex.join(("nomad", "job", "eval", "-namespace", write.namespace, write.job_id))
        case RunHost():
            return shlex.join(write.argv)


def undoing(run: Run) -> tuple[str, ...]:
    """Command lines that put back what the run has changed so far, in an order that serves.

    A drain of ours is ended first, eligibility comes back before the balancer sends again.
    """
    lines = []
    for upgrade in run.upgrades:
        here = {"id": "", "node": upgrade.node}
        node = run.plan.node(upgrade.node)
        if upgrade.step is Step.DRAIN:
            lines.append(command_line(CancelDrain(**here, run_id=run.plan.run_id)))
        if upgrade.cordoned:
            lines.append(command_line(SetEligibility(**here, eligible=True)))
        lines += [
            command_line(Register(**here, target=target))
            for target in node.targets
            if target.key in upgrade.detached
        ]
    return tuple(lines)
