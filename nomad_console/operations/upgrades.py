"""Where a screen or a command gets its plan and begins a run."""

import getpass
import secrets
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from nomad_console.clients.errors import ApiError
from nomad_console.clock import Clock
from nomad_console.domain.plan import Plan, PlanOptions
from nomad_console.operations.conductor import Conductor, Snapshots
from nomad_console.operations.journal import FORM, Head, Journal, JournalError
from nomad_console.operations.writer import Writer
from nomad_console.preflight.planning import make_plan
from nomad_console.settings.values import ClusterSettings


class AgentFacts(Protocol):
    """What is asked of a client's own agent."""

    @property
    def max_kill_timeout_s(self) -> float | None: ...


class AgentReads(Protocol):
    async def agent(self, node_id: str = "") -> AgentFacts: ...


class UpgradeRefused(Exception):
    """A run cannot begin; the text says why and what would help."""


class Upgrades:
    """One run at a time. `current` is the one begun last, also when it is over."""

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
        self._agents = agents
        self._writer = writer
        self._snapshots = snapshots
        self._nudge = nudge
        self._clock = clock
        self._where = where
        self._kill_caps: dict[str, float | None] = {}

    async def survey(self, nodes: Sequence[str]) -> None:
        """Ask the agents of these nodes what only they know; silence stays unknown."""
        for node in nodes:
            if node not in self._kill_caps:
                try:
                    self._kill_caps[node] = (await self._agents.agent(node)).max_kill_timeout_s
                except ApiError:  # no right to read agents: the plan says that the cap is not known
                    self._kill_caps[node] = None

    def plan(self, nodes: Sequence[str], run_id: str = "") -> Plan:
        """What upgrading these nodes, in this order, would do, as the cluster looks now."""
        caps = [self._kill_caps.get(node) for node in nodes]
        known = [cap for cap in caps if cap is not None]
        return make_plan(
            self._snapshots.latest,
            tuple(nodes),
            PlanOptions(
                run_id=run_id or secrets.token_hex(4),
                host_command=self._settings.host.command,
                policy=self._settings.policy,
                edge_notice_s=self._settings.edge.notice_s,
                max_kill_timeout_s=min(known, default=None),
            ),
        )

    def begin(self, plan: Plan) -> Conductor:
        """A conductor for the plan, its journal begun; whoever owns it lets it `conduct`."""
        if self.current is not None and self.current.run.active:
            raise UpgradeRefused(f"run {self.current.run.plan.run_id} is not over yet")
        if plan.blocked:
            raise UpgradeRefused("the plan is blocked: see its findings")
        head = Head(
            form=FORM,
            by=f"{getpass.getuser()}@{socket.gethostname()}",
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
