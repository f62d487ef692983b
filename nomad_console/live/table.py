"""A map that gives out frozen copies of itself and the keys that differ from the last one."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Table(Generic[K, V]):
    """`rows` is for reading; only `put` and `drop` write. `frozen` is never changed again."""

    __slots__ = ("_touched", "frozen", "rows")

    def __init__(self) -> None:
        self.rows: dict[K, V] = {}
        self.frozen: Mapping[K, V] = {}
        self._touched: set[K] = set()

    def get(self, key: K) -> V | None:
        return self.rows.get(key)

    def put(self, key: K, value: V) -> bool:
        """Say whether this is another value than before."""
        old = self.rows.get(key)
        if old is value or old == value:
            return False
        self.rows[key] = value
        self._touched.add(key)
        return True

    def drop(self, key: K) -> V | None:
        old = self.rows.pop(key, None)
        if old is not None:
            self._touched.add(key)
        return old

    def replace(self, rows: Mapping[K, V]) -> set[K]:
        """Hold exactly these rows; answer the keys that changed."""
        gone = {key for key in self.rows if key not in rows}
        for key in gone:
            self.drop(key)
        return gone | {key for key, value in rows.items() if self.put(key, value)}

    def freeze(self) -> frozenset[K]:
        """Renew `frozen` if anything differs from it, and answer the keys that do."""
        if not self._touched:
            return frozenset()
        changed = frozenset(self._differing(self._touched))
        self._touched.clear()
        if changed:
            self.frozen = self.rows.copy()
        return changed

    def _differing(self, keys: Iterable[K]) -> Iterable[K]:
        rows, frozen = self.rows, self.frozen
        for key in keys:
            new, old = rows.get(key), frozen.get(key)
            if new is not old and new != old:
                yield key
