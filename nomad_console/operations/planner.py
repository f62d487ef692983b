"""From node ids to a plan, with what the settings say and the nodes' own agents know."""

import secrets
from collections.abc import Sequence
from typing import Protocol

import msgspec

from nomad_console.clients.errors import ApiError
from nomad_console.domain.plan import Plan, PlanOptions
from nomad_console.operations.conductor import Snapshots
from nomad_console.preflight.planning import make_plan
from nomad_console.settings.values import ClusterSettings


class AgentFacts(Protocol):
    """What is asked of a client's own agent."""

    @property
    def max_kill_timeout_s(self) -> float | None: ...


class AgentReads(Protocol):
    async def agent(self, node_id: str = "") -> AgentFacts: ...


class Planner:
    """Writes nothing. What `survey` learned stays known."""

    def __init__(self, settings: ClusterSettings, agents: AgentReads, snapshots: Snapshots) -> None:
        self._settings = settings
        self._agents = agents
        self._snapshots = snapshots
        self._kill_caps: dict[str, float | None] = {}

    def options(self, run_id: str = "") -> PlanOptions:
        """What the settings ask for, under a fresh id where none is given."""
        return PlanOptions(
            run_id=run_id or secrets.token_hex(4),
            host_command=self._settings.host.command,
            policy=self._settings.policy,
            edge_notice_s=self._settings.edge.notice_s,
        )

    async def survey(self, nodes: Sequence[str]) -> None:
        """Ask the agents of these nodes what only they know; silence stays unknown."""
        for node in nodes:
            if node not in self._kill_caps:
                try:
                    self._kill_caps[node] = (await self._agents.agent(node)).max_kill_timeout_s
                except ApiError:  # no right to read agents: the plan says that the cap is not known
                    self._kill_caps[node] = None

    def plan(self, nodes: Sequence[str], options: PlanOptions) -> Plan:
        """What upgrading these nodes, in this order, would do, as the cluster looks now."""
        caps = [self._kill_caps.get(node) for node in nodes]
        known = [cap for cap in caps if cap is not None]
        asked = msgspec.structs.replace(options, max_kill_timeout_s=min(known, default=None))
        return make_plan(self._snapshots.latest, tuple(nodes), asked)
