"""The conductor drives one run: events in, journal, then the calls. It decides nothing."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, TypedDict

from nomad_console.clock import Clock
from nomad_console.domain.host_command import HostCommandError
from nomad_console.domain.plan import Plan
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.operations.hosts import run_command
from nomad_console.operations.journal import Journal, JournalError
from nomad_console.operations.writer import ApiWrite, Done, NotDone, Unclear, Writer
from nomad_console.upgrade.commands import (
    Command,
    CommandClass,
    OpenGate,
    Rejected,
    RunHost,
    WakeAt,
    Write,
)
from nomad_console.upgrade.events import (
    Answered,
    Event,
    Failed,
    Frozen,
    GateConfirmed,
    GateOpened,
    Held,
    HostEnded,
    HostStarted,
    Intended,
    Observed,
    Released,
    Started,
    TimeReached,
    Unknown,
)
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.machine import advance, is_news
from nomad_console.upgrade.observe import observe
from nomad_console.upgrade.run import Run

_ALPHABET = "23456789abdefmnrtuvwxz"  # nothing that reads two ways, no key of a run's screen
_OUTPUT_LINES = 500


class Snapshots(Protocol):
    """Where the cluster can be seen."""

    @property
    def latest(self) -> ClusterSnapshot: ...

    def subscribe(self, callback: Callable[[ClusterSnapshot], None]) -> Callable[[], None]: ...


class _Moment(TypedDict):
    at: datetime
    elapsed: float


def fresh_code() -> str:
    """Two characters that nobody could have typed ahead."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(2))


