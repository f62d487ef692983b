"""Ages: how long something has been so, and how old what is shown is."""

from datetime import UTC, datetime

from nomad_console.domain.snapshot import Source, SourceState
from nomad_console.domain.text import duration
from nomad_console.tui.rendering.text import UNKNOWN, Cell, Tone

# Seconds after which a source that should speak more often turns yellow, then red. Nomad's stream
# beats every 30 s, Consul's blocking queries and the balancer's turns come sooner.
_YELLOW = {"nomad": 35.0, "consul": 75.0, "alb": 30.0}
_RED_AFTER = 4.0


def seconds_between(earlier: datetime, later: datetime) -> float:
    return max(0.0, (later - earlier).total_seconds())


def age(since: datetime | None, now: datetime) -> Cell:
    return UNKNOWN if since is None else Cell(duration(seconds_between(since, now)))


def at_least(since: datetime | None, now: datetime) -> Cell:
    """An age that began before anybody looked: `> 00:41`."""
    if since is None:
        return UNKNOWN
    return Cell(f"> {duration(seconds_between(since, now))}", Tone.DIM)


def from_ns(nanoseconds: int) -> datetime | None:
    """Nomad's times; 0 is "never"."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC) if nanoseconds > 0 else None


def epoch(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def source_age(source: Source, now: datetime) -> float | None:
    return None if source.true_at is None else seconds_between(source.true_at, now)


def freshness(source: Source, now: datetime) -> Tone:
    """GOOD, WARN or BAD by state and age; DIM where nothing is expected."""
    gone = source_age(source, now)
    limit = _YELLOW.get(source.name, _YELLOW["alb"])
    match source.state:
        case SourceState.OFF | SourceState.CONNECTING | SourceState.REFUSED:
            return Tone.BAD if source.word in {"unreachable", SourceState.REFUSED} else Tone.DIM
        case SourceState.STALE:
            return Tone.WARN if gone is not None and gone < limit else Tone.BAD
        case SourceState.LIVE if gone is not None and gone >= limit * _RED_AFTER:
            return Tone.BAD
        case SourceState.LIVE if gone is not None and gone >= limit:
            return Tone.WARN
    return Tone.GOOD


def badge(source: Source, now: datetime) -> Cell:
    """`● 6s`, `● STALE 02:41`, `✗ REFUSED`, `○ off`: the sign, the word and the age."""
    gone, tone = source_age(source, now), freshness(source, now)
    old = "" if gone is None else f" {duration(gone)}"
    match source.state:
        case SourceState.OFF:
            return Cell("○ off", tone)
        case SourceState.CONNECTING:
            return Cell("✗ UNREACHABLE" if source.reason else "◌ connecting", tone)
        case SourceState.REFUSED:
            return Cell(f"✗ REFUSED{old}", tone)
        case SourceState.STALE:
            return Cell(f"● STALE{old}", tone)
    return Cell(f"● STALE{old}" if tone is Tone.BAD else f"●{old}", tone)
