"""Readings that only a detail screen needs: the one way from a screen to an API."""

from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import TypeVar

from nomad_console.clients.errors import ApiError
from nomad_console.clock import Clock
from nomad_console.domain.allocation import Allocation
from nomad_console.domain.job import Job
from nomad_console.domain.node import NodeDetail
from nomad_console.domain.service import NodeHealth
from nomad_console.domain.snapshot import Reading, SourceName
from nomad_console.domain.target import Target
from nomad_console.live.apis import AlbApi, ConsulApi, NomadApi
from nomad_console.live.store import ClusterStore
from nomad_console.settings.values import Missing

T = TypeVar("T")


class LookupFailed(Exception):
    """What could not be read and why, in words; `hint`: what would help."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Lookups:
    """Each answer goes into the store as well: every view shows the newest that is known."""

    def __init__(
        self,
        nomad: NomadApi,
        consul: ConsulApi | Missing,
        alb: AlbApi | Missing,
        store: ClusterStore,
        clock: Clock,
        asked: Mapping[SourceName, str] = MappingProxyType({}),
    ) -> None:
        """`asked`: the address of each, as it may be shown; said with every failure."""
        self._asked = asked
        self._nomad = nomad
        self._consul = consul
        self._alb = alb
        self._store = store
        self._clock = clock

    async def node(self, node_id: str) -> NodeDetail:
        node, detail = await self._answer(SourceName.NOMAD, self._nomad.node(node_id))
        self._store.put_details((detail,))
        self._store.put_nodes((node,))
        return detail

    async def node_allocations(self, node_id: str) -> tuple[Allocation, ...]:
        """Everything on the node, with task states."""
        page = await self._answer(SourceName.NOMAD, self._nomad.node_allocations(node_id))
        self._store.put_allocations(page.rows)
        return page.rows

    async def allocation(self, allocation_id: str) -> Allocation:
        """One allocation with its tasks and their events."""
        found = await self._answer(SourceName.NOMAD, self._nomad.allocation(allocation_id))
        self._store.put_allocations((found,))
        return found

    async def job(self, namespace: str, job_id: str) -> Job:
        found = await self._answer(SourceName.NOMAD, self._nomad.job(namespace, job_id))
        self._store.put_jobs((found,))
        return found

    async def node_health(self, consul_name: str) -> NodeHealth:
        """All that Consul holds of a machine, under Consul's name for it."""
        reading = Reading(self._clock.now())
        health = await self._answer(
            SourceName.CONSUL, _configured(self._consul).node_health(consul_name)
        )
        self._store.put_node_health(health, reading)
        return health

    async def targets(self, arn: str) -> tuple[Target, ...]:
        """A target group's whole listing."""
        reading = Reading(self._clock.now())
        targets = await self._answer(SourceName.ALB, _configured(self._alb).targets(arn))
        self._store.put_targets(arn, targets, reading)
        return targets

    async def _answer(self, source: SourceName, call: Awaitable[T]) -> T:
        try:
            return await call
        except ApiError as error:
            address = self._asked.get(source, "")
            asked = f" (asked {address})" if address else ""
            raise LookupFailed(f"{error}{asked}", error.hint) from None


def _configured(backend: T | Missing) -> T:
    if isinstance(backend, Missing):
        raise LookupFailed(backend.reason, backend.hint)
    return backend