class Conductor:
    """One run. `run` is its state, `notice` the last word to the operator, `trouble` ends it."""

    def __init__(
        self,
        plan: Plan,
        *,
        writer: Writer,
        journal: Journal,
        snapshots: Snapshots,
        clock: Clock,
        nudge: Callable[[frozenset[str]], None],
        host_limit_s: float,
    ) -> None:
        self.run = Run.of(plan)
        self.notice = ""
        self.trouble = ""
        self.output: Mapping[str, deque[str]] = {
            node.node_id: deque(maxlen=_OUTPUT_LINES) for node in plan.nodes
        }
        self._writer = writer
        self._journal = journal
        self._snapshots = snapshots
        self._clock = clock
        self._nudge = nudge
        self._host_limit_s = host_limit_s
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._writes: asyncio.Queue[ApiWrite] = asyncio.Queue()
        self._wakes: set[float] = set()
        self._watchers: list[Callable[[], None]] = []
        self._listeners: list[Callable[[Event, Run], None]] = []

    @property
    def journal_path(self) -> str:
        return str(self._journal.path)

    @property
    def snapshot(self) -> ClusterSnapshot:
        """The cluster as the run sees it: never a paused screen's."""
        return self._snapshots.latest

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after every change; the result ends it."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def listen(self, callback: Callable[[Event, Run], None]) -> None:
        """Hand over every event that is journaled from now on, and the run as it was before it."""
        self._listeners.append(callback)

    def start(self) -> None:
        self._inbox.put_nowait(Started(**self._moment()))

    def confirm(self, node: str, gate: Gate, code: str) -> None:
        index = self._snapshots.latest.nomad_index
        self._inbox.put_nowait(
            GateConfirmed(node=node, gate=gate, code=code, index=index, **self._moment())
        )

    def hold(self, reason: str) -> None:
        self._inbox.put_nowait(Held(reason=reason, **self._moment()))

    def freeze(self, reason: str) -> None:
        self._inbox.put_nowait(Frozen(reason=reason, **self._moment()))

    def release(self) -> None:
        self._inbox.put_nowait(Released(**self._moment()))

    async def conduct(self) -> None:
        """Drive the run to its end; cancelled, it leaves a whole journal behind."""
        unsubscribe = self._snapshots.subscribe(lambda _: self._look())
        try:
            async with asyncio.TaskGroup() as tasks:
                writing = tasks.create_task(self._write_in_turn())
                while self.run.ended_at is None:
                    self._take(await self._inbox.get(), tasks)
                writing.cancel()
                self._wakes.clear()
        finally:
            unsubscribe()
            self._journal.close()

    def _moment(self) -> _Moment:
        return {"at": self._clock.now(), "elapsed": self._clock.elapsed()}

    def _look(self) -> None:
        """Send what the newest snapshot proves, where that would change the run."""
        seen = observe(self._snapshots.latest, self.run)
        if is_news(self.run, seen):
            self._inbox.put_nowait(Observed(observation=seen, **self._moment()))

    def _take(self, event: Event, tasks: asyncio.TaskGroup) -> None:
        """Advance, write down what changed the state, then act."""
        if self.trouble:
            return
        run, commands = advance(self.run, event)
        if run is not self.run:
            try:
                self._journal.append(event)
            except JournalError as error:
                self.trouble = f"{error}. Nothing more is done."
                self._tell()
                return
            before, self.run = self.run, run
            for listener in self._listeners:
                listener(event, before)
        for command in commands:
            if isinstance(command, Rejected) and isinstance(event, Observed | TimeReached):
                continue  # overtaken by another event: nobody's mistake
            self._act(command, tasks)
        self._look()
        self._tell()

    def _act(self, command: Command, tasks: asyncio.TaskGroup) -> None:
        match command:
            case Rejected(reason=reason):
                self.notice = reason
            case OpenGate(node=node, gate=gate):
                opened = GateOpened(node=node, gate=gate, code=fresh_code(), **self._moment())
                self._inbox.put_nowait(opened)
            case WakeAt(elapsed=elapsed):
                if elapsed not in self._wakes:
                    self._wakes.add(elapsed)
                    tasks.create_task(self._wake(elapsed))
            case RunHost():
                if self._written_down(command, tasks):
                    tasks.create_task(self._run_host(command))
            case _:
                if command.kind != CommandClass.ONCE or self._written_down(command, tasks):
                    self._writes.put_nowait(command)

    def _written_down(self, command: Write, tasks: asyncio.TaskGroup) -> bool:
        """Put on disk that a call is about to be made that must never be made twice."""
        self._take(Intended(command=command.id, **self._moment()), tasks)
        return not self.trouble

    def _tell(self) -> None:
        for callback in tuple(self._watchers):
            callback()

    async def _wake(self, elapsed: float) -> None:
        await self._clock.sleep(elapsed - self._clock.elapsed())
        self._wakes.discard(elapsed)
        if self.run.ended_at is None:
            self._inbox.put_nowait(TimeReached(**self._moment()))

    async def _write_in_turn(self) -> None:
        while True:
            write = await self._writes.get()
            outcome = await self._writer.perform(write)
            self._nudge(self._groups(write.node))
            match outcome:
                case Done(index=index):
                    answer: Event = Answered(command=write.id, index=index, **self._moment())
                case NotDone(reason=reason):
                    answer = Failed(command=write.id, reason=reason, **self._moment())
                case Unclear(reason=reason):
                    answer = Unknown(command=write.id, reason=reason, **self._moment())
            self._inbox.put_nowait(answer)

    def _groups(self, node: str) -> frozenset[str]:
        """The target groups to be read soon again: what was read before a write proves nothing."""
        return frozenset(one.key.group for one in self.run.plan.node(node).targets)

    async def _run_host(self, command: RunHost) -> None:
        lines = self.output[command.node]

        def said(line: str) -> None:
            lines.append(line)
            self._tell()

        self._inbox.put_nowait(HostStarted(command=command.id, **self._moment()))
        code, reason = None, ""
        try:
            result = await run_command(command.argv, self._clock, self._host_limit_s, said)
            code = result.exit_code
            reason = "" if code is not None else f"not done within {self._host_limit_s:g} s"
        except HostCommandError as error:
            reason = str(error)
        self._nudge(self._groups(command.node))
        self._inbox.put_nowait(
            HostEnded(command=command.id, exit_code=code, reason=reason, **self._moment())
        )
