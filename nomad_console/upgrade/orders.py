"""What the operator orders besides the gates: accept, skip, extend, stop, batch, host command."""

from nomad_console.domain.plan import BatchChoice, Step
from nomad_console.upgrade.commands import Drain, ExtendDrain, RunHost
from nomad_console.upgrade.events import Accepted, BatchChosen, Extended, HostAnswered, Skipped
from nomad_console.upgrade.gates import ProofName
from nomad_console.upgrade.holds import go_on
from nomad_console.upgrade.run import Run
from nomad_console.upgrade.steps import deadline_of, drain_call, give_back_cordon, stop_batch
from nomad_console.upgrade.turn import Turn

OPERATOR = "operator"
BATCH = "its batch work"  # what skipped a node whose batch work is not to be touched
_DETACHED_YET = frozenset({None, Step.CORDON})
_BACK = frozenset({Step.ATTACH, Step.BAKE})


def accept(turn: Turn, event: Accepted) -> str:
    run = turn.run
    unknown = [one for one in event.findings if one not in run.plan.to_accept]
    if unknown:
        return f"no finding that can be accepted: {', '.join(unknown)}"
    news = [one for one in dict.fromkeys(event.findings) if one not in run.accepted]
    turn.change_run(accepted=(*run.accepted, *news))
    return ""


def stop(turn: Turn, *, asked: bool) -> str:
    if turn.run.stopping == asked:
        return "the run stops already" if asked else "nobody asked the run to stop"
    turn.change_run(stopping=asked)
    return ""


def skip(turn: Turn, event: Skipped) -> str:
    """Leave a node out before it is detached, or as it is once it is upgraded and eligible."""
    upgrade = turn.run.of_node(event.node)
    if upgrade is None:
        return "no node of this run"
    if upgrade.ended_at is not None or upgrade.skipped:
        return "the node is over"
    if upgrade.step in _DETACHED_YET:
        turn.put(upgrade, skipped=event.by or OPERATOR, gate=None, wait=None)
        give_back_cordon(turn, turn.run.node(event.node))
    elif upgrade.step in _BACK:
        rest = tuple(one for one in upgrade.pending if not one.trouble)
        turn.put(upgrade, skipped=event.by or OPERATOR, gate=None, wait=None, pending=rest)
    else:
        return f"{upgrade.step} is the middle of its chain: restore, or let it be brought back"
    return ""


def skip_batch_nodes(turn: Turn) -> None:
    """At the start, where the plan says so: nodes with batch work are left out."""
    if turn.run.plan.batch == BatchChoice.SKIP:
        for upgrade in turn.run.upgrades:
            if turn.run.plan.node(upgrade.node).batch:
                turn.put(upgrade, skipped=BATCH)


def extend(turn: Turn, event: Extended) -> str:
    refusal = _no_drain(turn.run, event.node)
    if not refusal and event.deadline_s < 0:
        refusal = "a deadline lies ahead"
    if not refusal:
        _extend(turn, event.deadline_s)
    return refusal


def _no_drain(run: Run, node: str) -> str:
    """Why there is no drain of ours on the node that could be changed."""
    upgrade = run.upgrade
    if upgrade.node != node or upgrade.step != Step.DRAIN:
        return "the node is not being drained"
    if upgrade.cancelled:
        return "the drain is frozen"
    if upgrade.holds(ProofName.DRAIN_OVER):
        return "the drain is over"
    if any(isinstance(one.write, Drain | ExtendDrain) for one in upgrade.pending):
        return "the drain has not been answered yet"
    return ""


def _extend(turn: Turn, deadline_s: float) -> None:
    turn.change(deadline_s=deadline_s)
    _, fields = drain_call(turn.run.plan, turn.run.upgrade)
    turn.issue(ExtendDrain, turn.run.upgrade.node, **fields)


def choose_batch(turn: Turn, event: BatchChosen) -> str:
    upgrade = turn.run.of_node(event.node)
    if upgrade is None:
        return "no node of this run"
    if event.choice == BatchChoice.SKIP:
        return skip(turn, Skipped(at=event.at, elapsed=event.elapsed, node=event.node, by=BATCH))
    planned = turn.run.plan.node(event.node)
    if not planned.batch and not event.allocations:
        return "the node has no batch work"
    if upgrade.step not in {*_DETACHED_YET, Step.DETACH, Step.DRAIN}:
        return "the drain is over"
    deadline_s = deadline_of(turn.run.plan, upgrade)
    if event.choice == BatchChoice.WAIT:
        turn.put(upgrade, batch=event.choice, deadline_s=0.0)
        if deadline_s > 0 and not _no_drain(turn.run, event.node):
            _extend(turn, 0.0)
    elif upgrade.step == Step.DRAIN:
        turn.put(upgrade, batch=event.choice)
        ids = event.allocations or tuple(one.id for one in planned.batch)
        stop_batch(turn, turn.run.upgrade, ids)
    else:
        turn.put(upgrade, batch=event.choice, deadline_s=None)
    return ""


def answer_host(turn: Turn, event: HostAnswered) -> str:
    """Take the operator's word for what the host command did, and go on.

    It may be run again also where it ended and the node has not got its version, however the run
    went on since.
    """
    upgrade = turn.run.host_question
    asked = upgrade.host_trouble if upgrade is not None else None
    if upgrade is None and not event.ran:
        upgrade = turn.run.host_repeatable
    if upgrade is None:
        return "no host command is in question"
    rest = tuple(one for one in upgrade.pending if one is not asked)
    turn.forget_proofs(upgrade, pending=rest, written_at=turn.at)
    if not event.ran:
        argv = turn.run.plan.node(upgrade.node).host_argv
        turn.put(turn.run.node(upgrade.node), exit_code=None, wait=None)
        turn.issue(RunHost, upgrade.node, argv=argv)
    go_on(turn)
    return ""
