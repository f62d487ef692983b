"""What a backend turned out to be when it was asked: its version, and what it does not do."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec


class Lack(StrEnum):
    """What the console would use, in words; each has something in its place, or a finding."""

    EVENT_STREAM = "event stream"
    FILTERS = "filters of lists"
    PAGES = "pages of lists"
    WILDCARD = "lists of all namespaces at once"
    NAMESPACES = "namespaces"
    CLAIMS = "resources in the list of allocations"
    POOLS = "node pools"
    ELIGIBILITY = "eligibility of nodes"
    LAST_DRAIN = "the newest drain of a node"
    VERDICTS = "health verdicts of allocations"
    OVERVIEW = "overview of services"


class Backend(msgspec.Struct, frozen=True):
    """`version` "": it does not say. `pending`: it was not heard yet."""

    version: str = ""
    lacks: frozenset[Lack] = frozenset()
    pending: bool = False


_TRIED: Mapping[str, tuple[tuple[str, ...], str]] = {  # versions or their beginnings, in words
    "nomad": (("2.0.4", "2.0.5"), "2.0.4 and 2.0.5 were"),
    "consul": (("1.8.",), "1.8.7 was"),
}
_SAID: Mapping[str, str] = {"nomad": "Nomad", "consul": "Consul"}


def tried(name: str, version: str) -> bool:
    """Whether this console was tried with it; a version that is not known is not doubted."""
    known = _TRIED.get(name, ((), ""))[0]
    return not version or any(
        version.startswith(one) if one.endswith(".") else version == one for one in known
    )


def tried_words(name: str) -> str:
    """Which versions were, as the end of a sentence."""
    return _TRIED.get(name, ((), "none was"))[1]


def peculiar(name: str, backend: Backend) -> str:
    """What to know of it, in one sentence; "" of a version that was tried and lacks nothing."""
    said = []
    if not tried(name, backend.version):
        said.append(f"not tried with this console ({tried_words(name)})")
    if backend.lacks:
        said.append(f"missing here: {listed(backend.lacks)}")
    called = _SAID.get(name, name.upper())
    version = f" {backend.version}" if backend.version else ""
    return f"{called}{version}: {'; '.join(said)}" if said else ""


def listed(lacks: Iterable[Lack]) -> str:
    """In the order in which they are named above."""
    found = frozenset(lacks)
    return ", ".join(one for one in Lack if one in found)
