"""Consul's key-value store: locks, check-and-set."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from nomad_console.simulator.consul.records import Row
from nomad_console.simulator.consul.sessions import Session, Sessions
from nomad_console.simulator.timeline import Timeline

T = TypeVar("T")


class KvRefused(Exception):
    """Consul's words; HTTP 500."""


@dataclass(frozen=True)
class Entry:
    """One key; `value` None is Consul's null."""

    key: str
    value: bytes | None
    flags: int = 0
    session: str = ""
    lock_index: int = 0
    created: int = 0
    modified: int = 0

    def row(self, *, with_value: bool = True) -> Row:
        """As the API shows it: the value is bytes, which JSON carries as base64."""
        return {
            "LockIndex": self.lock_index,
            "Key": self.key,
            "Flags": self.flags,
            "Value": self.value if with_value and self.value else None,
            **({"Session": self.session} if self.session else {}),
            "CreateIndex": self.created,
            "ModifyIndex": self.modified,
        }


class KeyValues:
    """Entries by key. Mutators are called inside `write` with the index they are written at.

    A write that changes nothing takes an index of the log but leaves ModifyIndex alone.
    """

    def __init__(self, timeline: Timeline, sessions: Sessions) -> None:
        self.entries: dict[str, Entry] = {}
        self.raft = sessions.raft
        self._timeline = timeline
        self._sessions = sessions
        self._delayed: dict[str, float] = {}  # key -> elapsed time until which no lock is given
        self._graves: dict[str, int] = {}  # deleted key -> index
        self._changed = False
        sessions.on_ended(self._release)

    def write(self, change: Callable[[int], T]) -> T:
        """One commit. Where `change` raises, nothing of it stays."""
        entries, graves = dict(self.entries), dict(self._graves)
        self._changed = False
        try:
            answer = change(self.raft.index + 1)
        except KvRefused:
            self.entries, self._graves = entries, graves
            raise
        self.raft.commit(*(["kvs"] if self._changed else []))
        return answer

    def put(self, entry: Entry, index: int) -> bool:
        """A plain write leaves the key's holder, but resets its LockIndex, as Consul 1.8 does."""
        old = self.entries.get(entry.key)
        return self._store(replace(entry, session=old.session if old else ""), index)

    def check_and_set(self, entry: Entry, expected: int, index: int) -> bool:
        """`expected` 0: only where there is no such key."""
        return self.index_is(entry.key, expected) and self.put(entry, index)

    def acquire(self, entry: Entry, index: int) -> bool:
        """KvRefused for a session that is gone; False while held or within the lock delay."""
        if self._delayed.get(entry.key, 0.0) > self._timeline.elapsed():
            return False
        if self._sessions.get(entry.session) is None:
            raise KvRefused(f'invalid session "{entry.session}"')
        old = self.entries.get(entry.key)
        if old is not None and old.session not in ("", entry.session):
            return False
        count = 1 if old is None else old.lock_index + (old.session != entry.session)
        return self._store(replace(entry, lock_index=count), index)

    def release(self, entry: Entry, index: int) -> bool:
        """False unless this very session holds it; no lock delay follows."""
        old = self.entries.get(entry.key)
        if old is None or not entry.session or old.session != entry.session:
            return False
        return self._store(replace(entry, session=""), index)

    def delete(self, key: str, index: int) -> bool:
        if self.entries.pop(key, None) is not None:
            self._graves[key] = index
            self._changed = True
        return True

    def check_and_delete(self, key: str, expected: int, index: int) -> bool:
        """An absent key is deleted already; an `expected` of 0 deletes nothing that is there."""
        if key not in self.entries:
            return True
        return bool(expected) and self.index_is(key, expected) and self.delete(key, index)

    def delete_tree(self, prefix: str, index: int) -> bool:
        """Leaves one tombstone, for the prefix (Consul 1.8 kvsDeleteTreeTxn)."""
        names = self.below(prefix)
        for name in names:
            del self.entries[name]
        if names:
            self._graves[prefix] = index
            self._changed = True
        return True

    def index_is(self, key: str, index: int) -> bool:
        """0 stands for a key that is not there."""
        entry = self.entries.get(key)
        return index == (entry.modified if entry else 0)

    def below(self, prefix: str) -> list[str]:
        return sorted(key for key in self.entries if key.startswith(prefix))

    def index_of(self, key: str, *, tree: bool) -> int:
        """What blocking readers compare: the newest of what is asked for, else the table's."""
        indexes: list[int] = []
        if not tree:
            indexes = [self.entries[key].modified] if key in self.entries else []
        elif key:
            indexes = [self.entries[name].modified for name in self.below(key)]
            indexes += [at for name, at in self._graves.items() if name.startswith(key)]
        return max(indexes) if indexes else max(self.raft.last("kvs"), 1)

    def _store(self, entry: Entry, index: int) -> bool:
        old = self.entries.get(entry.key)
        entry = replace(entry, created=old.created if old else index, modified=index)
        if old is None or replace(entry, modified=old.modified) != old:
            self.entries[entry.key] = entry
            self._changed = True
        return True

    def _release(self, session: Session, index: int) -> bool:
        """Free or delete what the session held, and keep others off for its lock delay."""
        held = [entry for entry in self.entries.values() if entry.session == session.row["ID"]]
        for entry in held:
            if session.row["Behavior"] == "delete":
                del self.entries[entry.key]
                self._graves[entry.key] = index
            else:
                self.entries[entry.key] = replace(entry, session="", modified=index)
            if session.lock_delay:
                self._delayed[entry.key] = self._timeline.elapsed() + session.lock_delay
        return bool(held)
