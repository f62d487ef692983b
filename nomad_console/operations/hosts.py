"""The host step by command: no shell, output live and kept, exit code, time limit."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence

import msgspec

from nomad_console.clock import Clock
from nomad_console.domain.host_command import HostCommandError
from nomad_console.domain.text import printable

_GRACE_S = 5.0
_LINE_LIMIT = 64 * 1024


class HostResult(msgspec.Struct, frozen=True):
    """`exit_code` None: it did not end within the limit and was stopped."""

    exit_code: int | None


async def run_command(
    command: Sequence[str], clock: Clock, limit_s: float, said: Callable[[str], None]
) -> HostResult:
    """Run it to its end, `said` getting each printable line as it comes.

    It has a session of its own: a lost terminal does not take it along. HostCommandError where it
    cannot be started at all.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=_LINE_LIMIT,
        )
    except (OSError, ValueError) as error:
        raise HostCommandError(f"cannot start {printable(command[0])}: {error}") from error
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_follow(process, said, ended))
        in_time = await clock.wait(ended, limit_s)
        if not in_time:
            said(f"stopped: not done within {limit_s:g} s")
            _signal(process, signal.SIGTERM)
            if not await clock.wait(ended, _GRACE_S):
                _signal(process, signal.SIGKILL)
    return HostResult(process.returncode if in_time else None)


async def _follow(
    process: asyncio.subprocess.Process, said: Callable[[str], None], ended: asyncio.Event
) -> None:
    """Pass on its output until it ends; a child it left behind does not hold us up."""
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(_read(process, said))
        await process.wait()
        await asyncio.wait([reading], timeout=1.0)
        reading.cancel()
    ended.set()


async def _read(process: asyncio.subprocess.Process, said: Callable[[str], None]) -> None:
    output = process.stdout
    while output is not None:
        chunk = b""
        try:
            chunk = await output.readuntil(b"\n")
        except asyncio.IncompleteReadError as last:
            chunk = last.partial
            output = None
        except asyncio.LimitOverrunError as longer:
            chunk = await output.readexactly(longer.consumed)
        if chunk:
            said(printable(chunk.decode("utf-8", "replace").rstrip("\r\n")))


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    """To the whole group: what the command started ends with it."""
    if process.returncode is None:
        os.killpg(process.pid, number)
