"""A run under way as lines: where it stands, what proves it, what is changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from nomad_console.domain.plan import Step
from nomad_console.domain.text import duration
from nomad_console.operations.calls import by_hand
from nomad_console.tui.rendering.age import seconds_between
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.tui.rendering.wrapping import size_of
from nomad_console.upgrade.commands import call
from nomad_console.upgrade.gates import GUARDS, OPTIONAL, Observation, Proof, ProofName, Truth
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.run import NodeUpgrade, Run, next_step

_P = ProofName
_SIGNS = {
    Truth.TRUE: Cell("✔", Tone.GOOD),
    Truth.FALSE: Cell("✗", Tone.WARN),
    Truth.UNKNOWN: Cell("?", Tone.BAD),
}
_WAITS = {
    Step.DETACH: "the balancer may send until then",
    Step.UPGRADE: "a second registration brings the slow fingerprints",
    Step.REJOIN: "system jobs are asked for again then",
    Step.ATTACH: "slow start",
    Step.BAKE: "watching",
}


class Sight(NamedTuple):
    """A run as a screen sees it at one moment; `elapsed` is on the scale of the run's waits."""

    run: Run
    observation: Observation
    now: datetime
    elapsed: float
    output: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The node at work."""
        return self.run.plan.node(self.run.upgrade.node).name


def title_line(sight: Sight, width: int) -> Line:
    """What does not fit is left out from the end, never cut in the middle."""
    run = sight.run
    plan = run.plan
    node = plan.node(run.upgrade.node)
    end = run.ended_at or sight.now
    gone = f"{_took(run.started_at, end)} gone" if run.started_at else "not begun"
    margin = duration(sum(one.forecast.margin_s for one in plan.nodes))
    cells = [
        Cell(f" UPGRADE {plan.run_id} ", Tone.STRONG),
        Cell(f"· {node.version} → {plan.target_version} "),
        Cell(f"· node {run.current + 1} of {len(plan.nodes)} "),
        Cell(f"· {gone}, forecast {duration(plan.seconds)}", Tone.DIM),
        Cell(f" (± {margin})", Tone.DIM),
        Cell(" without the time at gates", Tone.DIM),
    ]
    while size_of(tuple(cells)) > width and len(cells) > 1:
        cells.pop()
    return tuple(cells)


def chain_line(sight: Sight) -> Line:
    """The chain of the node at work on one line, for narrow terminals."""
    upgrade = sight.run.upgrade
    cells = [Cell(f" {sight.name} ", Tone.STRONG)]
    for step in _steps(sight.run, upgrade):
        sign, tone = _sign(upgrade, step)
        cells.append(Cell(f"{sign}{step} ", tone))
    return tuple(cells)


def plan_panel(sight: Sight) -> list[Line]:
    """Every node, and the steps of the one at work, with the time each took."""
    lines: list[Line] = []
    for upgrade in sight.run.upgrades:
        name = sight.run.plan.node(upgrade.node).name
        here = upgrade is sight.run.upgrade
        if upgrade.ended_at is not None:
            took = _took(upgrade.records[1].begun_at, upgrade.ended_at)
            lines.append((Cell("✔ ", Tone.GOOD), Cell(f"{name:<12} done "), Cell(took, Tone.DIM)))
        else:
            tone = Tone.STRONG if here else Tone.DIM
            lines.append((Cell("▶ " if here else "· ", tone), Cell(name, tone)))
        if here:
            lines += _step_lines(sight, upgrade)
    return lines


def step_panel(sight: Sight) -> list[Line]:
    """What the node at work is waiting for, and what is known of it."""
    upgrade = sight.run.upgrade
    lines: list[Line] = []
    for pending in upgrade.pending:
        tone = Tone.BAD if pending.trouble else Tone.BUSY
        said = pending.trouble or "asked, no answer yet"
        lines.append((Cell(f"… {call(pending.write)}: ", tone), Cell(said)))
    node = sight.run.plan.node(upgrade.node)
    if upgrade.step is Step.UPGRADE and not node.host_argv and not upgrade.holds(_P.VERSION):
        lines.append((Cell("▶ now, ", Tone.BUSY), Cell(by_hand(sight.run.plan, node), Tone.STRONG)))
    if upgrade.wait is not None and not upgrade.wait.over and upgrade.gate is None:
        left = max(0.0, upgrade.wait.due - sight.elapsed)
        why = _WAITS.get(upgrade.wait.step, "")
        lines.append((Cell(f"… {duration(left)} to wait: ", Tone.BUSY), Cell(why, Tone.DIM)))
    lines += [_proof_line(proof, sight.now) for proof in proofs_of(sight, upgrade)]
    following = sight.run.following
    if upgrade.step is Step.BAKE and following is not None:
        name = sight.run.plan.node(following.node).name
        lines.append((Cell(f"{name}, next:", Tone.STRONG),))
        lines += [_proof_line(proof, sight.now) for proof in proofs_of(sight, following)]
    if sight.output and upgrade.step is Step.UPGRADE:
        lines.append((Cell("host command:", Tone.DIM),))
        lines += [(Cell("  | ", Tone.DIM), Cell(line)) for line in sight.output[-8:]]
    return lines


def proofs_of(sight: Sight, upgrade: NodeUpgrade) -> tuple[Proof, ...]:
    """As the newest snapshot has them, what the run was told last where it says nothing.

    A guard is shown only where it found something.
    """
    proofs = tuple(standing.proof for standing in upgrade.proofs)
    for seen in sight.observation.nodes:
        if seen.node == upgrade.node:
            proofs = seen.proofs
    return tuple(one for one in proofs if one.name not in GUARDS or one.truth is Truth.FALSE)


def ledger_lines(run: Run) -> list[Line]:
    """What this run has changed and not put back."""
    lines: list[Line] = []
    for change in ledger(run):
        undo = change.inverse or "cannot be undone"
        sure = "" if change.sure else " (no answer yet)"
        lines.append(
            (
                Cell(f"{change.name} ", Tone.STRONG),
                Cell(f"{change.change}{sure}"),
                Cell(f"  → {undo}", Tone.DIM),
            )
        )
    return lines or [(Cell("nothing is changed", Tone.DIM),)]


def ledger_brief(run: Run) -> Line:
    """The same as one line, for terminals that have no room for a panel."""
    changes: dict[str, list[str]] = {}
    for change in ledger(run):
        sure = "" if change.sure else " (no answer yet)"
        changes.setdefault(change.name, []).append(change.change + sure)
    if not changes:
        return (Cell("changed: ", Tone.DIM), Cell("nothing", Tone.DIM))
    cells = [Cell("changed: ", Tone.DIM)]
    for name, said in changes.items():
        cells += [Cell(f"{name} ", Tone.STRONG), Cell(" · ".join(said)), Cell("  ")]
    return tuple(cells)


def _step_lines(sight: Sight, upgrade: NodeUpgrade) -> Iterator[Line]:
    spent = {
        record.step: _took(record.begun_at, record.ended_at)
        for record in upgrade.records
        if record.step is not None
    }
    if upgrade.step is not None and upgrade.begun_at is not None and upgrade.ended_at is None:
        spent[upgrade.step] = _took(upgrade.begun_at, sight.now)
    for step in _steps(sight.run, upgrade):
        sign, tone = _sign(upgrade, step)
        yield (Cell(f"   {sign} {step:<8}", tone), Cell(f"{spent.get(step, ''):>8}", Tone.DIM))


def _steps(run: Run, upgrade: NodeUpgrade) -> list[Step]:
    plan = run.plan.node(upgrade.node)
    steps = []
    step = next_step(plan, None)
    while step is not None:
        steps.append(step)
        step = next_step(plan, step)
    return steps


def _sign(upgrade: NodeUpgrade, step: Step) -> tuple[str, Tone]:
    if any(record.step is step for record in upgrade.records):
        return "✔", Tone.GOOD
    return ("▶", Tone.STRONG) if upgrade.step is step else ("·", Tone.DIM)


def _proof_line(proof: Proof, now: datetime) -> Line:
    sign = _SIGNS[proof.truth]
    if proof.name in OPTIONAL - GUARDS and proof.truth is not Truth.TRUE:
        sign = Cell("·", Tone.DIM)  # what it would shorten goes on without it
    old = duration(seconds_between(proof.read_at, now)) if proof.read_at else "never"
    return (
        sign,
        Cell(f" {proof.name}: ", sign.tone if proof.truth is Truth.UNKNOWN else Tone.PLAIN),
        Cell(proof.evidence, Tone.DIM if proof.holds else Tone.STRONG),
        Cell(
            f"   {proof.source}, read {old} ago" if proof.read_at else f"   {proof.source}",
            Tone.DIM,
        ),
    )


def _took(start: datetime, end: datetime) -> str:
    return duration(seconds_between(start, end))
