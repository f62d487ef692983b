"""How records are read off the wire: tolerant of null, absent and new fields."""

import re
from collections.abc import Sequence
from datetime import datetime
from sys import intern
from typing import Annotated, TypeVar

import msgspec

from nomad_console.clients.http import misread

T = TypeVar("T")

Name = Annotated[str, msgspec.Meta(min_length=1)]  # a record without it is none
Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]  # Go's int64
Index = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]  # of the raft log
Moment = Annotated[datetime, msgspec.Meta(tz=True)]  # RFC 3339 has a zone always

_WHOLE = {"id": "ID", "http": "HTTP", "mb": "MB", "tg": "TG"}
_DURATION = re.compile(r"([0-9]{1,18}(?:\.[0-9]*)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
NANO = 1_000_000_000
_LAST_YEAR = 9999


def go_name(field: str) -> str:
    """The field's name in Go: `job_id` is JobID."""
    return "".join(_WHOLE.get(part, part.title()) for part in field.split("_"))


def decoded(backend: str, endpoint: str, body: bytes, kind: type[T]) -> T:
    """The body as that type, or Misread naming the field that differs."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise misread(backend, endpoint, error, body) from None


def rows_of(backend: str, endpoint: str, body: bytes, kind: type[T]) -> Sequence[T]:
    """The rows of a list; null is an empty one."""
    return decoded(backend, endpoint, body, _list_of(kind)) or ()


def _list_of(kind: type[T]) -> type[list[T]]:
    return list[kind] | None  # type: ignore[valid-type,return-value]  # made at run time


def converted(backend: str, endpoint: str, value: object, kind: type[T]) -> T:
    """The same for what a library has parsed already."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise misread(backend, endpoint, error) from None


def shared(text: str | None) -> str:
    """One copy of strings that thousands of rows repeat."""
    return intern(text) if text else ""


def moment(at: datetime | None) -> datetime | None:
    """Go's zero time is no time, nor is one that is out of the calendar in another zone."""
    return at if at is not None and 1 < at.year < _LAST_YEAR else None


def seconds(nanoseconds: int | None) -> float:
    return nanoseconds / NANO if nanoseconds else 0.0


def duration(text: str) -> float:
    """Seconds of Go's `1m30s`; 0.0 where it is not one."""
    return sum(float(count) * _UNITS[unit] for count, unit in _DURATION.findall(text))
