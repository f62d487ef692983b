"""Where a screen or a command begins a run, goes on with one, or puts back what one changed."""

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from nomad_console.clients.errors import ApiError
from nomad_console.domain.plan import Plan
from nomad_console.operations.abandoned import Abandoned
from nomad_console.operations.archive import Kept, read_kept
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.inbox import Moment, who
from nomad_console.operations.journal import FORM, Head, Journal, JournalError, path_of, read
from nomad_console.operations.lock import Lock, NotLocked, Sessions
from nomad_console.operations.lock_file import Holder
from nomad_console.operations.means import Means
from nomad_console.operations.planner import AgentReads, Planner
from nomad_console.operations.probe import Probe
from nomad_console.operations.whereabouts import region_of
from nomad_console.settings.values import ClusterSettings, Missing
from nomad_console.upgrade.events import Closed, Event
from nomad_console.upgrade.resume import ReplayError


class UpgradeRefused(Exception):
    """A run cannot begin; the text says why and what would help.

    `takeover`: another run's lock may be taken over, where the operator says so.
    """

    def __init__(self, text: str, *, takeover: bool = False) -> None:
        self.takeover = takeover
        super().__init__(text)


class Watching(msgspec.Struct, frozen=True):
    """URLs to request during the run besides those of the settings, and how many may fail."""

    urls: tuple[str, ...] = ()
    budget: int = 0


class Upgrades:
    """One run at a time, for plans of `planner`. `current` is the one taken up last."""

    def __init__(
        self,
        settings: ClusterSettings,
        means: Means,
        *,
        planner: Planner,
        agents: AgentReads,
        sessions: Sessions | Missing,
        visit: Callable[[str], Awaitable[str]],
        where: Path,
    ) -> None:
        self.current: Conductor | None = None
        self.planner = planner
        self.abandoned = Abandoned(where, settings.label)
        self._settings = settings
        self._means = means
        self._agents = agents
        self._sessions = sessions
        self._visit = visit
        self._where = where

    async def begin(
        self, plan: Plan, watching: Watching | None = None, *, takeover: bool = False
    ) -> Conductor:
        """A conductor for the plan, locked, its journal begun; whoever owns it lets it `conduct`.

        Raises UpgradeRefused.
        """
        if plan.blocked:
            raise UpgradeRefused("the plan is blocked: see its findings")
        head = Head(
            form=FORM,
            by=who(),
            cluster=self._settings.label,
            begun_at=self._means.clock.now(),
            plan=plan,
        )
        lock = await self._locked(plan.run_id, takeover=takeover)
        return self._conducting(head, (), lock, watching or Watching(), again=False)

    async def resume(
        self, run_id: str, watching: Watching | None = None, *, takeover: bool = False
    ) -> Conductor:
        """A conductor that goes on with a run of this user's journals. Raises UpgradeRefused."""
        if not run_id.isalnum():
            raise UpgradeRefused("no id of a run")
        path = path_of(self._where, run_id)
        lock = await self._locked(run_id, takeover=takeover)
        try:
            head, events, _ = read(path)
        except JournalError as error:
            lock.leave()
            raise UpgradeRefused(str(error)) from error
        conductor = self._conducting(head, events, lock, watching or Watching(), again=True)
        if not conductor.run.active:
            await conductor.give_up()
            self.current = None
            raise UpgradeRefused(f"run {run_id} is over" if events else f"run {run_id} never began")
        return conductor

    async def restore(
        self, run_id: str, watching: Watching | None = None, *, takeover: bool = False
    ) -> Conductor:
        """The same, started, and on its way back from the first moment. Raises UpgradeRefused.

        Asked for again, a way back that is held goes on although what held it is still so.
        """
        conductor = await self.resume(run_id, watching, takeover=takeover)
        conductor.start()
        if conductor.run.restoring is None:
            conductor.restore(f"asked for by {who()}")
        elif conductor.run.hold is not None:
            conductor.release()
        return conductor

    async def close(self, run_id: str, found: Sequence[str], *, takeover: bool = False) -> Kept:
        """End a run where it stands, and free its lock; `found` is what the cluster is like now.

        Nothing is called but Consul, for the lock. Raises UpgradeRefused.
        """
        lock = await self._locked(run_id, takeover=takeover)
        try:
            kept = read_kept(path_of(self._where, run_id))
            if kept.run.ended_at is None:
                clock = self._means.clock
                moment: Moment = {"at": clock.now(), "elapsed": clock.elapsed()}
                journal = Journal(self._where, kept.head, again=True)
                journal.append(Closed(by=who(), found=tuple(found), **moment))
                journal.close()
        except JournalError as error:
            lock.leave()
            raise UpgradeRefused(str(error)) from error
        await lock.free()
        return read_kept(kept.path)

    def lose_terminal(self) -> None:
        """Freeze the run under way, whatever becomes of its screen."""
        if self.current is not None:
            self.current.lose_terminal()

    async def hang_up(self) -> bool:
        """The same; False where it is not certain that our drain has ended."""
        return self.current is None or await self.current.hang_up()

    async def _locked(self, run_id: str, *, takeover: bool) -> Lock:
        if self.current is not None and self.current.run.active:
            raise UpgradeRefused(f"run {self.current.run.plan.run_id} is not over yet")
        clock, region = self._means.clock, await self._region()
        lock = Lock(self._where, self._settings.name, region, self._sessions, clock)
        try:
            await lock.take(Holder(run_id, who(), os.getpid(), clock.now()), takeover=takeover)
        except NotLocked as error:
            raise UpgradeRefused(str(error), takeover=error.takeover) from error
        return lock

    async def _region(self) -> str:
        """Without the right to ask, none."""
        try:
            return await region_of(self._settings, self._agents)
        except ApiError:  # the key then names Nomad's default region
            return ""

    def _conducting(
        self, head: Head, events: Sequence[Event], lock: Lock, watching: Watching, *, again: bool
    ) -> Conductor:
        try:
            journal = Journal(self._where, head, again=again)
        except JournalError as error:
            lock.leave()
            raise UpgradeRefused(str(error)) from error
        settings, clock = self._settings, self._means.clock
        urls = (*settings.probe.urls, *watching.urls)
        probe = Probe(urls, settings.probe.rate, self._visit, clock, budget=watching.budget)
        try:
            self.current = Conductor(
                head.plan,
                means=self._means,
                journal=journal,
                lock=lock,
                probe=probe,
                host_limit_s=settings.host.time_limit_s,
                begun_by=head.by,
                events=events,
            )
        except ReplayError as error:
            journal.close()
            lock.leave()
            raise UpgradeRefused(f"{journal.path} cannot be gone on with: {error}") from error
        return self.current
