"""Backends in memory: rows that a test changes, streams that it feeds, errors that it sets."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar

from nomad_console.clients.errors import ApiError, NotFound, Refused, Unreachable
from nomad_console.clients.listing import Listing
from nomad_console.clients.nomad_stream import Frame
from nomad_console.domain.allocation import Allocation, Deployment, Evaluation
from nomad_console.domain.job import Job, JobStub
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.service import HealthCheck, NodeHealth, ServiceSummary
from nomad_console.domain.target import Target, TargetGroup
from tests.support.records import a_detail

T = TypeVar("T")


class ServerRow(NamedTuple):
    version: str


class Subscription:
    """One connection to the event stream, as a test holds it."""

    def __init__(self, topics: Sequence[str], index: int, namespace: str) -> None:
        self.topics = tuple(topics)
        self.index = index
        self.namespace = namespace
        self.open = True
        self._queue: asyncio.Queue[Frame | ApiError] = asyncio.Queue()

    def send(self, index: int, *records: object) -> None:
        self._queue.put_nowait(Frame(index, records))  # type: ignore[arg-type]  # any record at all

    def heartbeat(self) -> None:
        self.send(0)

    def end(self) -> None:
        self._queue.put_nowait(unreachable("the event stream ended"))

    async def frames(self) -> AsyncGenerator[Frame]:
        try:
            yield Frame(0, ())
            while True:
                item = await self._queue.get()
                if isinstance(item, ApiError):
                    raise item
                yield item
        finally:
            self.open = False


def unreachable(text: str = "connection refused") -> Unreachable:
    return Unreachable("nomad", "GET /v1/x", None, text)


def refusal(right: str = "node:read", endpoint: str = "GET /v1/event/stream") -> Refused:
    error = Refused("nomad", endpoint, 403, "Permission denied", hint=f"the token needs {right}")
    error.right = right
    return error


class ScriptedNomad:
    """`failing` maps a method's name to what it raises; `asked` lists the calls made."""

    def __init__(self, page: int = 1000) -> None:
        self.index = 100
        self.page = page
        self.node_rows: dict[str, Node] = {}
        self.detail_rows: dict[str, NodeDetail] = {}
        self.allocation_rows: dict[str, Allocation] = {}
        self.jobs: dict[tuple[str, str], Job] = {}
        self.stubs: list[JobStub] = []
        self.deployment_rows: list[Deployment] = []
        self.evaluation_rows: list[Evaluation] = []
        self.namespace_names: tuple[str, ...] = ("default",)
        self.versions: tuple[str, ...] = ("2.0.5",)
        self.leader_address = "10.0.0.9:4647"
        self.failing: dict[str, ApiError] = {}
        self.refused_namespaces: set[str] = set()
        self.asked: list[tuple[str, ...]] = []
        self.subscriptions: list[Subscription] = []
        self.between_pages = asyncio.Event()
        self.between_pages.set()

    def count(self, method: str) -> int:
        return sum(call[0] == method for call in self.asked)

    @property
    def stream(self) -> Subscription:
        return self.subscriptions[-1]

    def _ask(self, method: str, *args: str) -> None:
        self.asked.append((method, *args))
        if method in self.failing:
            raise self.failing[method]

    async def _page(self, rows: Sequence[T], token: str) -> Listing[T]:
        start = int(token or 0)
        if start:
            await self.between_pages.wait()
        after = start + self.page
        token = str(after) if after < len(rows) else ""
        return Listing(tuple(rows[start:after]), self.index, token)

    async def nodes(
        self, *, next_token: str = "", index: int = 0, wait_s: float = 0.0
    ) -> Listing[Node]:
        self._ask("nodes blocking" if wait_s else "nodes", str(index))
        return await self._page([self.node_rows[key] for key in sorted(self.node_rows)], next_token)

    async def allocations(self, *, next_token: str = "") -> Listing[Allocation]:
        self._ask("allocations", next_token)
        rows = [self.allocation_rows[key] for key in sorted(self.allocation_rows)]
        return await self._page(rows, next_token)

    async def node_allocations(self, node_id: str) -> Listing[Allocation]:
        self._ask("node_allocations", node_id)
        rows = [row for row in self.allocation_rows.values() if row.node_id == node_id]
        return Listing(tuple(rows), self.index)

    async def node(self, node_id: str) -> tuple[Node, NodeDetail]:
        self._ask("node", node_id)
        return self.node_rows[node_id], self.detail_rows.get(node_id, a_detail(node_id))

    async def allocation(self, alloc_id: str) -> Allocation:
        self._ask("allocation", alloc_id)
        return self.allocation_rows[alloc_id]

    async def job_stubs(self, *, next_token: str = "") -> Listing[JobStub]:
        self._ask("job_stubs", next_token)
        return await self._page(self.stubs, next_token)

    async def job(self, namespace: str, job_id: str) -> Job:
        self._ask("job", namespace, job_id)
        if (namespace, job_id) not in self.jobs:
            raise NotFound("nomad", f"GET /v1/job/{job_id}", 404, "job not found")
        return self.jobs[namespace, job_id]

    async def deployments(self) -> Listing[Deployment]:
        self._ask("deployments")
        return Listing(tuple(self.deployment_rows), self.index)

    async def blocked_evaluations(self) -> Listing[Evaluation]:
        self._ask("blocked_evaluations")
        return Listing(tuple(self.evaluation_rows), self.index)

    async def namespaces(self) -> tuple[str, ...]:
        self._ask("namespaces")
        return self.namespace_names

    async def servers(self) -> Sequence[ServerRow]:
        self._ask("servers")
        return [ServerRow(version) for version in self.versions]

    async def leader(self) -> str:
        self._ask("leader")
        return self.leader_address

    async def events(
        self, topics: Sequence[str], *, index: int = 0, namespace: str = "*"
    ) -> AsyncGenerator[Frame]:
        self._ask("events", namespace)
        if namespace in self.refused_namespaces:
            raise refusal("namespace:read-job in every namespace asked for")
        subscription = Subscription(topics, index, namespace)
        self.subscriptions.append(subscription)
        frames = subscription.frames()
        try:
            async for frame in frames:
                yield frame
        finally:
            await frames.aclose()


