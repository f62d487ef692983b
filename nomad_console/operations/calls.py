"""Every call a run makes, in words and as the command line that does the same."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple, assert_never

from nomad_console.domain.plan import NodePlan, Plan, RecordedTarget, Step, SystemJobs
from nomad_console.domain.text import duration
from nomad_console.upgrade.commands import (
    RUN_META,
    CancelDrain,
    Deregister,
    Drain,
    EvaluateJob,
    ExtendDrain,
    Register,
    RunHost,
    SetEligibility,
    StopAllocation,
    Write,
)
from nomad_console.upgrade.run import Run


class Call(NamedTuple):
    """One call of a step: in words, and as the command line that does the same ("": by hand)."""

    step: Step
    words: str
    command: str


def chain(plan: Plan, node: NodePlan) -> tuple[Call, ...]:
    """The calls for one node in their order."""
    here = {"id": "", "node": node.node_id}
    name = node.name
    drain = Drain(
        **here,
        run_id=plan.run_id,
        deadline_s=plan.deadline_of(node.node_id, plan.batch),
        keep_system=plan.system is SystemJobs.KEEP,
    )
    work = "its services and batch jobs" if drain.keep_system else "all its work, system jobs too"
    deadline = f"deadline {duration(drain.deadline_s)}" if drain.deadline_s else "no deadline"

    def call(step: Step, words: str, write: Write) -> Call:
        return Call(step, words, command_line(write))

    calls = []
    if node.eligible:
        out = SetEligibility(**here, eligible=False)
        calls.append(call(Step.CORDON, f"make {name} ineligible", out))
    calls += [
        call(
            Step.DETACH,
            f"take {_where(target)} out of {target.group_name}",
            Deregister(**here, target=target),
        )
        for target in node.targets
    ]
    calls.append(call(Step.DRAIN, f"drain {name} of {work}, {deadline}", drain))
    calls.append(Call(Step.UPGRADE, *_host_step(plan, node)))
    if node.eligible:
        back = SetEligibility(**here, eligible=True)
        calls.append(call(Step.REJOIN, f"make {name} eligible", back))
    calls += [
        call(
            Step.ATTACH,
            f"register {_where(target)} in {target.group_name}",
            Register(**here, target=target),
        )
        for target in node.targets
    ]
    return tuple(calls)


def _where(target: RecordedTarget) -> str:
    return f"{target.key.id}:{target.key.port}"


def by_hand(plan: Plan, node: NodePlan) -> str:
    """What the operator does where no host command is configured."""
    return f"by hand: upgrade the Nomad agent of {node.name} to {plan.target_version}"


def _host_step(plan: Plan, node: NodePlan) -> tuple[str, str]:
    if node.host_argv:
        return f"run {node.host_argv[0]} for {node.name}", shlex.join(node.host_argv)
    return by_hand(plan, node), ""


def command_line(write: Write) -> str:
    """The nomad or aws command line that does what this call does, quoted for a shell."""
    return shlex.join(_words(write))


def _words(write: Write) -> Sequence[str]:
    words: Sequence[str]
    match write:
        case SetEligibility(eligible=eligible):
            flag = "-enable" if eligible else "-disable"
            words = ("nomad", "node", "eligibility", flag, write.node)
        case Drain() | ExtendDrain():
            ignore = ("-ignore-system",) if write.keep_system else ()
            limit = ("-deadline", f"{write.deadline_s:g}s")
            deadline = limit if write.deadline_s else ("-no-deadline",)
            start = ("nomad", "node", "drain", "-enable", "-yes", *deadline, *ignore)
            words = (*start, "-meta", f"{RUN_META}={write.run_id}", write.node)
        case CancelDrain():
            meta = ("-meta", f"{RUN_META}={write.run_id}")
            words = ("nomad", "node", "drain", "-disable", "-keep-ineligible", *meta, write.node)
        case Deregister(target=target) | Register(target=target):
            verb = "register" if isinstance(write, Register) else "deregister"
            named = f"Id={target.key.id},Port={target.key.port}"
            if isinstance(write, Register):
                named += f",AvailabilityZone={target.zone}" if target.zone else ""
                named += f",QuicServerId={target.quic_server_id}" if target.quic_server_id else ""
            start = ("aws", "elbv2", f"{verb}-targets", "--target-group-arn", target.key.group)
            words = (*start, "--targets", named)
        case EvaluateJob():
            words = ("nomad", "job", "eval", "-namespace", write.namespace, write.job_id)
        case StopAllocation():
            words = ("nomad", "alloc", "stop", "-detach", write.allocation)
        case RunHost():
            words = write.argv
        case _:
            assert_never(write)
    return words


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
