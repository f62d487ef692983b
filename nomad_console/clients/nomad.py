"""Nomad: lists, blocking queries and events over httpx, the rest through python-nomad."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TypeVar
from urllib.parse import quote

from nomad_console.clients import nomad_agent_wire as agent_wire
from nomad_console.clients import nomad_job_wire as job_wire
from nomad_console.clients import nomad_node_wire as node_wire
from nomad_console.clients import nomad_wire as wire
from nomad_console.clients.errors import ApiError, Refused, Unreachable, absent, refused
from nomad_console.clients.guard import nomad_guard
from nomad_console.clients.http import Access, HttpReads, misread
from nomad_console.clients.lacks import Lacks
from nomad_console.clients.listing import Listing, Page
from nomad_console.clients.nomad_calls import DrainSpec, NomadCalls
from nomad_console.clients.nomad_lists import (
    ALLOCATIONS,
    DEPLOYMENTS,
    EVALUATIONS,
    JOBS,
    NODES,
    NomadLists,
)
from nomad_console.clients.nomad_stream import ENDPOINT, Frame, frame, lines, topic_parameters
from nomad_console.clients.threads import Threads
from nomad_console.clients.wire import decoded
from nomad_console.domain.agent import Agent, Server, Token
from nomad_console.domain.allocation import Allocation, Deployment, Evaluation
from nomad_console.domain.backend import Lack
from nomad_console.domain.job import Job, JobStub
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.rights import Policy
from nomad_console.settings.values import NomadSettings

PAGE = 1_000
ACCEPTED_S = 5.0  # a refused stream is a 200 that stays silent (nomad/event_endpoint.go)

W = TypeVar("W")
S = TypeVar("S", node_wire.NodeWire, wire.AllocationWire, job_wire.JobWire)


class Nomad:
    """One cluster's API, read-only by its transport where asked.

    Three pooled connections, one for each stream, one more for writes. Methods raise ApiError.
    """

    def __init__(self, settings: NomadSettings, threads: Threads, *, read_only: bool) -> None:
        self.guard = nomad_guard(read_only=read_only)
        self.lacks = Lacks()
        access = Access("nomad", settings.address, settings.token, "X-Nomad-Token", settings.tls)
        self._settings = settings
        self._threads = threads
        self._reads = HttpReads(access, self.guard, connections=2)
        self._calls = NomadCalls(settings, access, self.guard)
        self._writes = NomadCalls(settings, access, self.guard)  # no write waits behind a read
        self._lists = NomadLists(self._reads, settings.region, self.lacks, self.namespaces)
        self._single = asyncio.Semaphore(1)  # one connection for single reads: no thread waits

    async def nodes(
        self, *, next_token: str = "", index: int = 0, wait_s: float = 0.0
    ) -> Page[Node]:
        """`index` and `wait_s` make it a blocking query; every allocation update wakes it."""
        params = _page(PAGE, next_token) | _blocking(index, wait_s)
        return await self._lists.page(NODES, params, wait_s)

    async def allocations(
        self,
        *,
        next_token: str = "",
        where: str = "",
        task_states: bool = False,
        per_page: int = PAGE,
    ) -> Page[Allocation]:
        """`where` is Nomad's filter over the whole allocation, such as `NodeID == "…"`."""
        params = self._allocations(where, task_states=task_states) | _page(per_page, next_token)
        return await self._lists.page(ALLOCATIONS, params)

    async def node_allocations(self, node_id: str) -> Listing[Allocation]:
        """All of a node's, with task states; the index is the first page's."""
        params = self._allocations(f'NodeID == "{node_id}"', task_states=True)
        return await self._lists.of_node(node_id, params | _page(PAGE, ""))

    async def node(self, node_id: str) -> tuple[Node, NodeDetail]:
        """Over httpx, unlike other single reads: a cluster's nodes are read 50 a second."""
        path = f"/v1/node/{quote(node_id, safe='')}"
        answer = await self._reads.get(path, self._in_region({}))
        found = decoded("nomad", f"GET {path}", answer.body, node_wire.NodeWire)
        _same("node", node_id, found)
        return node_wire.node(found), node_wire.node_detail(found)

    async def allocation(self, alloc_id: str) -> Allocation:
        kind = wire.AllocationWire
        found = _same("allocation", alloc_id, await self._single_read(kind, "allocation", alloc_id))
        return wire.allocation(found, whole=True)

    async def job_stubs(self, *, next_token: str = "") -> Page[JobStub]:
        params = _page(PAGE, next_token) | {"namespace": self._settings.namespace}
        return await self._lists.page(JOBS, params)

    async def job(self, namespace: str, job_id: str) -> Job:
        found = _same(
            "job",
            job_id,
            await self._single_read(job_wire.JobWire, "job", job_id, namespace=namespace),
        )
        return job_wire.job(found)

    async def deployments(self) -> Listing[Deployment]:
        return await self._lists.every(DEPLOYMENTS, {"namespace": self._settings.namespace})

    async def blocked_evaluations(self) -> Listing[Evaluation]:
        params = {"namespace": self._settings.namespace, "filter": 'Status == "blocked"'}
        return await self._lists.only(EVALUATIONS, params, lambda row: row.status == "blocked")

    async def namespaces(self) -> tuple[str, ...]:
        """Those the token may see; Refused where it may see none."""
        try:
            found = await self._single_read(list[agent_wire.NamespaceWire], "namespaces")
        except ApiError as error:
            if not absent(error):
                raise
            self.lacks.add(Lack.NAMESPACES)
            return ("default",)
        return tuple(sorted(namespace.name for namespace in found))

    async def agent(self, node_id: str = "") -> Agent:
        """The agent at our address, or a node's own, asked at its own address."""
        if not node_id:
            return agent_wire.agent(await self._single_read(agent_wire.AgentWire, "agent", "self"))
        _, detail = await self.node(node_id)
        answer = await self._reads.get("/v1/agent/self", at=detail.http_address)
        return agent_wire.agent(
            decoded("nomad", "GET /v1/agent/self", answer.body, agent_wire.AgentWire)
        )

    async def servers(self) -> tuple[Server, ...]:
        found = await self._single_read(agent_wire.MembersWire, "agent", "members")
        return tuple(agent_wire.servers(found))

    async def leader(self) -> str:
        """`address:port` of the leader's RPC; "" without one."""
        return await self._single_read(str, "status/leader")

    async def token(self) -> Token:
        """Our own: "anonymous" without one, "acls-disabled" where there are no ACLs."""
        try:
            found = await self._single_read(agent_wire.TokenWire, "acl", "token", "self")
        except ApiError as error:
            if "acl support disabled" in error.text.lower():
                return agent_wire.NO_ACLS
            if isinstance(error, Refused) and not self._settings.token:
                return agent_wire.NOBODY
            raise
        return agent_wire.token(found)

    async def policy(self, name: str) -> Policy | None:
        """A policy of our own token; None where the server does not spell its rules out."""
        return agent_wire.policy(
            await self._single_read(agent_wire.PolicyWire, "acl", "policy", name)
        )

    async def may_read(self, path: str) -> bool:
        """Whether one row of this list, or this record, is given to our token."""
        try:
            await self._reads.get(path, self._in_region({"per_page": "1"}))
        except Refused:
            return False
        return True

    async def events(
        self, topics: Sequence[str], *, index: int = 0, namespace: str = "*"
    ) -> AsyncGenerator[Frame, None]:
        """Frames for ever; the first is the heartbeat of acceptance.

        Refused where nothing comes within 5 s of the 200, Unreachable when the stream ends.
        """
        params: list[tuple[str, str | int | float | bool | None]] = [*topic_parameters(topics)]
        params.append(("namespace", namespace))
        if index:
            params.append(("index", str(index)))
        params += self._in_region({}).items()
        async with (
            self._reads.stream("/v1/event/stream", params) as chunks,
            aclosing(lines(chunks)) as found,
        ):
            yield frame(await _accepted(found))
            async for line in found:
                yield frame(line)
        raise Unreachable("nomad", ENDPOINT, None, "the event stream ended")

    async def drain(
        self,
        node_id: str,
        spec: DrainSpec | None,
        *,
        mark_eligible: bool,
        meta: Mapping[str, str],
    ) -> int:
        """Set, change or (None) end a node's drain; the raft index of the write, 0: no change."""
        return await self._threads.write(
            self._writes.drain, node_id, spec, meta, mark_eligible=mark_eligible
        )

    async def set_eligibility(self, node_id: str, *, eligible: bool) -> int:
        return await self._threads.write(self._writes.set_eligibility, node_id, eligible=eligible)

    async def evaluate_job(self, namespace: str, job_id: str) -> int:
        return await self._threads.write(self._writes.evaluate_job, namespace, job_id)

    async def stop_allocation(self, alloc_id: str) -> int:
        """Its job may put another in its place, elsewhere where this node is ineligible."""
        return await self._threads.write(self._writes.stop_allocation, alloc_id)

    async def close(self) -> None:
        await self._reads.close()
        self._calls.close()
        self._writes.close()

    def _allocations(self, where: str, *, task_states: bool) -> dict[str, str]:
        params = {"namespace": self._settings.namespace, "resources": "true"}
        slim = {} if task_states else {"task_states": "false"}
        return params | slim | ({"filter": where} if where else {})

    async def _single_read(self, kind: type[W], *parts: str, **params: str) -> W:
        async with self._single:
            body = await self._threads.call(self._calls.read, *parts, **params)
        return decoded("nomad", f"GET /v1/{'/'.join(parts)}", body, kind)

    def _in_region(self, params: Mapping[str, str]) -> dict[str, str]:
        region = {"region": self._settings.region} if self._settings.region else {}
        return {**params, **region}


def _same(what: str, asked: str, found: S) -> S:
    """The record, or Misread where it is another's: two IDs in one object, a proxy's mix-up."""
    if found.id.lower() != asked.lower():  # a UUID is found in either case
        error = ValueError(f"another {what} than was asked for")
        raise misread("nomad", f"GET /v1/{what}/{asked}", error)
    return found


async def _accepted(found: AsyncIterator[bytes]) -> bytes:
    try:
        async with asyncio.timeout(ACCEPTED_S):
            return await anext(found)
    except (TimeoutError, StopAsyncIteration):
        raise _silent() from None


def _silent() -> Refused:
    return refused(
        "nomad",
        ENDPOINT,
        200,
        "accepted in form only: the token may not read all of these topics and namespaces",
        right="node:read and namespace:read-job in every namespace asked for",
    )


def _page(per_page: int, next_token: str) -> dict[str, str]:
    token = {"next_token": next_token} if next_token else {}
    return {"per_page": str(per_page), **token}


def _blocking(index: int, wait_s: float) -> dict[str, str]:
    if wait_s <= 0:
        return {}
    return {"index": str(index), "wait": f"{round(wait_s * 1000)}ms"}
