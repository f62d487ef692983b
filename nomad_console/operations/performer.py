"""Carries out what a run asks for: locked, compared with what is there, answered."""

import asyncio
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from nomad_console.clients.errors import ApiError
from nomad_console.domain.host_command import HostCommandError
from nomad_console.operations.comparison import Known, Sight
from nomad_console.operations.hosts import run_command, tail
from nomad_console.operations.inbox import Moment
from nomad_console.operations.lock import Lock
from nomad_console.operations.means import Means
from nomad_console.operations.tokens import refusal
from nomad_console.operations.writer import (
    ApiWrite,
    Done,
    NotDone,
    Unclear,
    Unwanted,
    unwelcome,
)
from nomad_console.upgrade.commands import RunHost, Write
from nomad_console.upgrade.events import (
    Answered,
    Disturbed,
    Event,
    Failed,
    HostEnded,
    HostStarted,
    Unknown,
)
from nomad_console.upgrade.run import Run

OUTPUT_LINES = 500
_LAST = 300  # characters of a command's last line that are kept in the journal


def output_of(journal: Path, node: str) -> Path:
    """Where the output of the node's host command lies: beside the journal."""
    return journal.with_suffix(f".{node[:8]}.log")


class Desk(Protocol):
    """Whom a performer works for. `intend` raises Unwanted where a call is not asked for now."""

    @property
    def run(self) -> Run: ...

    def moment(self) -> Moment: ...

    def put(self, event: Event) -> None: ...

    def intend(self, write: Write) -> None: ...

    def tell(self) -> None: ...


class Performer:
    """One call after another, host commands beside them. `output` holds what those said."""

    def __init__(
        self, desk: Desk, means: Means, lock: Lock, known: Known, journal: Path, host_limit_s: float
    ) -> None:
        self._desk = desk
        self._means = means
        self._lock = lock
        self._known = known
        self._journal = journal
        self._host_limit_s = host_limit_s
        self._asked: asyncio.Queue[Write] = asyncio.Queue()
        self.output: Mapping[str, deque[str]] = {
            node.node_id: deque(tail(self._kept(node.node_id), OUTPUT_LINES), maxlen=OUTPUT_LINES)
            for node in desk.run.plan.nodes
        }

    def ask(self, write: Write) -> None:
        self._asked.put_nowait(write)

    async def work(self) -> None:
        """For ever. Cancelled, it waits for the answer of a write under way, and passes it on."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                write = await self._asked.get()
                await self._lock.ready()
                sight = await self._undisturbed(write)
                if sight is None:
                    continue
                if isinstance(write, RunHost):
                    tasks.create_task(self._run_host(write))
                else:
                    await self._perform(write, sight)

    async def _undisturbed(self, write: Write) -> Sight | None:
        """What is there; None: the call must not be made, and why was said."""
        try:
            sight, found = await self._means.writer.differences(self._desk.run, write)
        except ApiError as error:
            moment = self._desk.moment()
            reason = self._told(str(error), refused=unwelcome(error))
            self._desk.put(Failed(command=write.id, reason=reason, **moment))
            return None
        news = [one for one in found if (write.node, one) not in self._known]
        if not news:
            return sight
        what = self._known.joined(news)
        moment = self._desk.moment()
        self._desk.put(Disturbed(node=write.node, what=what, command=write.id, **moment))
        return None

    async def _perform(self, write: ApiWrite, sight: Sight) -> None:
        sent = False

        def begin() -> None:
            nonlocal sent
            self._desk.intend(write)
            sent = True

        try:
            outcome = await self._means.writer.perform(write, sight, begin)
        except Unwanted:
            return
        except asyncio.CancelledError:
            if sent:
                reason = "the console left before the answer came"
                self._desk.put(Unknown(command=write.id, reason=reason, **self._desk.moment()))
            raise
        self._means.nudge(self._groups(write.node))
        moment = self._desk.moment()
        match outcome:
            case Done(index=index):
                answer: Event = Answered(command=write.id, index=index, **moment)
            case NotDone(reason=said, refused=refused):
                reason = self._told(said, refused=refused)
                answer = Failed(command=write.id, reason=reason, **moment)
            case Unclear(reason=reason):
                answer = Unknown(command=write.id, reason=reason, **moment)
        self._desk.put(answer)

    def _told(self, said: str, *, refused: bool) -> str:
        means, run = self._means, self._desk.run
        return refusal(said, means.snapshots.latest, run, means.clock.now()) if refused else said

    async def _run_host(self, command: RunHost) -> None:
        """Cancelled, it leaves the command running: its end is then for the operator to tell."""
        try:
            self._desk.intend(command)
        except Unwanted:
            return
        lines, limit_s = self.output[command.node], self._host_limit_s

        last = ""

        def said(line: str) -> None:
            nonlocal last
            lines.append(line)
            last = line.strip()[:_LAST] or last
            self._desk.tell()

        self._desk.put(HostStarted(command=command.id, **self._desk.moment()))
        code, reason = None, ""
        try:
            kept, clock = self._kept(command.node), self._means.clock
            code = (await run_command(command.argv, clock, limit_s, kept, said)).exit_code
            reason = "" if code is not None else f"not done within {limit_s:g} s"
        except HostCommandError as error:
            reason = str(error)
        self._means.nudge(self._groups(command.node))
        moment = self._desk.moment()
        ended = HostEnded(command=command.id, exit_code=code, reason=reason, last=last, **moment)
        self._desk.put(ended)

    def _groups(self, node: str) -> frozenset[str]:
        return frozenset(one.key.group for one in self._desk.run.plan.node(node).targets)

    def _kept(self, node: str) -> Path:
        return output_of(self._journal, node)
