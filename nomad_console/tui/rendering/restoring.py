"""The way back as lines: its steps, what it waits for, and what it cannot put back."""

from collections.abc import Iterator
from datetime import datetime

from nomad_console.domain.plan import Step
from nomad_console.domain.text import duration
from nomad_console.tui.rendering.age import seconds_between
from nomad_console.tui.rendering.text import Cell, Line, Tone
from nomad_console.upgrade.gates import Undo
from nomad_console.upgrade.ledger import ledger
from nomad_console.upgrade.restore import back_at
from nomad_console.upgrade.run import NodeUpgrade, Run

_WORDS = {
    Undo.DRAIN: "end our drain; what is marked finishes",
    Undo.REJOIN: "eligible as found; its system jobs are back and healthy",
    Undo.ATTACH: "register its targets again; each is healthy",
    Undo.CORDONS: "make the nodes that were not begun eligible again",
}
_SHORT = {Undo.DRAIN: "undrain", Undo.REJOIN: "rejoin", Undo.ATTACH: "attach", Undo.CORDONS: "rest"}


def way_back(run: Run, now: datetime) -> list[Line]:
    """What a restore does and waits for, in its order, and what it leaves as it is."""
    lines: list[Line] = []
    for undo in Undo:
        sign, tone = _sign(run, undo)
        lines.append((Cell(f"{sign} ", tone), Cell(_WORDS[undo], tone)))
        if undo is Undo.ATTACH:
            lines += _returns(run, now)
    return [*lines, *for_good(run)]


def way_back_brief(run: Run) -> Line:
    """The same on one line, for narrow terminals."""
    cells = [Cell(f" {run.plan.node(run.upgrade.node).name} RESTORE ", Tone.STRONG)]
    for undo in Undo:
        sign, tone = _sign(run, undo)
        cells.append(Cell(f"{sign}{_SHORT[undo]} ", tone))
    return tuple(cells)


def for_good(run: Run) -> list[Line]:
    """What no restore puts back."""
    lasting = [f"{one.name}: {one.change}" for one in ledger(run) if not one.inverse]
    if not lasting:
        return []
    return [(Cell("stays as it is: ", Tone.WARN), Cell(" · ".join(lasting)))]


def _sign(run: Run, undo: Undo) -> tuple[str, Tone]:
    order = list(Undo)
    now = run.undo
    if run.ended_at is not None or (now is not None and order.index(undo) < order.index(now)):
        return "✔", Tone.GOOD
    if undo is now:
        return "▶", Tone.STRONG
    return "·", Tone.DIM


def _returns(run: Run, now: datetime) -> Iterator[Line]:
    """Addresses that the balancer takes back only when their delay is over."""
    for upgrade in run.upgrades:
        due = back_at(run, upgrade)
        if due is None or due <= now or not _untouched(upgrade):
            continue
        name = run.plan.node(upgrade.node).name
        left = duration(seconds_between(now, due))
        yield (
            Cell(f"  {name}: back at {due:%H:%M:%S}", Tone.WARN),
            Cell(f", in {left}: an ip target returns only when its delay is over", Tone.DIM),
        )


def _untouched(upgrade: NodeUpgrade) -> bool:
    return upgrade.ended_at is None and upgrade.step is not Step.BAKE
