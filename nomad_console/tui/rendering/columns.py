"""Columns: how a record is shown, sorted and filtered, and which columns fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar, Unpack

from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.tui.rendering.text import NOTHING, Cell, Tone

R = TypeVar("R")
Value = str | float | None
GAP = 2


class At(NamedTuple):
    """What a cell may look at besides its record: the cluster, the time, the machines chosen."""

    snapshot: ClusterSnapshot
    now: datetime
    here: frozenset[str] = frozenset()  # Consul names of the nodes a pane is narrowed to


@dataclass(frozen=True)
class Column(Generic[R]):
    """`value` is what filters compare and sorting follows (None comes last), unless `order` does.

    Where the value is a `moment` (seconds since 1970) the cell shows its age. Columns with a low
    `keep` leave first where there is no room; a `spare` one stays away while no row has a value.
    """

    key: str
    title: str
    cell: Callable[[R, At], Cell]
    value: Callable[[R], Value]
    order: Callable[[R], Any] | None = None
    low: int = 3
    high: int = 24
    keep: int = 5
    right: bool = False
    moment: bool = False
    spare: bool = False


class Layout(TypedDict, Generic[R], total=False):
    """What a column may say of its order and its room."""

    order: Callable[[R], Any]
    low: int
    high: int
    keep: int
    spare: bool


def words(
    key: str,
    title: str,
    of: Callable[[R], str],
    tone: Tone = Tone.PLAIN,
    **layout: Unpack[Layout[R]],
) -> Column[R]:
    """A column that shows its value as it stands."""

    def cell(row: R, _: At) -> Cell:
        text = of(row)
        return Cell(text, tone) if text else NOTHING

    return Column(key, title, cell, of, **layout)


class Place(NamedTuple):
    """Where a column stands: its number in the table, its left edge and its width."""

    number: int
    x: int
    width: int


def placed(columns: Sequence[Column[Any]], wants: Sequence[int], room: int) -> tuple[Place, ...]:
    """The columns that fit, in order. The most needed take their room first, cut where they must
    be but never under their `low`; the first of them always stays.
    """
    widths: dict[int, int] = {}
    for number in sorted(range(len(columns)), key=lambda number: (-columns[number].keep, number)):
        one = columns[number]
        least = max(one.low, len(one.title))
        wanted = max(least, min(wants[number], one.high))
        left = room - sum(widths.values()) - GAP * len(widths)
        if left >= least or not widths:
            widths[number] = max(least, min(wanted, left))
    places, x = [], 0
    for number in sorted(widths):
        places.append(Place(number, x, widths[number]))
        x += widths[number] + GAP
    return tuple(places)


def column(columns: Sequence[Column[R]], key: str) -> Column[R] | None:
    """By key, by title, or by the beginning of either where only one begins so."""
    wanted = key.casefold()
    for one in columns:
        if wanted in {one.key, one.title.casefold()}:
            return one
    begin = [one for one in columns if one.key.startswith(wanted)]
    return begin[0] if len(begin) == 1 else None
