"""A run under way as lines: where it stands, what proves it, what is changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from nomad_console.domain.plan import Step
from nomad_console.domain.text import duration
from nomad_console.operations.calls import by_hand
from nomad_console.operations.probe import ProbeState
from nomad_console.tui.rendering import probe
from nomad_console.tui.rendering.age import seconds_between
from nomad_console.tui.rendering.restoring import way_back, way_back_brief
from nomad_console.tui.rendering.text import NOTHING, Cell, Line, Tone
from nomad_console.tui.rendering.wrapping import size_of
from nomad_console.upgrade.commands import call
from nomad_console.upgrade.gates import GUARDS, OPTIONAL, Observation, Proof, ProofName, Truth
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.pace import run_waited_s, waited_s, worked_s
from nomad_console.upgrade.restore import DELAY, PATIENCE, SLOW_START
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


_WAITS_BACK = {
    DELAY: "an ip target returns only when its delay is over",
    PATIENCE: "what is not back by then is asked for again",
    SLOW_START: "slow start",
}


class Sight(NamedTuple):
    """A run as a screen sees it at one moment; `elapsed` is on the scale of the run's waits.

    `batch` is the batch work on the node at work, by name; `killed` what did not stop in time.
    """

    run: Run
    observation: Observation
    now: datetime
    elapsed: float
    output: Sequence[str] = ()
    probe: ProbeState = ProbeState()
    batch: Sequence[str] = ()
    killed: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The node at work."""
        return self.run.plan.node(self.run.upgrade.node).name


def title_line(sight: Sight, width: int) -> Line:
    """What does not fit is left out, the least needed first; nothing is cut in the middle."""
    parts = _title_parts(sight)
    while size_of(tuple(cell for _, cell in parts)) > width and len(parts) > 1:
        least = max(parts, key=lambda part: part[0])
        if not least[0]:
            break
        parts.remove(least)
    return tuple(cell for _, cell in parts)


def _title_parts(sight: Sight) -> list[tuple[int, Cell]]:
    """Each with how little it is needed; 0 always stays."""
    run, plan = sight.run, sight.run.plan
    node = plan.node(run.upgrade.node)
    waited = run_waited_s(run, run.ended_at or sight.now)
    margin = duration(sum(one.forecast.margin_s for one in plan.nodes))
    parts = [
        (0, Cell(f" UPGRADE {plan.run_id}", Tone.STRONG)),
        (3, Cell(f" · {node.version} → {plan.target_version}")),
        (1, Cell(f" · node {run.current + 1} of {len(plan.nodes)}")),
        (4, Cell(f" · {_at_work(sight, waited)}", Tone.DIM)),
        (5, Cell(f", forecast {duration(plan.seconds)}", Tone.DIM)),
        (7, Cell(f" (± {margin})", Tone.DIM)),
    ]
    if waited >= 1:
        parts.append((9, Cell(f" · waited {duration(waited)} for you", Tone.DIM)))
    if run.restoring is not None:
        parts.insert(1, (0, Cell(" · RESTORING", Tone.WARN)))
    if run.stopping:
        parts.insert(1, (0, Cell(" · STOPS AFTER THIS NODE", Tone.WARN)))
    if sight.probe.urls:
        parts += [
            (2, Cell(" · ", Tone.DIM)),
            (2, probe.counts(sight.probe)),
            (8, Cell(" · ", Tone.DIM)),
            (8, probe.latency(sight.probe)),
            (6, Cell(" ")),
            (6, probe.sparkline(sight.probe.recent)),
        ]
    return parts


def _at_work(sight: Sight, waited: float) -> str:
    """Without the time at gates, as the forecast is."""
    run = sight.run
    if run.started_at is None:
        return "not begun"
    gone = seconds_between(run.started_at, run.ended_at or sight.now)
    return f"{duration(gone - waited)} at work"


