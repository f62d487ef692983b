"""The gate of a run: what is proven, what comes next, what it risks, how it is answered."""

from collections.abc import Iterator

from nomad_console.domain.plan import Step
from nomad_console.operations.calls import chain, host_step
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.upgrade_run import Sight, proofs_of
from nomad_console.upgrade.gates import Gate, Truth
from nomad_console.upgrade.run import GateState, next_step

_ASKS = {
    Gate.START: "begin with {name}: make it ineligible for new work",
    Gate.DETACH: "take {name} out of the balancer",
    Gate.DRAIN: "drain {name}",
    Gate.UPGRADE: "upgrade the agent on {name}",
    Gate.REJOIN: "bring {name} back",
    Gate.ATTACH: "give {name} traffic",
    Gate.NEXT: "go on to {following}",
}
_RISKS = {
    Gate.START: "nothing stops; new work goes to the other nodes",
    Gate.DETACH: "the other targets carry its share",
    Gate.DRAIN: "its work is stopped and started elsewhere, as fast as each job allows",
    Gate.UPGRADE: "the agent restarts; work on the node has been moved",
    Gate.REJOIN: "system jobs start again on it, new work may come",
    Gate.ATTACH: "the balancer sends to it as soon as it is healthy",
    Gate.NEXT: "the next node leaves service",
}


def gate_title(sight: Sight, gate: GateState) -> str:
    following = sight.run.following
    other = sight.run.plan.node(following.node).name if following else ""
    return _ASKS[gate.gate].format(name=sight.name, following=other)


def gate_lines(sight: Sight, gate: GateState) -> list[Line]:
    """The body of the gate: proofs, the exact calls, the risk and the way back."""
    held = [proof for proof in proofs_of(sight, sight.run.upgrade) if proof.truth is Truth.TRUE]
    proofs = tuple(
        cell
        for proof in held
        for cell in (Cell(f"{proof.name} ", Tone.PLAIN), Cell("✔  ", Tone.GOOD))
    )
    since = f"since {gate.opened_at:%H:%M:%S}  " if gate.opened_at else ""
    return [
        (Cell(f"proven {since}", Tone.DIM), *proofs),
        *_next(sight),
        (Cell("means  ", Tone.DIM), Cell(_RISKS[gate.gate])),
        (
            Cell("back   ", Tone.DIM),
            Cell("h holds here · F freezes: a drain of ours is ended, what is marked still moves"),
        ),
    ]


def _next(sight: Sight) -> Iterator[Line]:
    """The exact calls of the step that the answer begins."""
    run = sight.run
    upgrade, plan = run.upgrade, run.plan
    node = plan.node(upgrade.node)
    step = next_step(node, upgrade.step)
    if step is None and run.following is not None:
        node, step = plan.node(run.following.node), Step.CORDON
    if step is Step.UPGRADE and not node.host_argv:
        yield (Cell("next   ", Tone.DIM), Cell(host_step(plan, node), Tone.STRONG))
        return
    lines = [line for call, line in chain(plan, node) if call is step]
    if step is Step.CORDON and plan.cordon_selection and upgrade.step is None:
        lines = [
            line for one in plan.nodes for call, line in chain(plan, one) if call is Step.CORDON
        ]
    for number, line in enumerate(lines):
        yield (Cell("next   " if not number else "       ", Tone.DIM), Cell(f"$ {line}"))
