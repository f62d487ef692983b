"""Nomad's events and lists: what keeps nodes, allocations and jobs true."""

import asyncio
from datetime import timedelta

from nomad_console.clients.errors import ApiError, Refused, Unreachable
from nomad_console.clients.nomad_stream import NodeRemoved
from nomad_console.clock import Clock
from nomad_console.domain.allocation import Allocation, Deployment, Evaluation, outlined
from nomad_console.domain.backend import Lack
from nomad_console.domain.job import Job, JobStub
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.snapshot import SourceName
from nomad_console.live.apis import Frame, NomadApi
from nomad_console.live.interest import Interest
from nomad_console.live.nomad_lists import NomadLists
from nomad_console.live.nomad_subscriptions import Subscriptions
from nomad_console.live.sources import SourceMeter, Trouble, keep
from nomad_console.live.store import ClusterStore

SWEEP_S = 300.0  # garbage collection has no events
SWEEP_PAUSE_S = 0.1
LIST_GAP_S = 30.0
LEADER_S = 10.0
POLL_WAIT_S = 10.0
POLL_GAP_S = 2.0
POLL_SHARE = 5.0  # pauses are so many times as long as the listing took


class NomadFeed:
    """Subscribes first, then lists; lists again where events were missed.

    Frames are applied as they come, also while lists are read: the newest index wins either way.
    """

    def __init__(
        self,
        nomad: NomadApi,
        store: ClusterStore,
        meter: SourceMeter,
        clock: Clock,
        namespace: str = "*",
    ) -> None:
        self._nomad = nomad
        self._store = store
        self._meter = meter
        self._clock = clock
        self._lists = NomadLists(nomad, store, meter, clock)
        self._subscriptions = Subscriptions(
            nomad,
            meter,
            clock,
            namespace,
            heard=self._hear,
            missed=self._miss,
            poll=self._poll,
            everywhere=lambda readable: store.put_every_namespace(readable=readable),
            streamless=lambda lacking: store.put_lack(
                SourceName.NOMAD, Lack.EVENT_STREAM, lacking=lacking
            ),
            pace=f"every {POLL_GAP_S:g} to {POLL_GAP_S + POLL_WAIT_S:g} s",
        )
        self._missed = asyncio.Event()
        self._gap = True  # frames prove an index only when none before them was missed
        self._listed_at = float("-inf")
        self._all_allowed = True
        self._loaded = False
        self._watched: frozenset[str] = frozenset()
        self._poll_index = 0
        self.lists_read = asyncio.Event()  # set after each whole reading, for those who follow it
        meter.await_first("lists")

    def look_at(self, interest: Interest) -> None:
        """Of allocations elsewhere the history of tasks is not kept: who opens one reads it."""
        self._watched = interest.nodes

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._subscriptions.run())
            tasks.create_task(self._subscriptions.watch())
            tasks.create_task(keep("lists", self._list, self._meter, self._clock))
            tasks.create_task(
                keep("leader", self._ask_leader, self._meter, self._clock, every_s=LEADER_S)
            )

    async def _poll(self) -> None:
        """Lists, again whenever a node changed or a client reported allocations."""
        begun = self._clock.elapsed()
        await self._read_lists(0.0)
        took = self._clock.elapsed() - begun
        await self._clock.sleep(max(POLL_GAP_S, took * POLL_SHARE))
        try:
            page = await self._nomad.nodes(index=self._poll_index, wait_s=POLL_WAIT_S)
        except Refused:
            await self._clock.sleep(POLL_WAIT_S)
        else:
            self._poll_index = page.index if page.index >= self._poll_index else 0

    async def _list(self) -> None:
        """Wait until the lists are due, and read them."""
        named = self._store.standing.lacks(SourceName.NOMAD, Lack.WILDCARD)  # to events too, maybe
        wait = SWEEP_S if self._all_allowed and not named else LIST_GAP_S
        urgent = await self._clock.wait(self._missed, wait)
        if urgent:
            await self._clock.sleep(self._listed_at + LIST_GAP_S - self._clock.elapsed())
        self._missed.clear()
        try:
            await self._read_lists(0.0 if urgent else SWEEP_PAUSE_S)
        except ApiError:
            self._listed_at = float("-inf")
            self._missed.set()
            raise

    async def _read_lists(self, pause_s: float) -> None:
        began_at = self._clock.now()
        self._listed_at = self._clock.elapsed()
        listed = await self._lists.read(pause_s=pause_s)
        self._all_allowed = listed.all_allowed
        self._store.reached(listed.index)
        if not self._missed.is_set():
            self._gap = False
            self._meter.recovered("gap")
            self._store.reached(self._subscriptions.index)
        self._meter.recovered("lists")
        self._meter.proved(began_at)
        self._loaded = True
        self.lists_read.set()

    def _miss(self) -> None:
        self._gap = True
        self._missed.set()
        if self._loaded:
            told = Trouble("events may have been missed", "the lists are read again by themselves")
            self._meter.ail("gap", told)

    def _hear(self, frame: Frame) -> None:
        for record in frame.records:
            self._apply(record, frame.index)
        if frame.index and not self._gap:
            self._store.reached(self._subscriptions.index)
        silent = self._subscriptions.silent_s()
        self._meter.proved(self._clock.now() - timedelta(seconds=silent))

    def _apply(self, record: object, index: int) -> None:
        store = self._store
        match record:
            case Allocation():
                seen = record.node_id in self._watched
                store.put_allocations((record if seen else outlined(record),))
            case (Node() as node, NodeDetail() as detail):
                store.put_nodes((node,))
                store.put_details((detail,))
            case Node():
                store.put_nodes((record,))
            case NodeRemoved():
                store.remove_node(record.id, index)
            case Evaluation():
                store.put_evaluations((record,))
            case Deployment():
                store.put_deployments((record,))
            case JobStub():
                store.put_job_stubs((record,))
            case Job():
                store.put_jobs((record,))
            case _:
                raise TypeError(f"an event holds a {type(record).__name__}")

    async def _ask_leader(self) -> None:
        """Heartbeats go on without a leader; this does not."""
        if not await self._nomad.leader():
            raise Unreachable("nomad", "GET /v1/status/leader", None, "the cluster has no leader")
