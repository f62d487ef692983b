"""A drain as lines: how far it is, and each allocation with what takes its place."""

from nomad_console.domain.text import duration
from nomad_console.tui.rendering.text import Cell, Line, Tone, fit
from nomad_console.upgrade.progress import Doing, Hop, Moving, Progress

_BAR = 24
_NAME = 14
_DOING = 46


def drain_lines(progress: Progress) -> list[Line]:
    """The bar, then what still moves before what is gone and what is kept."""
    order = {Doing.GONE: 1, Doing.KILLED: 1, Doing.KEPT: 2}
    rows = sorted(progress.moving, key=lambda one: order.get(one.doing, 0))
    return [bar(progress), *(moving_line(one) for one in rows)]


def bar(progress: Progress) -> Line:
    full = _BAR if not progress.total else _BAR * progress.gone // progress.total
    left = progress.deadline_left_s
    deadline = "" if left is None else f" · deadline in {duration(left)}"
    return (
        Cell("█" * full, Tone.GOOD),
        Cell("░" * (_BAR - full), Tone.DIM),
        Cell(f"  {progress.gone} of {progress.total} gone", Tone.STRONG),
        Cell(deadline, Tone.DIM),
    )


def moving_line(one: Moving) -> Line:
    return (
        Cell(fit(one.name, _NAME) + " ", Tone.STRONG),
        _doing(one),
        *(cell for hop in one.replacements for cell in (Cell(" → ", Tone.DIM), _hop(hop))),
        *((Cell(" ✗ no node has room for its replacement", Tone.BAD),) if one.blocked else ()),
    )


def _doing(one: Moving) -> Cell:
    match one.doing:
        case Doing.WAITING:
            text, tone = "waits for its turn", Tone.DIM
        case Doing.DELAY:
            text = f"shutdown_delay {_of(one)}, then up to {one.then_s:.0f} s"
            tone = Tone.BUSY
        case Doing.STOPPING:
            text, tone = f"got its signal {_of(one)} ago", Tone.BUSY
        case Doing.GONE:
            code = "" if one.exit_code is None else f", exit {one.exit_code}"
            text, tone = f"gone{code}", Tone.GOOD
        case Doing.KILLED:
            text = f"gone, KILLED after {one.for_s:.0f} s (kill_timeout too short)"
            tone = Tone.BAD
        case Doing.BATCH:
            text, tone = "batch: stays until it ends or the deadline", Tone.WARN
        case Doing.KEPT:
            text, tone = "system: keeps running", Tone.DIM
    return Cell(fit(text, _DOING), tone)


def _of(one: Moving) -> str:
    return f"{one.for_s:.0f} of {one.of_s:.0f} s"


def _hop(hop: Hop) -> Cell:
    if hop.healthy is False or hop.client in {"failed", "lost"}:
        return Cell(f"{hop.node} {hop.client}, UNHEALTHY", Tone.BAD)
    if hop.healthy:
        return Cell(f"{hop.node} healthy", Tone.GOOD)
    if hop.healthy_in_s is not None and hop.healthy_in_s > 0:
        return Cell(f"{hop.node} {hop.client}, healthy in {duration(hop.healthy_in_s)}", Tone.BUSY)
    return Cell(f"{hop.node} {hop.client}", Tone.BUSY)
