"""The lock on this host: a file that the kernel frees when its process is gone."""

import fcntl
import os
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from nomad_console.domain.text import printable


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock: `by` is user@host. `session` is kept on this host only."""

    run_id: str
    by: str
    pid: int
    since: datetime
    session: str = ""

    def __str__(self) -> str:
        return printable(
            f"run {self.run_id} of {self.by} (process {self.pid}), since {self.since:%H:%M:%S} UTC"
        )


class Occupied(Exception):
    """A living process of this host holds the file; None: it does not say who."""

    def __init__(self, holder: Holder | None) -> None:
        self.holder = holder
        super().__init__(f"held on this host by {holder or 'another process'}")


class LockFile:
    """Mode 0600, never deleted: its content outlives its holder. Raises OSError, Occupied."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._file: BinaryIO = os.fdopen(number, "r+b", buffering=0)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self.holder()
            self._file.close()
            raise Occupied(holder) from None

    def holder(self) -> Holder | None:
        """Who wrote it last; None where nothing was left behind."""
        self._file.seek(0)
        return decoded(self._file.read())

    def write(self, holder: Holder | None) -> None:
        self._file.seek(0)
        self._file.truncate()
        if holder is not None:
            self._file.write(msgspec.json.encode(holder))
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def living_holder(path: Path) -> Holder | None:
    """Whose process holds the file now; None where none does."""
    try:
        with path.open("rb") as found:
            try:
                fcntl.flock(found.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return decoded(found.read())
    except OSError:  # gone meanwhile: nobody holds it
        return None
    return None


def holders(where: Path) -> tuple[Holder, ...]:
    """Of every lock that a living process holds in the folder."""
    found = (living_holder(path) for path in sorted(where.glob("*.lock")))
    return tuple(one for one in found if one is not None)


def noted(where: Path) -> frozenset[str]:
    """The runs that the locks in the folder name, whether their holders live or not."""
    return frozenset(
        found.run_id
        for path in where.glob("*.lock")
        if path.is_file() and (found := decoded(path.read_bytes())) is not None
    )


def decoded(value: bytes) -> Holder | None:
    """Whom a lock's value names; None for what is none of ours."""
    try:
        return msgspec.json.decode(value, type=Holder)
    except msgspec.MsgspecError:
        return None