def chain_line(sight: Sight) -> Line:
    """The chain of the node at work on one line, for narrow terminals."""
    if sight.run.restoring is not None:
        return way_back_brief(sight.run)
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
        if upgrade.skipped:
            lines.append(
                (Cell(f"{NOTHING.text} ", Tone.DIM), Cell(f"{name:<12} skipped", Tone.WARN))
            )
        elif upgrade.ended_at is not None:
            took = duration(sum(record.worked_s for record in upgrade.records))
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
    lines: list[Line] = [*_foremost(sight)]
    for pending in upgrade.pending:
        tone = Tone.BAD if pending.trouble else Tone.BUSY
        said = pending.trouble or "asked, no answer yet"
        lines.append((Cell(f"… {call(pending.write)}: ", tone), Cell(said)))
    node = sight.run.plan.node(upgrade.node)
    if upgrade.step is Step.UPGRADE and not node.host_argv and not upgrade.holds(_P.VERSION):
        lines.append((Cell("▶ now, ", Tone.BUSY), Cell(by_hand(sight.run.plan, node), Tone.STRONG)))
    waits = upgrade.wait is not None and not upgrade.wait.over and sight.run.ended_at is None
    if upgrade.wait is not None and waits and upgrade.gate is None:
        left = max(0.0, upgrade.wait.due - sight.elapsed)
        why = _WAITS_BACK.get(upgrade.wait.why) or _WAITS.get(upgrade.wait.step, "")
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


def step_title(sight: Sight) -> Line:
    """The step at work, how long it takes, and how that compares with the forecast."""
    run, upgrade = sight.run, sight.run.upgrade
    if run.restoring is not None:
        word: str = "restored" if run.ended_at else f"restoring: {run.undo}"
    else:
        word = "done" if upgrade.ended_at else upgrade.step or "not touched yet"
    cells = [Cell(f" {sight.name} · {word}", Tone.STRONG)]
    if run.restoring is None and upgrade.step and upgrade.begun_at and not upgrade.ended_at:
        now = run.ended_at or sight.now
        cells += _pace(sight, upgrade.step, worked_s(upgrade, now), waited_s(upgrade, now))
    return tuple(cells)


def _pace(sight: Sight, step: Step, took: float, waited: float) -> Iterator[Cell]:
    """Faster is said only when the step has nothing left to do.

    The time at its gate, or held, stands apart: it is in no forecast.
    """
    forecast = sight.run.plan.node(sight.run.upgrade.node).forecast.of(step)
    yield Cell(f"   {duration(took)} of {duration(forecast)} foreseen", Tone.DIM)
    if took >= forecast + 1:
        yield Cell(f" · slower than forecast by {duration(took - forecast)}", Tone.WARN)
    elif sight.run.upgrade.gate is not None and took <= forecast - 1:
        yield Cell(f" · faster than forecast by {duration(forecast - took)}", Tone.DIM)
    if waited >= 1:
        yield Cell(f" · waited {duration(waited)}", Tone.DIM)


def _foremost(sight: Sight) -> Iterator[Line]:
    """What goes wrong, or goes back, stands above everything else."""
    failed = probe.first_failure(sight.probe)
    if failed:
        yield failed
    if sight.killed:
        names = ", ".join(sight.killed)
        yield (Cell("✗ killed, kill_timeout was too short: ", Tone.BAD), Cell(names))
    if sight.run.restoring is not None:
        yield from way_back(sight.run, sight.now)


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
    spent = {record.step: (record.worked_s, record.waited_s) for record in upgrade.records}
    if upgrade.step is not None and upgrade.begun_at is not None and upgrade.ended_at is None:
        now = sight.run.ended_at or sight.now
        spent[upgrade.step] = (worked_s(upgrade, now), waited_s(upgrade, now))
    for step in _steps(sight.run, upgrade):
        sign, tone = _sign(upgrade, step)
        worked, waited = spent.get(step, (None, 0.0))
        took = "" if worked is None else duration(worked)
        yours = f"+{duration(waited)}" if waited >= 1 else ""
        yield (Cell(f"   {sign} {step:<7}", tone), Cell(f"{took:>6}{yours:>7}", Tone.DIM))
    if any(waited >= 1 for _, waited in spent.values()):
        yield (Cell("     + waited for you", Tone.DIM),)


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
