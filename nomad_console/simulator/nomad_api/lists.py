"""Lists in the order of their page tokens, a page at a time."""

import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from nomad_console.simulator.nomad.state import Row, State
from nomad_console.simulator.nomad_api.query import Query

Place = tuple[int, str]  # (CreateIndex, ID)
Keeps = Callable[[Row], bool]
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """The rows of one page and the token of the next; an empty token: there is none."""

    rows: list[Row]
    next_token: str = ""


def page(
    rows: Iterable[tuple[T, Row]], query: Query, keeps: Keeps, token_of: Callable[[T], str]
) -> Page:
    """`rows` come with their places in the order, from the asked-for page's first row on.

    The token names the next page's first row that is kept (Nomad, nomad/state/paginator), so a
    place becomes one only there.
    """
    most = query.per_page or sys.maxsize
    chosen: list[Row] = []
    for place, row in rows:
        if keeps(row):
            if len(chosen) == most:
                return Page(chosen, token_of(place))
            chosen.append(row)
    return Page(chosen)


def by_name(rows: Sequence[tuple[str, Row]], query: Query, keeps: Keeps) -> Page:
    """Ordered by a token that is the row's own name; the store gives this order only forwards."""
    ordered = sorted(rows, key=lambda pair: pair[0])
    begin = bisect_left(ordered, query.next_token, key=lambda pair: pair[0])
    return page(ordered[begin:], query, keeps, str)


def token_of(place: Place) -> str:
    return f"{place[0]}.{place[1]}"


def place_of(token: str) -> Place | None:
    """None for a token Nomad never gave: it lists nothing then."""
    index, point, identity = token.partition(".")
    return (int(index), identity) if point and index.isdecimal() else None


def by_creation(places: Sequence[Place], table: dict[str, Row], query: Query, keeps: Keeps) -> Page:
    """Ordered by creation, `places` sorted; `reverse` turns it."""
    begin = 0
    step = -1 if query.reverse else 1
    if query.next_token:
        place = place_of(query.next_token)
        if place is None:
            return Page([])
        begin = bisect_left(places, place)
        if query.reverse and (begin == len(places) or places[begin] != place):
            begin -= 1
    elif query.reverse:
        begin = len(places) - 1
    end = -1 if query.reverse else len(places)
    found = (places[at] for at in range(begin, end, step))
    return page(((place, table[place[1]]) for place in found), query, keeps, token_of)


@dataclass
class CreationOrder:
    """One table's rows by (CreateIndex, ID), kept in step with its writes.

    Put in order only when somebody reads: between two readers there may be thousands of writes.
    """

    state: State
    table: dict[str, Row]
    kind: str  # the singular that names a row in what a write touches
    _places: list[Place] = field(default_factory=list)
    _known: dict[str, int] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._changed.update(self.table)
        self.state.watch(self._written)

    def _written(self, _index: int, touched: frozenset[str]) -> None:
        prefix = f"{self.kind}:"
        self._changed.update(name[len(prefix) :] for name in touched if name.startswith(prefix))

    def places(self) -> list[Place]:
        """Sorted; not to be changed."""
        if not self._changed:
            return self._places
        gone: set[str] = set()
        for key in self._changed:
            row = self.table.get(key)
            if row is None:
                if self._known.pop(key, None) is not None:
                    gone.add(key)
            elif key not in self._known:
                self._known[key] = row["CreateIndex"]
                self._places.append((row["CreateIndex"], key))
        self._changed.clear()
        if gone:
            self._places = [place for place in self._places if place[1] not in gone]
        self._places.sort()
        return self._places
