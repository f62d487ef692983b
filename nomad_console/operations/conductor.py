"""The conductor drives one run: events in, journal, then the calls. It decides nothing."""

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping, Sequence

from nomad_console.domain.plan import Plan
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.operations.comparison import Known
from nomad_console.operations.counts import Counting
from nomad_console.operations.inbox import Inbox, who
from nomad_console.operations.journal import Journal, JournalError
from nomad_console.operations.lock import Lock
from nomad_console.operations.loss import Loss
from nomad_console.operations.means import Means
from nomad_console.operations.performer import Performer
from nomad_console.operations.probe import Failure, Probe
from nomad_console.operations.story import retold
from nomad_console.operations.tokens import Tokens
from nomad_console.operations.writer import Unwanted
from nomad_console.upgrade.answers import Answer
from nomad_console.upgrade.commands import (
    Command,
    CommandClass,
    OpenGate,
    Rejected,
    WakeAt,
    Write,
)
from nomad_console.upgrade.events import (
    Event,
    GateOpened,
    HungUp,
    Intended,
    Observed,
    ProbeFailed,
    Resumed,
    Started,
    TimeReached,
)
from nomad_console.upgrade.machine import advance, is_news
from nomad_console.upgrade.observe import observe
from nomad_console.upgrade.resume import replay
from nomad_console.upgrade.run import Run

_ALPHABET = "23456789abdefmnrtuvwxz"  # nothing that reads two ways, no key of a run's screen
_UNASKED = Observed | TimeReached | ProbeFailed  # overtaken by another event: nobody's mistake


