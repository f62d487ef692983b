"""The order in which a table's rows are shown, and which of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from nomad_console.tui.rendering.columns import Column
from nomad_console.tui.rendering.filters import Filter, Searched
from nomad_console.tui.rendering.table import NEVER, Key, Table

R = TypeVar("R")
V = TypeVar("V")
_UNKNOWN = object()


class Kept(dict[Key, V], Generic[V]):
    """A value per row, worked out when it is first asked for."""

    def __init__(self, of: Callable[[Key], V]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, key: Key) -> V:
        value = self[key] = self._of(key)
        return value


class View(Generic[R]):
    """Keys in the order shown: scoped, filtered, sorted. New ones find their place at once.

    What was worked out of a row (its place, its words, its end) is kept until `change` names it.
    """

    def __init__(self, table: Table[R], rows: Mapping[Key, R]) -> None:
        self.table = table
        self.rows = rows
        self.keys: list[Key] = []
        self.scope: Collection[Key] | None = None
        self.filter: Filter[R] = Filter()
        self.column = self._own = next(one for one in table.columns if one.key == table.sort)
        self.descending = False
        self.unsorted = False  # a row that is shown would now stand elsewhere
        self.whole = False  # history too
        self.over: set[Key] = set()  # what is hidden for being history, of what the filter keeps
        self.next_over = NEVER  # when a row that is shown will have become history
        self._shown: set[Key] = set()
        self._words = Kept(lambda key: self.table.words(self.rows[key]).casefold())
        self._ends: dict[Key, float] | None = None  # of rows that become history
        self._owns = self._kept_of(self._own)
        self._values, self._valued = self._owns, self._own
        self._base: list[Key] = []  # every row in the table's own order, as of when it was asked
        self._ranked: list[Key] | None = None  # every row in the order shown, while that holds
        self._ranked_by: tuple[Column[R], bool] = (self._own, False)

    def hold(self, rows: Mapping[Key, R]) -> None:
        """Show these; where they are others, nothing is remembered of those before."""
        if rows is not self.rows:
            self.rows, self._ranked, self._ends = rows, None, None
            for kept in (self._words, self._owns, self._values):
                kept.clear()

    def __contains__(self, key: object) -> bool:
        return key in self._shown

    @property
    def scoped(self) -> int:
        """Rows before the filter."""
        if self.scope is None:
            return len(self.rows)
        return sum(key in self.rows for key in self.scope)

    @property
    def filtered(self) -> int:
        """Rows that the filter hides."""
        return self.scoped - len(self.keys) - len(self.over)

    def arrange(self, now: float) -> None:
        """Everything anew, of what is kept; 50,000 rows in well under 50 ms."""
        self.unsorted = False
        if self._valued is not self.column:
            own = self.column is self._own
            self._values = self._owns if own else self._kept_of(self.column)
            self._valued = self.column
        ranked, ends = self._rank(), self._endings()
        over = {key for key, end in ends.items() if end <= now}
        self.over = set(self._kept([key for key in over if self._within(key)], now))
        living = [key for key in ranked if key not in over] if over else ranked
        self.keys = list(self._kept(living, now))
        self._shown = shown = set(self.keys)
        later = (end for key, end in ends.items() if end > now and key in shown)
        self.next_over = min(later, default=NEVER)

    def change(self, keys: Iterable[Key], now: float) -> bool:
        """Let these keys come or go; the others stay where they are. Whether any row moved."""
        gone, new = set(), []
        for key in keys:
            shown, moved = key in self._shown, self._forget(key)
            self.over.discard(key)
            if not self._belongs(key, now):
                if shown:
                    gone.add(key)
            elif not shown:
                new.append(key)
            else:
                self.unsorted |= moved
        if gone:
            self.keys = [key for key in self.keys if key not in gone]
            self._shown -= gone
        for key in new:
            self.keys.insert(self._position(key), key)
            self._shown.add(key)
        return bool(gone or new)

    def _forget(self, key: Key) -> bool:
        """What was known of a row that changed; whether its place is another now."""
        self._words.pop(key, None)
        if self._ends is not None:
            self._ends.pop(key, None)
            if key in self.rows:
                self._ends.update(self._end_of(key))
        places = [self._owns] if self._values is self._owns else [self._owns, self._values]
        old = [kept.pop(key, _UNKNOWN) for kept in places]
        moved = key in self.rows and old != [kept[key] for kept in places]
        if moved or key not in self.rows:
            self._ranked = None
        return moved

    def _belongs(self, key: Key, now: float) -> bool:
        if not (self._within(key) and self._kept([key], now)):
            return False
        end = self._endings().get(key, NEVER)
        if end > now:
            self.next_over = min(self.next_over, end)
            return True
        self.over.add(key)
        return False

    def _within(self, key: Key) -> bool:
        return key in self.rows and (self.scope is None or key in self.scope)

    def _kept(self, keys: Sequence[Key], now: float) -> Sequence[Key]:
        return self.filter.kept(keys, Searched(self.rows, self._words, now))

    def _endings(self) -> Mapping[Key, float]:
        """When rows become history, of those that do; none where all is shown."""
        if self.whole:
            return {}
        if self._ends is None:
            self._ends = dict(end for key in self.rows for end in self._end_of(key))
        return self._ends

    def _end_of(self, key: Key) -> list[tuple[Key, float]]:
        end = self.table.over(self.rows[key]) if self.table.over else NEVER
        return [(key, end)] if end < NEVER else []

    # Order

    def _rank(self) -> Sequence[Key]:
        """Every row of the scope in the order shown."""
        if self.scope is not None:
            within = sorted((key for key in self.scope if key in self.rows), key=str)
            within.sort(key=self._owns.__getitem__)
            return self._by_value(within)
        by = (self.column, self._reverse)
        if self._ranked is None or self._ranked_by[0] is not self.column:
            self._ranked = self._by_value(self._every())
        elif by != self._ranked_by:
            self._ranked = self._turned(self._ranked)
        self._ranked_by = by
        return self._ranked

    def _every(self) -> list[Key]:
        """All rows in the table's own order: nearly as they were, so this is cheap."""
        rows = self.rows
        known = [key for key in self._base if key in rows]
        if len(known) < len(rows):
            seen = set(known)
            known += [key for key in rows if key not in seen]
        known.sort(key=self._owns.__getitem__)
        self._base = known
        return known

    def _by_value(self, keys: list[Key]) -> list[Key]:
        """Equal ones stand as the table's own order has them; turning it turns all but the
        unknown, which come last.
        """
        values = self._values
        known = [key for key in keys if values[key] is not None]
        unknown = [key for key in keys if values[key] is None] if len(known) < len(keys) else []
        if self.column is not self._own:
            known.sort(key=values.__getitem__)
        if self._reverse:
            known.reverse()
        return known + unknown

    def _turned(self, keys: list[Key]) -> list[Key]:
        values, known = self._values, len(keys)
        while known and values[keys[known - 1]] is None:
            known -= 1
        return [*reversed(keys[:known]), *keys[known:]]

    def _position(self, key: Key) -> int:
        keys, order = self.keys, self._order(key)
        low, high = 0, len(keys)
        if order is None:
            return high
        while low < high:
            middle = (low + high) // 2
            held = self._order(keys[middle])
            if held is None or (held < order if self._reverse else held > order):
                high = middle
            else:
                low = middle + 1
        return low

    def _order(self, key: Key) -> tuple[Any, ...] | None:
        value = self._values[key]
        return None if value is None else (value, self._owns[key])

    def _kept_of(self, column: Column[R]) -> Kept[Any]:
        of = column.order or column.value
        return Kept(lambda key: of(self.rows[key]))

    @property
    def _reverse(self) -> bool:
        """Moments sort by age: the youngest first is the greatest moment first."""
        return self.descending != self.column.moment
