"""The host step by command: no shell, output live and kept, exit code, time limit.

The command outlives the console: it has a session of its own, writes to a file and not to a pipe
that would break, and is no asyncio subprocess, whose transport kills what runs when it is closed
(asyncio/base_subprocess.py, `close` and `__del__`).
"""

import asyncio
import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from nomad_console.clock import Clock
from nomad_console.domain.host_command import HostCommandError
from nomad_console.domain.text import printable

_GRACE_S = 5.0
_POLL_S = 0.1
_LINE_LIMIT = 64 * 1024
_TAIL = 256 * 1024


class HostResult(msgspec.Struct, frozen=True):
    """`exit_code` None: it did not end within the limit and was stopped."""

    exit_code: int | None


def unrunnable(program: str) -> str:
    """Why the program cannot be started from here; "" where it can. PATH as execvp searches it."""
    if shutil.which(program) is not None:
        return ""
    if "/" not in program:
        return f"{printable(program)} is in no folder of PATH"
    path = Path(program).absolute()
    said = (
        "is a folder" if path.is_dir() else "is not executable" if path.exists() else "is no file"
    )
    return f"{printable(str(path))} {said}"


async def run_command(
    command: Sequence[str],
    clock: Clock,
    limit_s: float,
    output: Path,
    said: Callable[[str], None],
) -> HostResult:
    """Run it to its end, its output added to the file, `said` getting each printable line.

    Cancelled, it leaves the command running. HostCommandError where it cannot be started at all.
    """
    ended = asyncio.Event()
    try:
        kept = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            begin = os.fstat(kept).st_size
            process = _started(command, kept)
        finally:
            os.close(kept)
    except (OSError, ValueError) as error:
        raise HostCommandError(f"cannot start {printable(command[0])}: {error}") from error
    _when_ended(process, ended)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_follow(output, begin, clock, ended, said))
        in_time = await clock.wait(ended, limit_s)
        if not in_time:
            said(f"stopped: not done within {limit_s:g} s")
            _signal(process, signal.SIGTERM)
            if not await clock.wait(ended, _GRACE_S):
                _signal(process, signal.SIGKILL)
    return HostResult(process.returncode if in_time else None)


def tail(output: Path, lines: int) -> tuple[str, ...]:
    """The last lines of what a command said, printable; nothing where nothing was kept."""
    try:
        with output.open("rb") as kept:
            kept.seek(max(0, kept.seek(0, os.SEEK_END) - _TAIL))
            found = deque(kept.read().splitlines(), maxlen=lines)
    except OSError:  # no command ran here, or its output was cleared away: nothing to show
        return ()
    return tuple(_text(line) for line in found)


def _started(command: Sequence[str], output: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 — the operator's own command, without a shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _when_ended(process: "subprocess.Popen[bytes]", ended: asyncio.Event) -> None:
    """Set the event from a daemon thread, which keeps nothing from ending."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        process.wait()
        with suppress(RuntimeError):  # the console is gone, and its loop with it
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, name=f"host-{process.pid}", daemon=True).start()


async def _follow(
    output: Path, begin: int, clock: Clock, ended: asyncio.Event, said: Callable[[str], None]
) -> None:
    """Pass on what comes after `begin`, line by line, until the command has ended."""
    with output.open("rb") as kept:
        kept.seek(begin)
        rest = b""
        while True:
            over = await clock.wait(ended, _POLL_S)
            *lines, rest = (rest + kept.read()).split(b"\n")
            if over or len(rest) > _LINE_LIMIT:
                lines, rest = [*lines, rest] if rest else lines, b""
            for line in lines:
                said(_text(line))
            if over:
                return


def _text(line: bytes) -> str:
    return printable(line.decode("utf-8", "replace").rstrip("\r\n"))


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    """To the whole group: what the command started ends with it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
