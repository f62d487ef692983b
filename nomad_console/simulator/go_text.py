"""Text as Go's standard library reads and writes it: what Nomad and Consul take and answer."""

import re
from datetime import UTC, datetime

TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})  # strconv.ParseBool
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s)")


def parse_duration(text: str) -> float | None:
    """Seconds of a duration such as `1m30s` (time.ParseDuration); None where it is none."""
    if text == "0":
        return 0.0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def duration(nanoseconds: int) -> str:
    """As Go prints one (Duration.String): 5s, 1m30s, 1h0m0s, 500ms."""
    seconds = nanoseconds / 1e9
    if seconds and seconds < 1:
        return f"{seconds * 1000:g}ms"
    text = ""
    for unit in ("h", "m"):
        if seconds >= _UNITS[unit] or text:
            text += f"{int(seconds // _UNITS[unit])}{unit}"
            seconds %= _UNITS[unit]
    return f"{text}{seconds:g}s"


def rfc3339(moment: datetime) -> str:
    """As Go prints a time in JSON (RFC3339Nano): no trailing zeros, `Z`."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"{text.rstrip('0').rstrip('.')}Z"
