"""The probe of a run: what a visitor would have seen, in a few words and a sparkline."""

from collections.abc import Sequence

from nomad_console.operations.probe import Answer, ProbeState
from nomad_console.tui.rendering.text import Cell, Line, Tone

_BARS = "▁▂▃▄▅▆▇█"
_FAILED = "x"
SPARK = 12  # columns


def counts(state: ProbeState) -> Cell:
    """How many requests were answered well, how many not."""
    tone = Tone.BAD if state.failed else Tone.GOOD if state.sent else Tone.DIM
    return Cell(f"probe {state.sent - state.failed:,} ok, {state.failed:,} failed", tone)


def latency(state: ProbeState) -> Cell:
    """The slowest URL's median and 95th percentile."""
    known = [one for one in state.urls if one.p50_s is not None and one.p95_s is not None]
    if not known:
        return Cell("no answer yet", Tone.DIM)
    slowest = max(known, key=lambda one: one.p95_s or 0.0)
    return Cell(f"{_short(slowest.p50_s)}, p95 {_short(slowest.p95_s)}", Tone.DIM)


def sparkline(recent: Sequence[Answer], columns: int = SPARK) -> Cell:
    """The newest answers' latencies side by side, a failed one as a letter, not as a colour."""
    shown = recent[-columns:]
    slowest = max((one.seconds for one in shown), default=0.0)
    bars = "".join(_FAILED if one.failed else _bar(one.seconds, slowest) for one in shown)
    return Cell(bars, Tone.BAD if _FAILED in bars else Tone.DIM)


def first_failure(state: ProbeState) -> Line:
    """Of any URL; () where nothing failed."""
    first = state.first_failure
    if first is None:
        return ()
    return (
        Cell(f"✗ probe failed first at {first.at:%H:%M:%S}: ", Tone.BAD),
        Cell(f"{first.url}: {first.detail}"),
    )


def _bar(seconds: float, slowest: float) -> str:
    """The least of the bars is also that of a latency which is small by itself."""
    scale = max(slowest, 0.05)
    return _BARS[min(len(_BARS) - 1, int(seconds / scale * len(_BARS)))]


def _short(seconds: float | None) -> str:
    """`12ms`, `1.3s`."""
    seconds = seconds or 0.0
    return f"{seconds * 1000:.0f}ms" if seconds < 1 else f"{seconds:.1f}s"
