"""The plan of a run as lines: findings first, then what is done, how long, with which calls."""

from collections.abc import Iterator

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import NodePlan, Plan, SystemJobs
from nomad_console.domain.policy import Policy
from nomad_console.domain.text import duration
from nomad_console.operations.calls import chain
from nomad_console.tui.rendering.text import Cell, Line, Tone

_TONES = {Level.BLOCK: Tone.BAD, Level.ACK: Tone.WARN, Level.WARN: Tone.WARN}
_SYSTEM = {
    SystemJobs.KEEP: "system jobs keep running: the agent restarts in place",
    SystemJobs.STOP: "system jobs are stopped too: for a reboot or a replacement",
}


def plan_lines(plan: Plan) -> list[Line]:
    """Everything an operator must have read before the first gate."""
    return [*_head(plan), *_findings(plan), *_foretold(plan), *_nodes(plan), *_settings(plan)]


def verdict(plan: Plan) -> Line:
    """What can be done with this plan now, in one line."""
    blocks = [one for one in plan.findings if one.level is Level.BLOCK]
    if blocks:
        return (Cell(f"✗ BLOCKED by {len(blocks)}: nothing can be begun", Tone.BAD),)
    asks = sum(1 for one in plan.findings if one.level is Level.ACK)
    if asks:
        return (Cell(f"! {asks} to accept: beginning asks for a node's name", Tone.WARN),)
    return (Cell("✔ nothing stands against it", Tone.GOOD),)


def _head(plan: Plan) -> Iterator[Line]:
    names = ", ".join(node.name for node in plan.nodes)
    yield (
        Cell(f"Upgrade {names} to ", Tone.STRONG),
        Cell(plan.target_version or "?", Tone.STRONG),
        Cell(f"   run {plan.run_id}", Tone.DIM),
    )
    yield (
        Cell(f"forecast {duration(plan.seconds)}, without the time at gates · "),
        Cell(f"drain deadline {duration(plan.deadline_s)} · {_SYSTEM[plan.system]}"),
    )
    yield ()


def _findings(plan: Plan) -> Iterator[Line]:
    order = list(Level)
    for finding in sorted(plan.findings, key=lambda one: (order.index(one.level), one.id)):
        yield from _finding(finding)
    if plan.findings:
        yield ()


def _finding(finding: Finding) -> Iterator[Line]:
    tone = _TONES[finding.level]
    yield (
        Cell(f"{finding.level:<6}", tone),
        Cell(f"{finding.subject}: ", Tone.STRONG),
        Cell(finding.evidence),
    )
    yield (Cell("      → ", Tone.DIM), Cell(finding.cure), Cell(f"   {finding.id}", Tone.DIM))


def _foretold(plan: Plan) -> Iterator[Line]:
    failing = [(node.name, one) for node in plan.nodes for one in node.forecast.failing]
    if not failing:
        yield (Cell("✔ no request should fail", Tone.GOOD),)
    else:
        yield (Cell("Requests that will fail although all goes to plan", Tone.WARN),)
    for name, one in failing:
        yield (Cell(f"  {name}  {one.subject}: ", Tone.STRONG), Cell(one.why))
    yield ()


def _nodes(plan: Plan) -> Iterator[Line]:
    for number, node in enumerate(plan.nodes, 1):
        kept = len(node.system)
        yield (
            Cell(f"{number} {node.name}  ", Tone.STRONG),
            Cell(f"{node.version} → {plan.target_version}  "),
            Cell(
                f"{len(node.allocations)} allocations, {kept} of system jobs · "
                f"{len(node.targets)} targets · {duration(node.forecast.seconds)} "
                f"(± {duration(node.forecast.margin_s)})",
                Tone.DIM,
            ),
        )
        yield from _steps(plan, node)
        yield ()


def _steps(plan: Plan, node: NodePlan) -> Iterator[Line]:
    calls = chain(plan, node)
    for forecast in node.forecast.steps:
        yield (
            Cell(f"    {forecast.step:<8}", Tone.BUSY),
            Cell(f"{duration(forecast.seconds):>6}  "),
            Cell(forecast.why, Tone.DIM),
        )
        for step, line in calls:
            if step is forecast.step:
                yield (Cell("              $ ", Tone.DIM), Cell(line))


def _settings(plan: Plan) -> Iterator[Line]:
    usual = Policy()
    changed = [
        f"{name} {getattr(plan.policy, name):g} (usually {getattr(usual, name):g})"
        for name in Policy.__struct_fields__
        if getattr(plan.policy, name) != getattr(usual, name)
    ]
    if changed:
        yield (Cell("Waits that are not the default: ", Tone.WARN), Cell(", ".join(changed)))
