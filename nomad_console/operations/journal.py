"""The journal of a run: its plan, then every event that changed it, each on disk before we act."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import platformdirs

from nomad_console.domain.plan import Plan
from nomad_console.upgrade.events import Event

FORM = 1


class JournalError(Exception):
    """A journal that cannot be written or read; the text names the file and why."""


class Head(msgspec.Struct, frozen=True):
    """The first line: the plan, and who took it up, where and when."""

    form: int
    by: str
    cluster: str
    begun_at: datetime
    plan: Plan


class Chronicle(NamedTuple):
    """A journal read back. `torn`: its last line was cut off while it was written."""

    head: Head
    events: tuple[Event, ...]
    torn: bool


def folder() -> Path:
    """Where the journals of this user lie; NOMAD_CONSOLE_STATE names another place."""
    state = os.environ.get("NOMAD_CONSOLE_STATE") or platformdirs.user_state_dir("nomad-console")
    return Path(state) / "runs"


def path_of(where: Path, run_id: str) -> Path:
    return where / f"{run_id}.ndjson"


class Journal:
    """Append only, mode 0600. `append` returns when the line is on disk.

    `again`: go on with the one that is there, less a last line that a crash cut off.
    """

    def __init__(self, where: Path, head: Head, *, again: bool = False) -> None:
        self.path = path_of(where, head.plan.run_id)
        try:
            where.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = 0 if again else os.O_CREAT | os.O_EXCL
            number = os.open(self.path, os.O_WRONLY | os.O_APPEND | fresh, 0o600)
            self._file: BinaryIO = os.fdopen(number, "wb", buffering=0)
            if again:
                self._file.truncate(self.path.read_bytes().rfind(b"\n") + 1)
        except OSError as error:
            raise JournalError(f"cannot keep a journal at {self.path}: {error}") from error
        if not again:
            self._write(head)

    def append(self, event: Event) -> None:
        self._write(event)

    def close(self) -> None:
        self._file.close()

    def _write(self, line: Head | Event) -> None:
        try:
            self._file.write(msgspec.json.encode(line) + b"\n")
            os.fsync(self._file.fileno())
        except OSError as error:
            raise JournalError(f"cannot write to the journal {self.path}: {error}") from error


def read(path: Path) -> Chronicle:
    """Read a journal back; JournalError names the file and the line that is not one of ours.

    A last line without its end was cut off by a crash before anything was done for it: left out.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise JournalError(f"cannot read the journal {path}: {error}") from error
    torn = bool(lines) and not lines[-1].endswith(b"\n")
    whole = lines[:-1] if torn else lines
    if not whole:
        raise JournalError(f"the journal {path} holds no plan")
    decoder = msgspec.json.Decoder(Event)
    try:
        head = msgspec.json.decode(whole[0], type=Head)
    except msgspec.MsgspecError as error:
        raise JournalError(f"{path}:1 is not the head of a journal: {error}") from error
    return Chronicle(head, tuple(_events(path, decoder, whole[1:])), torn)


def _events(
    path: Path, decoder: "msgspec.json.Decoder[Event]", lines: list[bytes]
) -> Iterator[Event]:
    for number, line in enumerate(lines, 2):
        try:
            yield decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise JournalError(f"{path}:{number} is not an event of ours: {error}") from error
