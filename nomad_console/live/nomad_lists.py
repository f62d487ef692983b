"""Nomad's lists, whole and page by page."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Protocol, TypeVar

import msgspec

from nomad_console.clients.errors import Refused
from nomad_console.clock import Clock
from nomad_console.domain.job import JobStub
from nomad_console.domain.snapshot import JobKey
from nomad_console.live.apis import NomadApi, Page
from nomad_console.live.sources import SourceMeter
from nomad_console.live.staying import freeze
from nomad_console.live.store import ClusterStore

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
K = TypeVar("K", bound=Hashable)


class Identified(Protocol):
    """A record with an id of its own."""

    @property
    def id(self) -> str: ...


def _by_id(row: Identified) -> str:
    return row.id


def _by_key(row: JobStub) -> JobKey:
    return row.namespace, row.id


class PagedList(Protocol[T_co]):
    """A client's call for one page."""

    def __call__(self, *, next_token: str = "") -> Coroutine[Any, Any, Page[T_co]]: ...


class Listed(msgspec.Struct, frozen=True):
    """Every row written up to `index` is applied. `all_allowed`: no list was refused."""

    index: int
    all_allowed: bool


class NomadLists:
    """One reading of everything; rows are shown as soon as their page is here."""

    def __init__(
        self, nomad: NomadApi, store: ClusterStore, meter: SourceMeter, clock: Clock
    ) -> None:
        self._nomad = nomad
        self._store = store
        self._meter = meter
        self._clock = clock

    async def read(self, *, pause_s: float = 0.0) -> Listed:
        """Read all lists; `pause_s` between pages spares the servers.

        A refused list does not keep the others away. Nomad answers from the leader, so what is
        read later is true at least as late: the first list's index holds for all of them.
        """
        nomad, store, kept = self._nomad, self._store, self._store.nomad
        indexes = [
            await self._allowed(
                "nodes",
                self._pages(nomad.nodes, store.put_nodes, _by_id, kept.keep_nodes, pause_s),
            ),
            await self._allowed(
                "allocations",
                self._pages(
                    nomad.allocations, store.put_allocations, _by_id, kept.keep_allocations, pause_s
                ),
            ),
            await self._allowed("deployments", self._deployments()),
            await self._allowed("evaluations", self._evaluations()),
            await self._allowed(
                "jobs",
                self._pages(nomad.job_stubs, store.put_job_stubs, _by_key, kept.keep_jobs, pause_s),
            ),
        ]
        store.listed()
        return Listed(indexes[0] or 0, None not in indexes)

    async def _deployments(self) -> int:
        page = await self._nomad.deployments()
        self._store.put_deployments(page.rows)
        self._store.nomad.keep_deployments(set(map(_by_id, page.rows)), page.index)
        return page.index

    async def _evaluations(self) -> int:
        page = await self._nomad.blocked_evaluations()
        self._store.put_evaluations(page.rows)
        self._store.nomad.keep_evaluations(set(map(_by_id, page.rows)), page.index)
        return page.index

    async def _pages(
        self,
        call: PagedList[T],
        put: Callable[[Iterable[T]], None],
        key: Callable[[T], K],
        keep: Callable[[AbstractSet[K], int], None],
        pause_s: float,
    ) -> int:
        """The server works at the next page while this one is read."""
        keys: set[K] = set()

        def apply(page: Page[T]) -> None:
            put(page.rows)
            keys.update(map(key, page.rows))
            freeze()  # rows stay

        page = await call()
        index = page.index
        while page.next_token:
            try:
                async with asyncio.TaskGroup() as tasks:
                    following = tasks.create_task(call(next_token=page.next_token))
                    await self._clock.sleep(0)
                    apply(page)
                    await self._clock.sleep(pause_s)
            except ExceptionGroup as failed:
                raise failed.exceptions[0] from None
            page = following.result()
        apply(page)
        keep(keys, index)
        return index

    async def _allowed(self, aspect: str, read: Awaitable[int]) -> int | None:
        try:
            index = await read
        except Refused as error:
            self._meter.failed(aspect, error)
            return None
        self._meter.recovered(aspect)
        return index
