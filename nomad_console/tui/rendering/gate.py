"""The gate of a run: what is proven, what comes next, what it risks, how it is answered."""

from collections.abc import Iterator, Sequence

from nomad_console.domain.plan import BatchChoice, Step
from nomad_console.domain.text import duration
from nomad_console.operations.calls import ahead
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_plan import call_line
from nomad_console.tui.rendering.upgrade_run import Sight, proofs_of
from nomad_console.tui.rendering.wrapping import flowed, wrapped
from nomad_console.upgrade.commands import SetEligibility
from nomad_console.upgrade.gates import Gate, Truth
from nomad_console.upgrade.machine import upcoming
from nomad_console.upgrade.run import GateState
from nomad_console.upgrade.steps import deadline_of

_ASKS = {
    Gate.START: "begin with {name}",
    Gate.DETACH: "take {name} out of the balancer",
    Gate.DRAIN: "drain {name}",
    Gate.UPGRADE: "upgrade the agent on {name}",
    Gate.REJOIN: "bring {name} back",
    Gate.ATTACH: "give {name} traffic",
    Gate.NEXT: "go on to {following}",
}
_RISKS = {
    Gate.START: "nothing is written before the next gate",
    Gate.DETACH: "the other targets carry its share",
    Gate.DRAIN: "its work is stopped and started elsewhere, as fast as each job allows",
    Gate.UPGRADE: "the agent restarts; the work that could move has been moved",
    Gate.REJOIN: "new work may come to it again",
    Gate.ATTACH: "the balancer sends to it as soon as it is healthy",
    Gate.NEXT: "nothing is written before its next gate",
}
_BACK = {
    Gate.START: "there is nothing to put back",
    Gate.DETACH: "register the same targets again; F stops here",
    Gate.DRAIN: "F ends the drain: what has left stays away, what is marked still goes",
    Gate.UPGRADE: "the new version stays; R brings the node back into service",
    Gate.REJOIN: "make it ineligible again",
    Gate.ATTACH: "take the targets out again",
    Gate.NEXT: "R brings it back into service; what is done stays",
}
_NO_CALL = "nothing is written: eligibility is as it should be"
_CLOSING = frozenset({Gate.START, Gate.NEXT})  # nodes may become ineligible
_BEFORE_DRAIN = frozenset({Gate.START, Gate.DETACH, Gate.DRAIN})
_LABEL = 8  # columns of what a line is about
_HANG = _LABEL + 2  # a command goes on under its own text
_NAMED = 3  # nodes in a title; its lines below name them all


def gate_title(sight: Sight, gate: GateState) -> str:
    following = sight.run.following
    other = sight.run.plan.node(following.node).name if following else ""
    asks = _ASKS[gate.gate].format(name=sight.name, following=other)
    closing = _closing(sight, gate)
    return f"{asks}: make {_listed(closing, _NAMED)} ineligible for new work" if closing else asks


def gate_lines(sight: Sight, gate: GateState, width: int, height: int) -> list[Line]:
    """The body of the gate: proofs, the exact calls, the risk and the way back.

    What is higher than it may be shows first what it asks.
    """
    said = [call_line(call) for call in ahead(sight.run)] or [(Cell(_NO_CALL),)]
    rows = [(_label("next" if line is said[0] else ""), line) for line in said]
    rows += _changed(sight, gate)
    rows += _batch(sight, gate)
    means, back = _RISKS[gate.gate], _BACK[gate.gate]
    if closing := _listed(_closing(sight, gate)):
        means = f"nothing stops; {closing} will get no new work: it goes to the other nodes"
        back = f"make {closing} eligible again"
    rows += [(_label("means"), (Cell(means),)), (_label("back"), (Cell(back),))]
    proofs = flowed(_proofs(sight), width, (_label("proven"),))
    asked = [
        part
        for label, line in rows
        for part in wrapped((label, *line), width, _HANG if line in said else _LABEL)
    ]
    return [*proofs, *asked] if len(proofs) + len(asked) <= height else [*asked, *proofs]


def _closing(sight: Sight, gate: GateState) -> list[str]:
    """Every node that the answer makes ineligible, by name."""
    if gate.gate not in _CLOSING:
        return []
    plan = sight.run.plan
    return [
        plan.node(one.node).name
        for one in upcoming(sight.run)
        if isinstance(one, SetEligibility) and not one.eligible
    ]


