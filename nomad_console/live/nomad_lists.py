"""Nomad's lists, whole and page by page."""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeVar

import msgspec

from nomad_console.clients.errors import Refused
from nomad_console.clock import Clock
from nomad_console.live.apis import NomadApi, Page
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
K = TypeVar("K", bound=Hashable)


class PagedList(Protocol[T_co]):
    """A client's call for one page."""

    async def __call__(self, *, next_token: str = "") -> Page[T_co]: ...


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
        deployments, evaluations = nomad.deployments, nomad.blocked_evaluations

        async def all_deployments() -> int:
            page = await deployments()
            store.put_deployments(page.rows)
            kept.keep_deployments({row.id for row in page.rows}, page.index)
            return page.index

        async def all_evaluations() -> int:
            page = await evaluations()
            store.put_evaluations(page.rows)
            kept.keep_evaluations({row.id for row in page.rows}, page.index)
            return page.index

        indexes = [
            await self._allowed(
                "nodes",
                lambda: self._pages(
                    nomad.nodes, store.put_nodes, lambda row: row.id, kept.keep_nodes, pause_s
                ),
            ),
            await self._allowed(
                "allocations",
                lambda: self._pages(
                    nomad.allocations,
                    store.put_allocations,
                    lambda row: row.id,
                    kept.keep_allocations,
                    pause_s,
                ),
            ),
            await self._allowed("deployments", all_deployments),
            await self._allowed("evaluations", all_evaluations),
            await self._allowed(
                "jobs",
                lambda: self._pages(
                    nomad.job_stubs,
                    store.put_job_stubs,
                    lambda row: (row.namespace, row.id),
                    kept.keep_jobs,
                    pause_s,
                ),
            ),
        ]
        store.listed()
        return Listed(indexes[0] or 0, None not in indexes)

    async def _pages(
        self,
        call: PagedList[T],
        put: Callable[[Iterable[T]], None],
        key: Callable[[T], K],
        keep: Callable[[AbstractSet[K], int], None],
        pause_s: float,
    ) -> int:
        page = await call()
        index = page.index
        keys: set[K] = set()
        while True:
            put(page.rows)
            keys.update(map(key, page.rows))
            if not page.next_token:
                break
            await self._clock.sleep(pause_s)
            page = await call(next_token=page.next_token)
        keep(keys, index)
        return index

    async def _allowed(self, aspect: str, read: Callable[[], Awaitable[int]]) -> int | None:
        try:
            index = await read()
        except Refused as error:
            self._meter.failed(aspect, error)
            return None
        self._meter.recovered(aspect)
        return index
