"""Where a screen or a command begins a run."""

import getpass
import os
import socket
from collections.abc import Callable
from pathlib import Path

from nomad_console.clock import Clock
from nomad_console.domain.plan import Plan
from nomad_console.operations.conductor import Conductor, Snapshots
from nomad_console.operations.journal import FORM, Head, Journal, JournalError
from nomad_console.operations.planner import AgentReads, Planner
from nomad_console.operations.writer import Writer
from nomad_console.settings.values import ClusterSettings


class UpgradeRefused(Exception):
    """A run cannot begin; the text says why and what would help."""


class Upgrades:
    """One run at a time, for plans of `planner`. `current` is the one begun last."""

    def __init__(
        self,
        settings: ClusterSettings,
        *,
        agents: AgentReads,
        writer: Writer,
        snapshots: Snapshots,
        nudge: Callable[[frozenset[str]], None],
        clock: Clock,
        where: Path,
    ) -> None:
        self.current: Conductor | None = None
        self._settings = settings
        self.planner = Planner(settings, agents, snapshots)
        self._writer = writer
        self._snapshots = snapshots
        self._nudge = nudge
        self._clock = clock
        self._where = where

    def begin(self, plan: Plan) -> Conductor:
        """A conductor for the plan, its journal begun; whoever owns it lets it `conduct`."""
        if self.current is not None and self.current.run.active:
            raise UpgradeRefused(f"run {self.current.run.plan.run_id} is not over yet")
        if plan.blocked:
            raise UpgradeRefused("the plan is blocked: see its findings")
        head = Head(
            form=FORM,
            by=f"{_user()}@{socket.gethostname()}",
            cluster=self._settings.label,
            begun_at=self._clock.now(),
            plan=plan,
        )
        try:
            journal = Journal(self._where, head)
        except JournalError as error:
            raise UpgradeRefused(str(error)) from error
        self.current = Conductor(
            plan,
            writer=self._writer,
            journal=journal,
            snapshots=self._snapshots,
            clock=self._clock,
            nudge=self._nudge,
            host_limit_s=self._settings.host.time_limit_s,
        )
        return self.current


def _user() -> str:
    """Containers run users that have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