def fresh_code() -> str:
    """Two characters that nobody could have typed ahead."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(2))


class Conductor(Inbox):
    """One run. `run` is its state, `notice` the last word to the operator, `trouble` ends it.

    `events` are those of its journal, where it was begun before; ReplayError where they are not.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        means: Means,
        journal: Journal,
        lock: Lock,
        probe: Probe,
        host_limit_s: float,
        begun_by: str,
        events: Sequence[Event] = (),
    ) -> None:
        super().__init__(means.snapshots, means.clock)
        self.run = replay(plan, events)
        _, self.story = retold(plan, begun_by, events)
        self.notice = self.trouble = ""
        self._known = Known(events)
        self._journal = journal
        self._lock = lock
        self._probe = probe
        self.counting = Counting(journal.path, probe, means.clock)
        self._performer = Performer(self, means, lock, self._known, journal.path, host_limit_s)
        self._wakes: dict[float, asyncio.Task[None]] = {}
        self._loss: Loss | None = None
        self._tokens = Tokens()

    @property
    def journal_path(self) -> str:
        return str(self._journal.path)

    @property
    def snapshot(self) -> ClusterSnapshot:
        """The cluster as the run sees it: never a paused screen's."""
        return self._snapshots.latest

    @property
    def output(self) -> Mapping[str, deque[str]]:
        """What host commands said, by node."""
        return self._performer.output

    @property
    def lock_word(self) -> str:
        """How the run is locked, or why it is not any more."""
        return self._lock.lost or self._lock.word

    def tell(self) -> None:
        if self._loss is not None:
            self._loss.look(self.run, over=bool(self.trouble))
        super().tell()

    def start(self) -> None:
        """Begin the run, or go on with it where its journal holds its beginning."""
        if self.run.started_at is None:
            self.put(Started(**self.moment()))
        else:
            self.put(Resumed(by=who(), **self.moment()))

    def lose_terminal(self) -> None:
        """Nobody looks on any more: freeze our drain, even if the conductor is cancelled now."""
        if self._loss is None and self.run.active and not self.trouble:
            self._loss = Loss(self._clock)
            self.put(HungUp(**self.moment()))

    async def hang_up(self) -> bool:
        """The same, and whether the end of our drain was answered within HANG_UP_S."""
        self.lose_terminal()
        if self._loss is None:
            return not self.run.active
        return await self._loss.settled() and not self.trouble

    async def conduct(self) -> None:
        """Drive the run to its end; cancelled, it leaves a whole journal behind.

        Cancelled while the terminal is lost, it freezes first.
        """
        async with asyncio.TaskGroup() as tasks:
            driving = tasks.create_task(self._drive())
            try:
                await asyncio.shield(driving)
            except asyncio.CancelledError:
                if self._loss is not None and not driving.done():
                    await self._loss.settled()
                raise

    async def _drive(self) -> None:
        unsubscribe = self._snapshots.subscribe(lambda _: self._look())
        try:
            async with asyncio.TaskGroup() as tasks:
                beside = [
                    tasks.create_task(self._performer.work()),
                    tasks.create_task(self._lock.keep(self._lock_changed)),
                    tasks.create_task(self._probe.run(self._probe_failed)),
                    tasks.create_task(self.counting.keep_on()),
                ]
                while self.run.ended_at is None:
                    self._take(await self.events.get(), tasks)
                for task in (*beside, *self._wakes.values()):
                    task.cancel()
            self.notice = await self._lock.free()
            self.tell()
        finally:
            unsubscribe()
            self._keep_answers()
            self._journal.close()
            self.notice = self.counting.end() or self.notice
            self._lock.leave()

    async def give_up(self) -> None:
        """Nothing is to be done: close what was opened."""
        self._journal.close()
        await self._lock.free()

    def intend(self, write: Write) -> None:
        """A call is about to be made: asked for still, and on disk if it must never be made twice.

        Raises Unwanted.
        """
        asked = (one for upgrade in self.run.upgrades for one in upgrade.pending)
        if self.trouble or not any(one.write.id == write.id and not one.trouble for one in asked):
            raise Unwanted
        if write.kind is CommandClass.ONCE:
            event = Intended(command=write.id, **self.moment())
            if not self._kept(event, advance(self.run, event)[0]):
                raise Unwanted

    def _look(self) -> None:
        """Send what the newest snapshot proves, where that would change the run."""
        self._tokens.look(self)
        seen = observe(self._snapshots.latest, self.run)
        if is_news(self.run, seen):
            self.put(Observed(observation=seen, **self.moment()))

    def _take(self, event: Event, tasks: asyncio.TaskGroup) -> None:
        """Advance, write down what changed the state, then act."""
        run, commands = advance(self.run, event)
        if run is not self.run and not self._kept(event, run):
            return
        for command in commands:
            if not (isinstance(command, Rejected) and isinstance(event, _UNASKED)):
                self._act(command, tasks)
        self._look()
        self.tell()

    def _kept(self, event: Event, run: Run) -> bool:
        """The event is on disk, and the run is as it made it; else nothing more is done."""
        if self.trouble:
            return False
        try:
            self._journal.append(event)
        except JournalError as error:
            self.trouble = f"{error}. Nothing more is done."
            self.tell()
            return False
        before, self.run = self.run, run
        self._known.take(event)
        self.story.take(event, before, run)
        self.heard(event, before)
        return True

    def _keep_answers(self) -> None:
        """Write down what calls were answered while the console was leaving; act on nothing."""
        while not self.events.empty():
            event = self.events.get_nowait()
            if isinstance(event, Answer) and (run := advance(self.run, event)[0]) is not self.run:
                self._kept(event, run)

    def _act(self, command: Command, tasks: asyncio.TaskGroup) -> None:
        match command:
            case Rejected(reason=reason):
                self.notice = reason
            case OpenGate(node=node, gate=gate):
                self.put(GateOpened(node=node, gate=gate, code=fresh_code(), **self.moment()))
            case WakeAt(elapsed=elapsed):
                if elapsed not in self._wakes:
                    self._wakes[elapsed] = tasks.create_task(self._wake(elapsed))
            case _:
                self._performer.ask(command)

    async def _wake(self, elapsed: float) -> None:
        await self._clock.sleep(elapsed - self._clock.elapsed())
        self._wakes.pop(elapsed, None)
        self.put(TimeReached(**self.moment()))

    def _probe_failed(self, failure: Failure) -> None:
        if self.run.active and self.run.hold is None:
            self.put(ProbeFailed(url=failure.url, detail=failure.detail, **self.moment()))
        self.tell()

    def _lock_changed(self, why: str) -> None:
        """A lost lock holds the run; one that is late only lets its calls wait."""
        self.notice = why
        if self._lock.lost and self.run.active and self.run.hold is None:
            self.hold(why)
        self.tell()
