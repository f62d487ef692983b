"""Nomad's lists, whole and page by page."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from nomad_console.clients.errors import Misread, Refused
from nomad_console.clock import Clock
from nomad_console.domain.job import JobStub
from nomad_console.domain.snapshot import JobKey
from nomad_console.live.apis import NomadApi, Page
from nomad_console.live.doubts import Doubts
from nomad_console.live.sources import SourceMeter
from nomad_console.live.staying import freeze
from nomad_console.live.store import ClusterStore
from nomad_console.live.table import Table

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


class Shelf(NamedTuple, Generic[T, K]):
    """Where a list's rows go. `lasting`: that it has none all at once is not to be expected."""

    path: str
    put: Callable[[Iterable[T]], None]
    key: Callable[[T], K]
    keep: Callable[[AbstractSet[K], int], None]
    table: Table[K, T]
    lasting: bool = False


class NomadLists:
    """One reading of everything; rows are shown as soon as their page is here."""

    def __init__(
        self, nomad: NomadApi, store: ClusterStore, meter: SourceMeter, clock: Clock
    ) -> None:
        self._nomad = nomad
        self._meter = meter
        self._clock = clock
        self._listed = store.listed
        self._doubts = Doubts(nomad, clock)
        self._doubted: list[Misread] = []
        kept = store.nomad
        self._nodes = Shelf(
            "/v1/nodes", store.put_nodes, _by_id, kept.keep_nodes, kept.nodes, lasting=True
        )
        self._allocations = Shelf(
            "/v1/allocations",
            store.put_allocations,
            _by_id,
            kept.keep_allocations,
            kept.allocations,
            lasting=True,
        )
        self._deployments = Shelf(
            "/v1/deployments",
            store.put_deployments,
            _by_id,
            kept.keep_deployments,
            kept.deployments,
        )
        self._evaluations = Shelf(
            "/v1/evaluations",
            store.put_evaluations,
            _by_id,
            kept.keep_evaluations,
            kept.blocked,
        )
        self._jobs = Shelf("/v1/jobs", store.put_job_stubs, _by_key, kept.keep_jobs, kept.job_stubs)

    async def read(self, *, pause_s: float = 0.0) -> Listed:
        """Read all lists; `pause_s` between pages spares the servers.

        A refused list does not keep the others away, nor does one that is not believed: that is
        raised in the end. Nomad answers from the leader, so what is read later is true at least as
        late: the first list's index holds for all of them.
        """
        nomad = self._nomad
        self._doubted.clear()
        indexes = [
            await self._allowed("nodes", self._pages(self._nodes, nomad.nodes, pause_s)),
            await self._allowed(
                "allocations", self._pages(self._allocations, nomad.allocations, pause_s)
            ),
            await self._allowed("deployments", self._whole(self._deployments, nomad.deployments())),
            await self._allowed(
                "evaluations", self._whole(self._evaluations, nomad.blocked_evaluations())
            ),
            await self._allowed("jobs", self._pages(self._jobs, nomad.job_stubs, pause_s)),
        ]
        if self._doubted:
            raise self._doubted[0]
        self._listed()
        return Listed(indexes[0] or 0, None not in indexes)

    async def _whole(self, shelf: Shelf[T, K], read: Awaitable[Page[T]]) -> int:
        page = await read
        if page.index >= self._doubts.newest(shelf.path):
            shelf.put(page.rows)
        await self._shelve(shelf, set(map(shelf.key, page.rows)), page.rows, page.index)
        return page.index

    async def _pages(self, shelf: Shelf[T, K], call: PagedList[T], pause_s: float) -> int:
        """The server works at the next page while this one is read."""
        keys: set[K] = set()
        held: list[T] = []  # of another history, maybe: not to be mixed with what is shown
        page = await call()
        index = page.index
        take = held.extend if index < self._doubts.newest(shelf.path) else shelf.put

        def apply(page: Page[T]) -> None:
            take(page.rows)
            keys.update(map(shelf.key, page.rows))
            freeze()  # rows stay

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
        await self._shelve(shelf, keys, held, index)
        return index

    async def _shelve(
        self, shelf: Shelf[T, K], keys: AbstractSet[K], held: Sequence[T], index: int
    ) -> None:
        """Forget what a whole listing does not hold, where it is believed; show what was held."""
        back = index < self._doubts.newest(shelf.path)
        emptied = shelf.lasting and not keys and bool(shelf.table.rows)
        if (back or emptied) and not await self._doubts.confirmed(shelf.path, index):
            self._doubted.append(self._doubts.told(shelf.path, index))
            return
        if back:  # the indexes of the rows that are shown are of another history
            shelf.keep(frozenset(), sys.maxsize)
            shelf.put(held)
        shelf.keep(keys, index)
        self._doubts.believe(shelf.path, index)

    async def _allowed(self, aspect: str, read: Awaitable[int]) -> int | None:
        try:
            index = await read
        except Refused as error:
            self._meter.failed(aspect, error)
            return None
        self._meter.recovered(aspect)
        return index
