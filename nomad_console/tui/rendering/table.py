"""What a table is made of: its columns, and its records kept in step with the snapshot."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.tui.rendering.columns import Column

R = TypeVar("R")
Key = Any  # hashable: an id, or a TargetKey
NEVER = math.inf


@dataclass(frozen=True)
class Table(Generic[R]):
    """One kind of row.

    `build` makes the record of a key, None where it is gone; `touched` names the keys whose record
    may differ between two snapshots, None for all. `words` is what a filter searches: what its
    columns show, without ids: part of one matches by chance. `over`: when a row has become history,
    in seconds since 1970, NEVER where it has not; such rows are hidden unless asked for.
    """

    kind: str
    title: str
    columns: tuple[Column[R], ...]
    keys: Callable[[ClusterSnapshot], Iterable[Key]]
    build: Callable[[ClusterSnapshot, Any], R | None]
    touched: Callable[[ClusterSnapshot, ClusterSnapshot, Changes], set[Key] | None]
    words: Callable[[R], str]
    sort: str
    over: Callable[[R], float] | None = None


class Records(Generic[R]):
    """The records of one table; only those whose inputs changed are built again.

    `blank` are the spare columns that nothing was ever seen in, and nothing is unknown of.
    """

    def __init__(self, table: Table[R]) -> None:
        self.table = table
        self.rows: dict[Key, R] = {}
        self.revision = 0
        self.blank: frozenset[str] = frozenset()
        self._spare = [column for column in table.columns if column.spare]
        self._seen = ClusterSnapshot()

    def follow(self, snapshot: ClusterSnapshot, changes: Changes) -> set[Key] | None:
        """Take the snapshot over; the keys that differ, None where all may."""
        touched = None if changes.everything else self.table.touched(self._seen, snapshot, changes)
        self._seen = snapshot
        build = self.table.build
        if touched is None:
            built = ((key, build(snapshot, key)) for key in self.table.keys(snapshot))
            self.rows = {key: row for key, row in built if row is not None}
            self.revision += 1
            self._look_for_blanks(self.rows.values())
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
        self.revision += bool(differing)
        if differing:
            self._look_for_blanks([self.rows[key] for key in differing if key in self.rows])
        return differing

    def _look_for_blanks(self, differing: Iterable[R]) -> None:
        """A column that comes stays; one of which something is unknown does not leave yet."""
        for column in list(self._spare):
            value, was = column.value, column.key in self.blank
            values = (value(row) for row in (differing if was else self.rows.values()))
            found = next((one for one in values if one or (one is None and not was)), "")
            if found:
                self._spare.remove(column)
                self.blank -= {column.key}
            elif found is not None and self.rows:
                self.blank |= {column.key}
