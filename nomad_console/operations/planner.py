"""From node ids to a plan, with what the settings say and what only a question can tell."""

import asyncio
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from nomad_console.clients.errors import ApiError, Unreachable
from nomad_console.domain.facts import Facts, ScalingInstance
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.plan import Plan, PlanOptions
from nomad_console.operations.hosts import unrunnable
from nomad_console.operations.means import Snapshots
from nomad_console.preflight.planning import make_plan
from nomad_console.settings.values import ClusterSettings


class AgentFacts(Protocol):
    """What is asked of an agent; `max_kill_timeout_s` only of a client's own."""

    @property
    def max_kill_timeout_s(self) -> float | None: ...

    @property
    def region(self) -> str: ...


class TokenFacts(Protocol):
    """What is asked about our own token."""

    @property
    def expires_at(self) -> datetime | None: ...


class AgentReads(Protocol):
    async def agent(self, node_id: str = "") -> AgentFacts: ...
    async def node(self, node_id: str) -> tuple[Node, NodeDetail]: ...
    async def token(self) -> TokenFacts: ...


class ScalingReads(Protocol):
    async def instances(self, ids: Collection[str]) -> tuple[ScalingInstance, ...]: ...


class Planner:
    """Writes nothing. Whoever shows a plan lets it `survey` the nodes first, or meanwhile."""

    def __init__(
        self,
        settings: ClusterSettings,
        agents: AgentReads,
        snapshots: Snapshots,
        scaling: ScalingReads | None = None,
    ) -> None:
        self._settings = settings
        self._agents = agents
        self._snapshots = snapshots
        self._scaling = scaling
        self._surveyed: set[str] = set()
        self._kill_caps: dict[str, float] = {}
        self._silent: dict[str, str] = {}
        self._expires_at: datetime | None = None
        self._members: dict[str, ScalingInstance] = {}
        self._members_asked: set[str] = set()
        self._scaling_unknown = ""

    def options(self, run_id: str = "") -> PlanOptions:
        """What the settings ask for, under a fresh id where none is given."""
        edge = self._settings.edge
        return PlanOptions(
            run_id=run_id or secrets.token_hex(4),
            host_command=self._settings.host.command,
            policy=self._settings.policy,
            edge_notice_s=edge.notice_s,
            edge_job=edge.job,
            longest_request_s=edge.longest_request_s,
        )

    async def survey(self, nodes: Sequence[str]) -> None:
        """Ask the nodes' agents, Auto Scaling and the token's own record; silence stays unknown."""
        async with asyncio.TaskGroup() as questions:
            questions.create_task(self._ask_token())
            questions.create_task(self._ask_scaling(nodes))
            for node in dict.fromkeys(nodes):
                questions.create_task(self._ask_agent(node))
        self._surveyed.update(nodes)

    def plan(self, nodes: Sequence[str], options: PlanOptions) -> Plan:
        """What upgrading these nodes, in this order, would do, as the cluster looks now."""
        facts = Facts(
            pending=not self._surveyed.issuperset(nodes),
            kill_caps=self._kill_caps,
            silent=self._silent,
            token_expires_at=self._expires_at,
            scaling=self._members,
            scaling_asked=frozenset(self._members_asked),
            scaling_unknown=self._scaling_unknown,
        )
        asked = msgspec.structs.replace(options, facts=facts)
        plan = make_plan(self._snapshots.latest, tuple(nodes), asked)
        missing = _unrunnable(plan)
        if not missing:
            return plan
        facts = msgspec.structs.replace(facts, unrunnable=missing)
        asked = msgspec.structs.replace(options, facts=facts)
        return make_plan(self._snapshots.latest, tuple(nodes), asked)

    async def _ask_agent(self, node: str) -> None:
        if node in self._kill_caps:
            return
        self._silent.pop(node, None)
        try:
            cap = (await self._agents.agent(node)).max_kill_timeout_s
        except Unreachable as error:
            self._silent[node] = error.text
        except ApiError:  # no right to read agents: the plan says that the cap is not known
            return
        else:
            if cap is not None:
                self._kill_caps[node] = cap

    async def _ask_token(self) -> None:
        try:
            self._expires_at = (await self._agents.token()).expires_at
        except ApiError:  # nothing is said about a token that may not read itself
            self._expires_at = None

    async def _ask_scaling(self, nodes: Sequence[str]) -> None:
        if self._scaling is None:
            return
        try:
            ids = {await self._instance(node) for node in nodes} - {""}
            found = await self._scaling.instances(ids) if ids else ()
        except ApiError as error:
            self._scaling_unknown = str(error)
            return
        self._scaling_unknown = ""
        self._members_asked |= ids
        self._members = {
            **{key: one for key, one in self._members.items() if key not in ids},
            **{one.instance_id: one for one in found},
        }

    async def _instance(self, node: str) -> str:
        detail = self._snapshots.latest.details.get(node)
        if detail is None:
            _, detail = await self._agents.node(node)
        return detail.instance_id


def _unrunnable(plan: Plan) -> dict[str, str]:
    """The programs that the nodes' host commands would start in vain, and why."""
    programs = {one.host_argv[0] for one in plan.nodes if one.host_argv}
    return {program: why for program in sorted(programs) if (why := unrunnable(program))}
