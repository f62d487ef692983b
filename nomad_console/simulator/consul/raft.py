"""Consul's log: one index for everything, and who waits for what."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Raft:
    """A key is a table (`checks`) or the rows of one service (`service:web`)."""

    def __init__(self) -> None:
        self.index = 1  # Consul never answers with 0: a reader could not block on it
        self._last: dict[str, int] = {}
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    def commit(self, *keys: str) -> int:
        """One write: the next index becomes that of every key, their waiting readers wake."""
        self.index += 1
        for key in keys:
            self._last[key] = self.index
            for event in self._waiting.get(key, ()):
                event.set()
        return self.index

    def last(self, *keys: str) -> int:
        """The index of the latest write to any of the keys; 0: never written."""
        return max((self._last.get(key, 0) for key in keys), default=0)

    def forget(self, key: str) -> None:
        """Drop the key's index, as a service's goes with its last instance."""
        self._last.pop(key, None)

    @contextmanager
    def waiting(self, keys: tuple[str, ...]) -> Iterator[asyncio.Event]:
        """An event that is set by the next write to any of the keys."""
        changed = asyncio.Event()
        for key in keys:
            self._waiting[key].add(changed)
        try:
            yield changed
        finally:
            for key in keys:
                self._waiting[key].discard(changed)
                if not self._waiting[key]:
                    del self._waiting[key]
