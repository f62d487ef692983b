"""Names and versions in an order people expect."""

import re
from functools import lru_cache

_DIGITS = re.compile(r"\d+")


@lru_cache(4096)
def natural(name: str) -> str:
    """A form in which c2 sorts before c10."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(10), name.casefold())


@lru_cache(256)
def release(version: str) -> tuple[int, ...]:
    """The numbers of a version, those of a pre-release left out."""
    return tuple(int(part) for part in _DIGITS.findall(re.split(r"[-+]", version, maxsplit=1)[0]))
