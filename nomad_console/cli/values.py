"""Values of arguments, each checked where it is typed."""

import re
from argparse import ArgumentTypeError

_UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms]?)")
_PORTS = range(1, 65_536)


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f'"{text}" is not a number above 0')
    return value


def count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f'"{text}" is not a whole number above 0')
    return int(text)


def budget(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f'"{text}" is not a whole number from 0 up')
    return int(text)


def seconds(text: str) -> float:
    """`90`, `90s`, `1h30m`: as Nomad writes durations, plain numbers being seconds."""
    parts = _PART.findall(text)
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or total <= 0:
        raise ArgumentTypeError(f'"{text}" is not a duration such as 90s or 1h30m')
    return total


def ports(text: str) -> dict[str, int]:
    found = {}
    for part in text.split(","):
        name, _, port = part.partition("=")
        if not port.isdecimal() or int(port) not in _PORTS:
            raise ArgumentTypeError(f'"{part}" is not NAME=PORT')
        found[name] = int(port)
    return found


def ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", text):
        raise ArgumentTypeError(f'"{text}" is not http(s)://HOST[:PORT][/PATH]')
    return text
