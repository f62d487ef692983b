"""A drain as lines: how far it is, and each allocation with what takes its place."""

from nomad_console.domain.text import duration
from nomad_console.tui.rendering.text import Cell, Line, Tone, columns_of, fit
from nomad_console.tui.rendering.wrapping import size_of, wrapped
from nomad_console.upgrade.progress import Doing, Hop, Moving, Progress

_BAR = 24
_NAME = 24  # at most so many columns for a name


def drain_lines(progress: Progress, width: int) -> list[Line]:
    """The bar, then what still moves before what is gone and what is kept.

    Replacements stand in a column of their own where there is room, else right behind.
    """
    order = {Doing.GONE: 1, Doing.KILLED: 1, Doing.KEPT: 2}
    rows = sorted(progress.moving, key=lambda one: order.get(one.doing, 0))
    name = min(_NAME, max((columns_of(one.name) for one in rows), default=0))
    doing = max((columns_of(_doing(one).text) for one in rows), default=0)
    longest = max((size_of(_behind(one)) for one in rows), default=0)
    lines = [bar(progress)]
    for one in rows:
        what = _doing(one)
        if name + 1 + doing + longest <= width and _behind(one):
            what = what._replace(text=fit(what.text, doing))
        line = (Cell(f"{fit(one.name, name)} ", Tone.STRONG), what, *_behind(one))
        lines += wrapped(line, width, name + 1)
    return lines


def killed(progress: Progress) -> tuple[str, ...]:
    """Who did not stop in the time its kill_timeout gave it."""
    forced = (one for one in progress.moving if one.doing is Doing.KILLED)
    return tuple(f"{one.name} after {one.for_s:.0f} s" for one in forced)


def bar(progress: Progress) -> Line:
    full = _BAR if not progress.total else _BAR * progress.gone // progress.total
    gone = f"{progress.gone} of {progress.total} gone"
    gone = gone if progress.total else "nothing here has to move"
    left = progress.deadline_left_s
    deadline = "" if left is None else f" · deadline in {duration(left)}"
    lost = f" · {progress.lost.upper()}: nothing here can be stopped"
    killed = sum(one.doing is Doing.KILLED for one in progress.moving)
    return (
        Cell("█" * full, Tone.GOOD),
        Cell("░" * (_BAR - full), Tone.DIM),
        Cell(f"  {gone}", Tone.STRONG),
        Cell(lost, Tone.BAD) if progress.lost else Cell(deadline, Tone.DIM),
        *((Cell(f" · {killed} KILLED", Tone.BAD),) if killed else ()),
    )


def _behind(one: Moving) -> Line:
    return (
        *(cell for hop in one.replacements for cell in (Cell("  → ", Tone.DIM), _hop(hop))),
        *((Cell("  ✗ no node has room for its replacement", Tone.BAD),) if one.blocked else ()),
    )


def _doing(one: Moving) -> Cell:
    match one.doing:
        case Doing.WAITING:
            text, tone = "waits for its turn", Tone.DIM
        case Doing.DELAY:
            text = f"shutdown_delay {one.for_s:.0f} of {one.of_s:.0f} s"
            text += f", then up to {one.then_s:.0f} s"
            tone = Tone.BUSY
        case Doing.STOPPING:
            text = f"got its signal {one.for_s:.0f} s ago, killed at {one.of_s:.0f} s"
            tone = Tone.BUSY
        case Doing.GONE:
            code = "" if one.exit_code is None else f", exit {one.exit_code}"
            text, tone = f"gone{code}", Tone.GOOD
        case Doing.KILLED:
            text = f"gone, KILLED after {one.for_s:.0f} s (kill_timeout too short)"
            tone = Tone.BAD
        case Doing.BATCH:
            text, tone = "batch: stays until it ends or the deadline   s stops it now", Tone.WARN
        case Doing.LOST:
            text, tone = "out of reach; its tasks may still run", Tone.BAD
        case Doing.KEPT:
            text, tone = "system: keeps running", Tone.DIM
    return Cell(text, tone)


def _hop(hop: Hop) -> Cell:
    if hop.healthy is False or hop.client in {"failed", "lost"}:
        return Cell(f"{hop.node} {hop.client}, UNHEALTHY", Tone.BAD)
    if hop.healthy:
        return Cell(f"{hop.node} healthy", Tone.GOOD)
    if hop.healthy_in_s is not None and hop.healthy_in_s > 0:
        return Cell(f"{hop.node} {hop.client}, healthy in {duration(hop.healthy_in_s)}", Tone.BUSY)
    return Cell(f"{hop.node} {hop.client}", Tone.BUSY)