def _listed(names: Sequence[str], most: int | None = None) -> str:
    """In one sentence; beyond `most` they are counted."""
    if most is not None and len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _batch(sight: Sight, gate: GateState) -> Iterator[tuple[Cell, Line]]:
    """Batch work that is there before a drain: what becomes of it, and the keys that choose."""
    if not sight.batch or gate.gate not in _BEFORE_DRAIN:
        return
    run = sight.run
    choice = run.upgrade.batch or run.plan.batch
    names, limit = ", ".join(sight.batch), deadline_of(run.plan, run.upgrade)
    yield _label("batch"), (Cell(f"{names}: ", Tone.STRONG), *_batch_choice(choice, limit))
    begun = sight.run.upgrade.step not in {None, Step.CORDON}
    yield _label(""), _batch_keys(choice, begun=begun)


def _changed(sight: Sight, gate: GateState) -> Iterator[tuple[Cell, Line]]:
    """Where the drain will be called otherwise than the plan said, and why."""
    run, upgrade = sight.run, sight.run.upgrade
    planned = run.plan.deadline_of(upgrade.node, run.plan.batch)
    now = deadline_of(run.plan, upgrade)
    if planned == now or gate.gate not in _BEFORE_DRAIN:
        return
    if upgrade.batch is not None or upgrade.deadline_s is not None:
        why = "as you chose for its batch work"
    elif upgrade.batch_found:
        why = "batch work came since, and is waited for"
    else:
        why = "its batch work has ended since"
    said = f"the plan said {_flag(planned)}; now {_flag(now)}: {why}"
    yield _label("changed"), (Cell(said, Tone.WARN),)


def _flag(deadline_s: float) -> str:
    return f"-deadline {deadline_s:g}s" if deadline_s else "-no-deadline"


def _batch_choice(choice: BatchChoice, deadline_s: float) -> Line:
    if choice is BatchChoice.STOP:
        return (Cell("stopped when the drain begins", Tone.WARN),)
    if deadline_s:
        until = f"waited for until the drain's deadline, {duration(deadline_s)}, then stopped"
        return (Cell(until, Tone.WARN),)
    return (Cell("waited for, however long; the drain has no deadline", Tone.PLAIN),)


def _batch_keys(choice: BatchChoice, *, begun: bool) -> Line:
    other = ("B", "waits for it") if choice is BatchChoice.STOP else ("s", "stops it")
    out = ("R", "restores the node instead") if begun else ("K", "leaves the node out")
    return tuple(
        cell
        for key, word in (other, out)
        for cell in (Cell(f"{key} ", Tone.STRONG), Cell(f"{word}   "))
    )


def waiting_lines(sight: Sight, width: int) -> list[Line]:
    """What keeps the next gate closed."""
    run, upgrade = sight.run, sight.run.upgrade
    if run.unaccepted and not upgrade.skipped:
        items = [(Cell("✗ ", Tone.WARN), Cell(one)) for one in run.unaccepted]
        return flowed(items, width, (Cell("not accepted ", Tone.DIM),))
    missing = [one for one in proofs_of(sight, upgrade) if not one.holds]
    if missing:
        items = [(Cell("✗ ", Tone.WARN), Cell(one.name)) for one in missing]
        return flowed(items, width, (Cell("not yet ", Tone.DIM),))
    return [(Cell("the next gate opens when every proof holds", Tone.DIM),)]


def commands_ahead(sight: Sight) -> str:
    """What `y` copies at a gate: one command line each, or what is to be done by hand."""
    return "\n".join(call.command or f"# {call.words}" for call in ahead(sight.run))


def _proofs(sight: Sight) -> Iterator[Line]:
    """What holds, by the time it became true; a time is named once."""
    since = {one.proof.name: one.since for one in sight.run.upgrade.proofs}
    held = [one for one in proofs_of(sight, sight.run.upgrade) if one.truth is Truth.TRUE]
    last = ""
    for proof in sorted(held, key=lambda one: since.get(one.name, sight.now)):
        time = f"{since.get(proof.name, sight.now):%H:%M:%S} "
        said = (Cell(time, Tone.DIM),) if time != last else ()
        last = time
        yield (*said, Cell("✔ ", Tone.GOOD), Cell(proof.name))


def _label(word: str) -> Cell:
    return Cell(f"{word:<{_LABEL}}", Tone.DIM)
