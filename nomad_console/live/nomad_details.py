"""What lists do not tell: single nodes, task states, whole jobs, servers."""

import asyncio
from collections.abc import Iterator
from typing import NoReturn

from nomad_console.clients.errors import ApiError, Misread, NotFound
from nomad_console.clock import Clock
from nomad_console.domain.snapshot import JobKey
from nomad_console.live.apis import NomadApi
from nomad_console.live.interest import Interest
from nomad_console.live.machine_cache import MachineCache
from nomad_console.live.pacing import Backoff, Pace
from nomad_console.live.sources import SourceMeter
from nomad_console.live.staying import freeze
from nomad_console.live.store import ClusterStore

NODE_RATE = 50.0
LATE = 25  # half a second in which the loop did something else
NODES_AT_ONCE = 2
IDLE_S = 0.5
DEFER_S = 60.0
SETTLE_S = 0.2
SAVE_S = 30.0
SURVEY_S = 60.0
FREEZE_EVERY = 250


class NomadDetails:
    """Reads in the background; what somebody looks at comes first."""

    def __init__(
        self,
        nomad: NomadApi,
        store: ClusterStore,
        meter: SourceMeter,
        clock: Clock,
        cache: MachineCache | None,
    ) -> None:
        self._nomad = nomad
        self._store = store
        self._meter = meter
        self._clock = clock
        self._cache = cache
        self._interest = Interest()
        self._listed = False  # until then only nodes that are looked at: the lists come first
        self._pace = Pace(clock, NODE_RATE, late=LATE, most=round(NODE_RATE))
        self._looked = {name: asyncio.Event() for name in ("nodes", "tasks", "jobs")}
        self._reading: set[str] = set()
        self._deferred: dict[str, float] = {}  # node id -> when it may be asked for again
        self._with_tasks: dict[str, dict[str, int]] = {}  # node id -> its allocations' indexes
        self._jobs_read: dict[JobKey, int] = {}  # -> index of the stub at that time

    def look_at(self, interest: Interest) -> None:
        self._interest = interest
        for looked in self._looked.values():
            looked.set()

    def relisted(self) -> None:
        """Rows came without task states: where they differ, what was read is old."""
        self._listed = True
        self._looked["nodes"].set()
        for node_id, indexes in list(self._with_tasks.items()):
            if indexes != self._indexes(node_id):
                del self._with_tasks[node_id]
        self._looked["tasks"].set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(NODES_AT_ONCE):
                tasks.create_task(self._read_nodes())
            tasks.create_task(self._read_tasks())
            tasks.create_task(self._read_jobs())
            tasks.create_task(self._survey())
            if self._cache is not None:
                tasks.create_task(self._use(self._cache))

    async def _read_nodes(self) -> NoReturn:
        backoff = Backoff(self._clock)
        while True:
            node_id = self._next_node()
            if node_id is None:
                await self._idle("nodes")
                continue
            self._reading.add(node_id)
            try:
                await self._pace.turn()
                node, detail = await self._nomad.node(node_id)
            except (NotFound, Misread):
                self._deferred[node_id] = self._clock.elapsed() + DEFER_S
            except ApiError as error:
                self._meter.note("single nodes", f"nodes are not read: {error}", error.hint)
                await backoff.pause()
            else:
                backoff.reset()
                self._meter.forget_note("single nodes")
                self._store.put_details((detail,))
                self._store.put_nodes((node,))
                unread = self._store.nomad.unread
                unread.pop(node_id, None)
                if len(unread) % FREEZE_EVERY == 0:
                    freeze()  # details stay
            finally:
                self._reading.discard(node_id)

    def _next_node(self) -> str | None:
        unread = self._store.nomad.unread
        now = self._clock.elapsed()

        def free(node_id: str) -> bool:
            return node_id not in self._reading and self._deferred.get(node_id, 0.0) <= now

        for node_id in self._interest.by_urgency():
            if node_id in unread and free(node_id):
                return node_id
        return next(filter(free, unread), None) if self._listed else None

    async def _read_tasks(self) -> NoReturn:
        backoff = Backoff(self._clock)
        while True:
            self._looked["tasks"].clear()
            node_id = self._next_without_tasks()
            if node_id is None:
                await self._clock.wait(self._looked["tasks"], None)
                await self._clock.sleep(SETTLE_S)
                continue
            try:
                page = await self._nomad.node_allocations(node_id)
            except ApiError as error:
                self._meter.note("task states", f"task states are not read: {error}", error.hint)
                await backoff.pause()
            else:
                backoff.reset()
                self._meter.forget_note("task states")
                self._store.put_allocations(page.rows)
                self._with_tasks[node_id] = self._indexes(node_id)

    def _indexes(self, node_id: str) -> dict[str, int]:
        records = self._store.nomad
        rows = records.allocations.rows
        return {key: rows[key].modify_index for key in records.members(node_id)}

    def _next_without_tasks(self) -> str | None:
        """Not before the lists are whole: each reading filters a whole cluster's allocations."""
        known = self._store.nomad.nodes.rows if self._listed else {}
        return next(
            (
                node_id
                for node_id in self._interest.by_urgency()
                if node_id in known and node_id not in self._with_tasks
            ),
            None,
        )

    async def _read_jobs(self) -> NoReturn:
        backoff = Backoff(self._clock)
        while True:
            wanted = next(self._jobs_wanted(), None)
            if wanted is None:
                await self._idle("jobs")
                continue
            key, index = wanted
            try:
                job = await self._nomad.job(*key)
            except (NotFound, Misread):
                self._jobs_read[key] = index
            except ApiError as error:
                self._meter.note("jobs in view", f"jobs are not read: {error}", error.hint)
                await backoff.pause()
            else:
                backoff.reset()
                self._meter.forget_note("jobs in view")
                self._jobs_read[key] = index
                self._store.put_jobs((job,))

    def _jobs_wanted(self) -> Iterator[tuple[JobKey, int]]:
        """Jobs in view, and those of marked and running nodes, not read in their version."""
        records = self._store.nomad
        keys = set(self._interest.jobs)
        for node_id in self._interest.running | self._interest.marked:
            for alloc_id in records.members(node_id):
                allocation = records.allocations.rows[alloc_id]
                if not allocation.terminal:
                    keys.add((allocation.namespace, allocation.job_id))
        for key in sorted(keys):
            stub, job = records.job_stubs.get(key), records.jobs.get(key)
            index = stub.modify_index if stub is not None else 0
            read = self._jobs_read.get(key, -1)
            if read < index and (job is None or job.modify_index < index or read < 0):
                yield key, index

    async def _survey(self) -> NoReturn:
        """Namespaces and servers, now and then."""
        backoff = Backoff(self._clock)
        while True:
            try:
                self._store.put_namespaces(await self._nomad.namespaces())
                members = await self._nomad.servers()
            except ApiError as error:
                self._meter.note("servers", f"servers are not known: {error}", error.hint)
                self._store.put_server_versions(None)
                await backoff.pause()
            else:
                backoff.reset()
                self._meter.forget_note("servers")
                self._store.put_server_versions(one.version for one in members if one.version)
                await self._clock.sleep(SURVEY_S)

    async def _use(self, cache: MachineCache) -> NoReturn:
        """Tie from the disk what was not read yet; keep the disk up to date."""
        records = self._store.nomad
        known, since = 0, 0.0
        while True:
            if len(records.nodes.rows) != known:
                known = len(records.nodes.rows)
                rows = records.nodes.rows.values()
                missing = [node for node in rows if node.id not in records.details.rows]
                self._store.put_details(cache.details(missing), read=False)
            await self._clock.sleep(IDLE_S)
            since += IDLE_S
            if since >= SAVE_S and not records.unread:
                since = 0.0
                if cache.learn(records.nodes.rows, records.details.rows):
                    await asyncio.to_thread(cache.save)

    async def _idle(self, name: str) -> None:
        self._looked[name].clear()
        await self._clock.wait(self._looked[name], IDLE_S)
