"""Every call a run makes, in words and as the command line that does the same."""

import shlex
from collections.abc import Iterable, Sequence
from typing import NamedTuple, assert_never

from nomad_console.domain.plan import BatchChoice, NodePlan, Plan, RecordedTarget, Step
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
    call,
)
from nomad_console.upgrade.machine import upcoming
from nomad_console.upgrade.repair import repairs
from nomad_console.upgrade.run import NodeUpgrade, Run, next_step
from nomad_console.upgrade.steps import calls_of


class Call(NamedTuple):
    """One call of a step: in words, and as the command line that does the same ("": by hand)."""

    step: Step
    words: str
    command: str


def chain(plan: Plan, node: NodePlan) -> tuple[Call, ...]:
    """The calls for one node in their order."""
    calls: list[Call] = []
    step = next_step(node, None)
    while step is not None:
        writes = [
            kind(id="", node=one.node_id, **fields)
            for one in (closed_with(plan, node) if step is Step.CORDON else (node,))
            for kind, fields in calls_of(plan, NodeUpgrade(one.node_id), step)
        ]
        calls += _told(plan, node, step, writes)
        step = next_step(node, step)
    return tuple(calls)


def closed_with(plan: Plan, node: NodePlan) -> tuple[NodePlan, ...]:
    """The nodes that are made ineligible when this one's turn begins: all with the first."""
    if not plan.cordon_selection:
        return (node,)
    skips = plan.batch is BatchChoice.SKIP
    taken = tuple(one for one in plan.nodes if not (skips and one.batch))
    return taken if taken and taken[0].node_id == node.node_id else ()


def ahead(run: Run) -> tuple[Call, ...]:
    """The calls that the gate's answer leads to; none where all is as it should be already."""
    node = run.plan.node(run.upgrade.node)
    step = None if run.upgrade.skipped else next_step(node, run.upgrade.step)
    return tuple(_told(run.plan, node, step or Step.CORDON, upcoming(run)))


def repairing(run: Run) -> tuple[Call, ...]:
    """The calls that going on after a hold makes first: what another hand changed is put back."""
    writes = (kind(id="", node=run.upgrade.node, **fields) for kind, fields in repairs(run))
    step = run.upgrade.step or Step.CORDON
    return tuple(Call(step, _said(run.plan, one), command_line(one)) for one in writes)


def _told(plan: Plan, node: NodePlan, step: Step, writes: Iterable[Write]) -> list[Call]:
    if step is Step.UPGRADE and not node.host_argv:
        return [Call(step, by_hand(plan, node), "")]
    return [Call(step, _said(plan, write), command_line(write)) for write in writes]


def _said(plan: Plan, write: Write) -> str:
    """A call of the chain in words; the others as they are made."""
    node = plan.node(write.node)
    match write:
        case SetEligibility(eligible=eligible):
            words = f"make {node.name} {'eligible' if eligible else 'ineligible'}"
        case Deregister(target=target):
            words = f"take {_where(target)} out of {target.group_name}"
        case Drain(keep_system=kept, deadline_s=limit):
            work = "its services and batch jobs" if kept else "all its work, system jobs too"
            deadline = f"deadline {duration(limit)}" if limit else "no deadline"
            words = f"drain {node.name} of {work}, {deadline}"
        case StopAllocation(allocation=allocation):
            stopped = next((one.name for one in node.batch if one.id == allocation), allocation[:8])
            words = f"stop batch work {stopped}"
        case RunHost(argv=argv):
            words = f"run {shlex.join(argv)}"
        case Register(target=target):
            words = f"register {_where(target)} in {target.group_name}"
        case _:
            words = call(write)
    return words


def _where(target: RecordedTarget) -> str:
    return f"{target.key.id}:{target.key.port}"


def by_hand(plan: Plan, node: NodePlan) -> str:
    """What the operator does where no host command is configured."""
    return f"by hand: upgrade the Nomad agent of {node.name} to {plan.target_version}"


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