class ScriptedConsul:
    """Blocking queries answer when `change` is called, or at once for an index of 0."""

    def __init__(self) -> None:
        self.index = 7
        self.service_rows: list[ServiceSummary] = []
        self.check_rows: dict[str, list[HealthCheck]] = {"critical": [], "warning": []}
        self.machines: dict[str, NodeHealth] = {}
        self.failing: dict[str, ApiError] = {}
        self.waits: list[float] = []
        self.asked: list[tuple[str, ...]] = []
        self._changed = asyncio.Event()

    def count(self, method: str) -> int:
        return sum(call[0] == method for call in self.asked)

    def change(self) -> None:
        self.index += 1
        self.wake()

    def wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _block(self, method: str, index: int) -> None:
        self.asked.append((method, str(index)))
        if method not in self.failing and index >= self.index:
            await self._changed.wait()
        if method in self.failing:
            raise self.failing[method]

    async def services(self, index: int, wait_s: float) -> Listing[ServiceSummary]:
        assert wait_s > 0
        await self._block("services", index)
        return Listing(tuple(self.service_rows), self.index)

    async def checks(self, state: str, index: int, wait_s: float) -> Listing[HealthCheck]:
        assert wait_s > 0
        self.waits.append(wait_s)
        await self._block(state, index)
        return Listing(tuple(self.check_rows[state]), self.index)

    async def node_health(self, name: str) -> NodeHealth:
        self.asked.append(("node_health", name))
        if "node_health" in self.failing:
            raise self.failing["node_health"]
        return self.machines.get(name, NodeHealth(name, (), ()))


class ScriptedAlb:
    """`asked` has (method, arn) for each describe made."""

    def __init__(self) -> None:
        self.groups: list[TargetGroup] = []
        self.target_rows: dict[str, list[Target]] = {}
        self.attribute_rows: dict[str, dict[str, str]] = {}
        self.failing: dict[str, ApiError] = {}
        self.asked: list[tuple[str, str]] = []

    def count(self, method: str, arn: str | None = None) -> int:
        return sum(call[0] == method and arn in {None, call[1]} for call in self.asked)

    def _ask(self, method: str, arn: str = "") -> None:
        self.asked.append((method, arn))
        if method in self.failing:
            raise self.failing[method]

    async def target_groups(self) -> tuple[TargetGroup, ...]:
        self._ask("target_groups")
        return tuple(self.groups)

    async def attributes(self, arn: str) -> Mapping[str, str]:
        self._ask("attributes", arn)
        return self.attribute_rows.get(arn, {})

    async def targets(self, arn: str) -> tuple[Target, ...]:
        self._ask("targets", arn)
        return tuple(self.target_rows.get(arn, ()))


@asynccontextmanager
async def running(work: Coroutine[object, object, object]) -> AsyncIterator[None]:
    """Run something endless for as long as the block lasts; its failure is the test's."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(work)
        yield
        task.cancel()
