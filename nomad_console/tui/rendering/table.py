"""What a table shows: its columns, its records kept in step with the snapshot, and its view."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.tui.rendering.columns import Column
from nomad_console.tui.rendering.filters import Filter

R = TypeVar("R")
Key = Any  # hashable: an id, or a TargetKey


@dataclass(frozen=True)
class Table(Generic[R]):
    """One kind of row.

    `build` makes the record of a key, None where it is gone; `touched` names the keys whose record
    may differ between two snapshots, None for all. `words` is what a filter searches.
    """

    kind: str
    title: str
    columns: tuple[Column[R], ...]
    keys: Callable[[ClusterSnapshot], Iterable[Key]]
    build: Callable[[ClusterSnapshot, Any], R | None]
    touched: Callable[[ClusterSnapshot, ClusterSnapshot, Changes], set[Key] | None]
    words: Callable[[R], str]
    sort: str


class Records(Generic[R]):
    """The records of one table; only those whose inputs changed are built again."""

    def __init__(self, table: Table[R]) -> None:
        self.table = table
        self.rows: dict[Key, R] = {}
        self._seen = ClusterSnapshot()

    def follow(self, snapshot: ClusterSnapshot, changes: Changes) -> set[Key] | None:
        """Take the snapshot over; the keys that differ, None where all may."""
        touched = None if changes.everything else self.table.touched(self._seen, snapshot, changes)
        self._seen = snapshot
        build = self.table.build
        if touched is None:
            built = ((key, build(snapshot, key)) for key in self.table.keys(snapshot))
            self.rows = {key: row for key, row in built if row is not None}
            return None
        differing = set()
        for key in touched:
            row = build(snapshot, key)
            if row == self.rows.get(key):
                continue
            differing.add(key)
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        return differing


class View(Generic[R]):
    """Keys in the order shown: scoped, filtered, sorted. New ones find their place at once."""

    def __init__(self, table: Table[R], rows: Mapping[Key, R]) -> None:
        self.table = table
        self.rows = rows
        self.keys: list[Key] = []
        self.scope: Collection[Key] | None = None
        self.filter: Filter[R] = Filter()
        self.column = next(one for one in table.columns if one.key == table.sort)
        self.descending = False
        self._shown: set[Key] = set()
        self._words: dict[Key, str] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._shown

    @property
    def scoped(self) -> int:
        """Rows before the filter."""
        return len(self.rows) if self.scope is None else len(self._within())

    def arrange(self, now: float) -> None:
        """Everything anew; 50,000 rows in well under 50 ms."""
        kept: Sequence[Key] = self._within()
        if self.filter.tests:
            kept = [key for key in kept if self._keeps(key, now)]
        self._shown = set(kept)
        self.keys = self._sorted(kept)

    def change(self, keys: set[Key], now: float) -> bool:
        """Let these keys come or go; the others stay where they are. Whether any row moved."""
        for key in keys:
            self._words.pop(key, None)
        within = self.scope
        gone, new = set(), []
        for key in keys:
            keep = key in self.rows and (within is None or key in within) and self._keeps(key, now)
            if keep and key not in self._shown:
                new.append(key)
            elif not keep and key in self._shown:
                gone.add(key)
        if gone:
            self.keys = [key for key in self.keys if key not in gone]
            self._shown -= gone
        for key in new:
            self.keys.insert(self._position(key), key)
            self._shown.add(key)
        return bool(gone or new)

    def forget_words(self) -> None:
        self._words.clear()

    def _within(self) -> list[Key]:
        if self.scope is None:
            return list(self.rows)
        return [key for key in self.scope if key in self.rows]

    def _keeps(self, key: Key, now: float) -> bool:
        if not self.filter.tests:
            return True
        row = self.rows[key]
        words = self._words.get(key)
        if words is None:
            words = self._words[key] = self.table.words(row).casefold()
        return self.filter.keeps(row, words, now)

    def _sorted(self, keys: Sequence[Key]) -> list[Key]:
        of, rows = self._order, self.rows
        if self.scope is not None:
            keys = sorted(keys, key=str)
        pairs = [(key, of(rows[key])) for key in keys]
        known = [pair for pair in pairs if pair[1] is not None]
        known.sort(key=_second, reverse=self._reverse)
        return [key for key, _ in known] + [key for key, order in pairs if order is None]

    def _position(self, key: Key) -> int:
        order, of, rows = self._order(self.rows[key]), self._order, self.rows
        if order is None:
            return len(self.keys)
        low, high = 0, len(self.keys)
        while low < high:
            middle = (low + high) // 2
            held = of(rows[self.keys[middle]])
            if held is None or (held < order if self._reverse else held > order):
                high = middle
            else:
                low = middle + 1
        return low

    @property
    def _order(self) -> Callable[[R], Any]:
        return self.column.order or self.column.value

    @property
    def _reverse(self) -> bool:
        """Moments sort by age: the youngest first is the greatest moment first."""
        return self.descending != self.column.moment


def _second(pair: tuple[Key, Any]) -> Any:
    return pair[1]
