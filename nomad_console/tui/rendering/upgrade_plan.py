"""The plan of a run as lines: findings first, then what is done, how long, with which calls."""

from collections.abc import Iterator

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import NodePlan, Plan, Step, SystemJobs
from nomad_console.domain.policy import Policy
from nomad_console.domain.text import duration
from nomad_console.operations.calls import Call, chain, closed_with
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.wrapping import wrapped

EXACT = 1_000_000  # a width at which nothing is wrapped
_TONES = {Level.BLOCK: Tone.BAD, Level.ACK: Tone.WARN, Level.WARN: Tone.WARN, Level.INFO: Tone.DIM}
_LEVEL = 7  # columns of a finding's level
_SYSTEM = {
    SystemJobs.KEEP: "system jobs keep running: the agent restarts in place",
    SystemJobs.STOP: "system jobs are stopped too: for a reboot or a replacement",
}


def plan_lines(plan: Plan, width: int) -> list[Line]:
    """Everything an operator must have read before the first gate, none wider than `width`."""
    lines = [*_head(plan), *finding_lines(plan, width), *_foretold(plan)]
    for number, node in enumerate(plan.nodes, 1):
        lines += [*_node(plan, number, node), *_steps(plan, node), ()]
    lines += _settings(plan)
    return [part for line in lines for part in wrapped(line, width)]


def verdict(plan: Plan) -> Line:
    """What can be done with this plan now, in one line."""
    blocks = [one for one in plan.findings if one.level is Level.BLOCK]
    if blocks:
        return (Cell(f" ✗ BLOCKED by {len(blocks)}: nothing can be begun", Tone.BAD),)
    asks = sum(1 for one in plan.findings if one.level is Level.ACK)
    if asks:
        return (Cell(f" ! {asks} to accept: beginning asks for a node's name", Tone.WARN),)
    warned = sum(1 for one in plan.findings if one.level is Level.WARN)
    if warned:
        said = "1 warning: read it" if warned == 1 else f"{warned} warnings: read them"
        return (Cell(f" ! {said}; it can be begun all the same", Tone.WARN),)
    told = f"; {len(plan.findings)} to know" if plan.findings else ""
    return (Cell(f" ✔ nothing stands against it{told}", Tone.GOOD),)


def call_line(call: Call) -> Line:
    """The exact command, however long; in words only where it is done by hand."""
    return (Cell("$ ", Tone.DIM), Cell(call.command)) if call.command else (Cell(call.words),)


def _head(plan: Plan) -> Iterator[Line]:
    names = ", ".join(node.name for node in plan.nodes)
    yield (
        Cell(f"Upgrade {names} to ", Tone.STRONG),
        Cell(plan.target_version or "?", Tone.STRONG),
        Cell(f"   run {plan.run_id}", Tone.DIM),
    )
    yield (
        Cell(f"forecast {duration(plan.seconds)}, without the time at gates · "),
        Cell(f"{_deadline(plan)} · {_SYSTEM[plan.system]}"),
    )
    yield ()


def _deadline(plan: Plan) -> str:
    """What the drains' calls say of it."""
    none = [one.name for one in plan.nodes if not plan.deadline_of(one.node_id, plan.batch)]
    if len(none) == len(plan.nodes):
        return "no drain deadline: batch work is waited for"
    but = f", none on {', '.join(none)}: batch work is waited for" if none else ""
    return f"drain deadline {duration(plan.deadline_s)}{but}"


def finding_lines(plan: Plan, width: int) -> Iterator[Line]:
    order = list(Level)
    for finding in sorted(plan.findings, key=lambda one: (order.index(one.level), one.id)):
        for line in _finding(finding):
            yield from wrapped(line, width, _LEVEL)
    if plan.findings:
        yield ()


def _finding(finding: Finding) -> Iterator[Line]:
    tone = _TONES[finding.level]
    yield (
        Cell(f"{finding.level:<{_LEVEL}}", tone),
        Cell(f"{finding.subject}: ", Tone.STRONG),
        Cell(finding.evidence),
    )
    room = " " * _LEVEL
    yield (Cell(f"{room}→ ", Tone.DIM), Cell(finding.cure), Cell(f"   {finding.id}", Tone.DIM))


def _foretold(plan: Plan) -> Iterator[Line]:
    failing = [(node.name, one) for node in plan.nodes for one in node.forecast.failing]
    if not failing:
        yield (Cell("✔ no request should fail", Tone.GOOD),)
    else:
        yield (Cell("Requests that will fail although all goes to plan", Tone.WARN),)
    for name, one in failing:
        yield (Cell(f"  {name}  {one.subject}: ", Tone.STRONG), Cell(one.why))
    yield ()


def _node(plan: Plan, number: int, node: NodePlan) -> Iterator[Line]:
    yield (
        Cell(f"{number} {node.name}  ", Tone.STRONG),
        Cell(f"{node.version} → {plan.target_version}  "),
        Cell(
            f"{len(node.allocations)} allocations, {len(node.system)} of system jobs · "
            f"{len(node.targets)} targets · {duration(node.forecast.seconds)} "
            f"(± {duration(node.forecast.margin_s)})",
            Tone.DIM,
        ),
    )


def _steps(plan: Plan, node: NodePlan) -> Iterator[Line]:
    calls = chain(plan, node)
    indent = " " * 14
    for forecast in node.forecast.steps:
        yield (
            Cell(f"    {forecast.step:<8}", Tone.BUSY),
            Cell(f"{duration(forecast.seconds):>6}  "),
            Cell(forecast.why, Tone.DIM),
        )
        for call in calls:
            if call.step is forecast.step:
                yield (Cell(indent), *call_line(call))
        if forecast.step is Step.CORDON and not closed_with(plan, node):
            yield (Cell(f"{indent}made ineligible at the start, with the others", Tone.DIM),)


def _settings(plan: Plan) -> Iterator[Line]:
    usual = Policy()
    changed = [
        f"{name} {getattr(plan.policy, name):g} (usually {getattr(usual, name):g})"
        for name in Policy.__struct_fields__
        if getattr(plan.policy, name) != getattr(usual, name)
    ]
    if changed:
        yield (Cell("Waits that are not the default: ", Tone.WARN), Cell(", ".join(changed)))
