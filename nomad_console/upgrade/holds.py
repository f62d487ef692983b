"""Holding a run, freezing it, and letting it go on."""

import msgspec

from nomad_console.domain.plan import Step
from nomad_console.upgrade.commands import CancelDrain, CommandClass, Drain, ExtendDrain
from nomad_console.upgrade.events import Disturbed, ProbeFailed
from nomad_console.upgrade.gates import ProofName
from nomad_console.upgrade.repair import repairs
from nomad_console.upgrade.run import Cause, Hold, NodeUpgrade, Pending
from nomad_console.upgrade.steps import drain_call
from nomad_console.upgrade.turn import Turn


def hold(turn: Turn, reason: str, cause: Cause = Cause.OPERATOR) -> str:
    if turn.run.hold is not None:
        return "the run is held"
    turn.change_run(hold=Hold(reason, turn.at, cause=cause))
    return ""


def add_hold(turn: Turn, reason: str, cause: Cause) -> None:
    """Hold; where the run is held already, for this as well."""
    held = turn.run.hold
    if held is None:
        turn.change_run(hold=Hold(reason, turn.at, cause=cause))
    else:
        turn.change_run(hold=msgspec.structs.replace(held, reason=f"{held.reason}; {reason}"))


def freeze(turn: Turn, reason: str, cause: Cause = Cause.OPERATOR) -> str:
    """Hold, and end our drain where it may still be under way."""
    run, upgrade = turn.run, turn.run.upgrade
    stuck = [one for one in upgrade.pending if isinstance(one.write, CancelDrain) and one.trouble]
    if run.hold is not None and run.hold.frozen and not stuck:
        return "the run is frozen"
    turn.change_run(hold=Hold(reason, turn.at, frozen=True, cause=cause))
    drains = upgrade.step == Step.DRAIN and run.restoring is None
    if drains and not upgrade.holds(ProofName.DRAIN_OVER):
        turn.change(cancelled=True, pending=without_drains(upgrade))
        turn.issue(CancelDrain, upgrade.node, run_id=run.plan.run_id)
    return ""


def hang_up(turn: Turn) -> str:
    """The same, and remembered for whoever takes the run up again, also where it was frozen."""
    turn.change_run(hung_up_at=turn.at)
    freeze(turn, "the terminal was lost", Cause.HUNG_UP)
    return ""


def fail_probe(turn: Turn, event: ProbeFailed) -> str:
    if turn.run.restoring is not None:
        return "a restore goes on whatever the probe says"
    return hold(turn, f"probe {event.url}: {event.detail}", Cause.PROBE)


def disturb(turn: Turn, event: Disturbed) -> str:
    """Somebody else was here: the call that was not made is asked again when released."""
    upgrade = turn.run.of_node(event.node)
    if upgrade is None:
        return "no node of this run"
    asked = [one for one in upgrade.pending if one.write.id == event.command and not one.trouble]
    if event.command and not asked:
        return "nobody asked for this call, or it was answered"
    for one in asked:
        troubled = msgspec.structs.replace(one, trouble=event.what)
        rest = tuple(troubled if pending is one else pending for pending in upgrade.pending)
        turn.put(upgrade, pending=rest)
    name = turn.run.plan.node(event.node).name
    refusal = hold(turn, f"{name} {event.what}", Cause.DISTURBED)
    return "" if asked else refusal


def release(turn: Turn) -> str:
    """Go on: what was refused is asked again, but nothing that may happen only once."""
    if turn.run.hold is None:
        return "the run is not held"
    asked = turn.run.host_question
    if asked is not None and asked.host_trouble is not None and asked.host_trouble.lost:
        return "nobody saw the host command's end: say whether it ran, or run it again"
    go_on(turn)
    return ""


def go_on(turn: Turn) -> None:
    """What another hand changed is put back first; refused calls are asked again last."""
    repairing = repairs(turn.run)
    turn.change_run(hold=None, hung_up_at=None)
    for kind, fields in repairing:
        turn.issue(kind, turn.run.upgrade.node, **fields)
    upgrade = turn.run.upgrade
    if upgrade.cancelled and upgrade.step == Step.DRAIN and turn.run.restoring is None:
        turn.change(cancelled=False, pending=without_drains(upgrade))
        kind, fields = drain_call(turn.run.plan, turn.run.upgrade)
        turn.issue(kind, upgrade.node, **fields)
    for one in turn.run.upgrades:
        _retry(turn, one)


def without_drains(upgrade: NodeUpgrade) -> tuple[Pending, ...]:
    """Drains, and ends of one, that did not go through: what comes now replaces them."""
    drains = (Drain, ExtendDrain, CancelDrain)
    return tuple(
        one for one in upgrade.pending if not (one.trouble and isinstance(one.write, drains))
    )


def _retry(turn: Turn, upgrade: NodeUpgrade) -> None:
    troubled = [one for one in upgrade.pending if one.trouble]
    if not troubled:
        return
    turn.put(upgrade, pending=tuple(one for one in upgrade.pending if not one.trouble))
    for one in troubled:
        if one.write.kind != CommandClass.ONCE or not one.intended:
            fields = msgspec.structs.asdict(one.write)
            turn.issue(
                type(one.write),
                upgrade.node,
                **{name: value for name, value in fields.items() if name not in {"id", "node"}},
            )
