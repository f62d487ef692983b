"""The console itself, and `watch`: the same, read-only."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING

from nomad_console.cli.arguments import BUG, DONE, USAGE, imported
from nomad_console.cli.asides import kept_aside
from nomad_console.cli.cluster import settings_of
from nomad_console.clients.threads import Threads
from nomad_console.clock import SystemClock
from nomad_console.domain.text import printable
from nomad_console.live.store import ClusterStore
from nomad_console.settings.values import ClusterSettings
from nomad_console.tui.app import Backing, ConsoleApp
from nomad_console.tui.widgets.header import ClusterFacts

if TYPE_CHECKING:
    from nomad_console.operations.upgrades import Upgrades

_SHELL = 128  # a shell's code for a signal is so much more than its number


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    missing = terminal_lacking()
    if missing:
        print(f"nomad-console: {missing}; scripts use `status`", file=sys.stderr)
        return USAGE
    asked = options.command == "watch" or getattr(options, "read_only", False)
    with kept_aside():
        return asyncio.run(_console(settings, read_only=asked or settings.read_only))


def terminal_lacking() -> str:
    """What keeps a screen from being shown here; "" where nothing does."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # Textual writes to stderr
        return "the console needs a terminal"
    if os.environ.get("TERM", "") == "dumb":
        return "the console needs a terminal that can place text; TERM is dumb"
    return ""


async def _console(settings: ClusterSettings, *, read_only: bool) -> int:
    store = ClusterStore(SystemClock())
    async with AsyncExitStack() as stack:
        behind = _Behind(settings, store, stack, read_only=read_only)
        app = application(settings, store, behind.connect, read_only=read_only)
        with _signals(app, behind) as leaving:
            await _shown(app, behind, leaving)
    if behind.upgrades is not None:
        say_what_is_left(behind.upgrades)
    if leaving.number:
        return _SHELL + leaving.number
    return BUG if app.return_code else DONE


class _Behind:
    """Connects when the first screen is painted; `stack` ends what was connected."""

    def __init__(
        self,
        settings: ClusterSettings,
        store: ClusterStore,
        stack: AsyncExitStack,
        *,
        read_only: bool,
    ) -> None:
        self.upgrades: Upgrades | None = None
        self._settings = settings
        self._store = store
        self._stack = stack
        self._read_only = read_only

    async def connect(self) -> Backing:
        """Clients and runs take a while to import: keys are heard meanwhile."""
        threads = Threads()
        await threads.call(imported, "nomad_console.cli.backing")
        from nomad_console.cli.backing import backing_on
        from nomad_console.cli.wiring import connected, upgrades_on

        connections = await self._stack.enter_async_context(
            connected(self._settings, self._store, threads, read_only=self._read_only)
        )
        self.upgrades = None if self._read_only else upgrades_on(connections)
        return backing_on(connections, self.upgrades)


class _Leaving:
    """The signal that ends the console; 0: none came."""

    def __init__(self) -> None:
        self.number = 0
        self.asked = asyncio.Event()
        self._quiet: int | None = None

    def lose_terminal(self) -> None:
        """Textual reads and writes on: silence for the one, a sink for the other, not errors."""
        if self._quiet is None:
            silence, self._quiet = os.pipe()
            sink = os.open(os.devnull, os.O_WRONLY)
            for number, file in ((0, silence), (1, sink), (2, sink)):
                os.dup2(file, number)
            os.close(silence)
            os.close(sink)

    def end_silence(self) -> None:
        """Let whoever reads the lost terminal come to its end."""
        if self._quiet is not None:
            os.close(self._quiet)


@contextmanager
def _signals(app: ConsoleApp, behind: _Behind) -> Iterator[_Leaving]:
    """Freeze at once when the terminal is lost: its loss may end the screen before we do."""
    loop, leaving = asyncio.get_running_loop(), _Leaving()

    def leave(number: int) -> None:
        if behind.upgrades is not None:
            behind.upgrades.lose_terminal()
        leaving.number = leaving.number or number
        leaving.asked.set()

    def hang_up(number: int, _: object) -> None:  # at once: the loop may be drawing
        _let_writes_pile_up(app)
        leaving.lose_terminal()
        loop.call_soon_threadsafe(leave, number)

    before = signal.signal(signal.SIGHUP, hang_up)
    loop.add_signal_handler(signal.SIGTERM, leave, signal.SIGTERM)
    try:
        yield leaving
    finally:
        signal.signal(signal.SIGHUP, before)
        loop.remove_signal_handler(signal.SIGTERM)


def _let_writes_pile_up(app: ConsoleApp) -> None:
    """The thread that writes may have died of the lost terminal: nobody must wait for it."""
    writer = getattr(app._driver, "_writer_thread", None)  # noqa: SLF001 — Textual has no word for it
    if writer is not None:
        writer._queue.maxsize = 0  # noqa: SLF001 — nor for this


async def _shown(app: ConsoleApp, behind: _Behind, leaving: _Leaving) -> None:
    async def leave() -> None:
        await leaving.asked.wait()
        if behind.upgrades is not None:
            await behind.upgrades.hang_up()
        leaving.end_silence()
        app.exit()

    async with asyncio.TaskGroup() as tasks:
        hearing = tasks.create_task(leave())
        await app.run_async()
        hearing.cancel()


def application(
    settings: ClusterSettings,
    store: ClusterStore,
    connect: Callable[[], Awaitable[Backing]],
    *,
    read_only: bool,
) -> ConsoleApp:
    """The console on this cluster, which it sees through the store."""
    facts = ClusterFacts(settings.label, settings.colour, warnings(settings))
    return ConsoleApp(facts, store, connect, SystemClock(), read_only=read_only)


def warnings(settings: ClusterSettings) -> tuple[str, ...]:
    """What must be seen as long as the console runs."""
    return tuple(f"{name.capitalize()} TLS UNCHECKED" for name in settings.unverified)


def say_what_is_left(upgrades: "Upgrades") -> None:
    """A run that is not over: what it changed, and the commands that put it back."""
    conductor = upgrades.current
    if conductor is None or not conductor.run.active:
        return
    print(f"Run {conductor.run.plan.run_id} is not over. Journal: {conductor.journal_path}")
    from nomad_console.operations.calls import undoing

    lines = undoing(conductor.run)
    print("Nothing is changed." if not lines else "To put back what it changed:")
    for line in lines:
        print(f"  {printable(line)}")
