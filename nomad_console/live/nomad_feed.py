"""Nomad's events and lists: what keeps nodes, allocations and jobs true."""

import asyncio
import gc
from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn

from nomad_console.clients.errors import ApiError, Refused, Unreachable
from nomad_console.clock import Clock
from nomad_console.domain.allocation import Allocation, Deployment, Evaluation
from nomad_console.domain.job import Job, JobStub
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.live.apis import Frame, NomadApi
from nomad_console.live.nomad_lists import NomadLists
from nomad_console.live.nomad_stream import (
    ALL_TOPICS,
    NAMESPACE_TOPICS,
    EventStream,
)
from nomad_console.live.pacing import Backoff
from nomad_console.live.sources import SourceMeter, Trouble, keep
from nomad_console.live.store import ClusterStore

SILENT_S = 40.0  # a heartbeat comes every 30 s
SWEEP_S = 300.0  # garbage collection has no events
SWEEP_PAUSE_S = 0.1
LIST_GAP_S = 30.0
LEADER_S = 10.0
WATCH_S = 1.0
ASK_AGAIN_S = 30.0  # for the whole stream, while it is refused
STREAMS_AT_MOST = 8
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
        self._namespace = namespace
        self._lists = NomadLists(nomad, store, meter, clock)
        self._whole = self._stream(ALL_TOPICS, namespace)
        self._streams: tuple[EventStream, ...] = ()
        self._missed = asyncio.Event()
        self._gap = True  # frames prove an index only when none before them was missed
        self._listed_at = float("-inf")
        self._all_allowed = True
        self._loaded = False
        self._poll_index = 0
        self.lists_read = asyncio.Event()  # set after each whole reading, for those who follow it
        meter.await_first("lists")

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_whole())
            tasks.create_task(keep("lists", self._list, self._meter, self._clock))
            tasks.create_task(self._watch())
            tasks.create_task(
                keep("leader", self._ask_leader, self._meter, self._clock, every_s=LEADER_S)
            )

    def _stream(self, topics: Sequence[str], namespace: str) -> EventStream:
        return EventStream(
            self._nomad,
            self._clock,
            topics,
            namespace,
            heard=self._hear,
            missed=self._miss,
        )

    async def _follow_whole(self) -> NoReturn:
        while True:
            self._streams = (self._whole,)
            try:
                await self._follow(self._whole)
            except Refused as refusal:
                await self._follow_less(refusal)

    async def _follow(self, stream: EventStream) -> NoReturn:
        """For ever, unless the subscription is refused."""
        backoff = Backoff(self._clock)
        while True:
            before = stream.heard_at
            try:
                await stream.follow()
            except Refused:
                self._meter.recovered(stream.name)
                raise
            except ApiError as error:
                self._meter.failed(stream.name, error)
            if stream.heard_at != before:
                backoff.reset()
            await backoff.pause()

    async def _follow_less(self, refusal: Refused) -> None:
        """What the token allows, until it allows the whole stream."""
        async with asyncio.TaskGroup() as tasks:
            less = tasks.create_task(self._apart(refusal))
            await self._allowed_again()
            less.cancel()
        self._meter.forget_note("events")
        self._whole.index = 0

    async def _apart(self, refusal: Refused) -> None:
        """A stream a namespace where that is allowed, else blocking queries."""
        try:
            names = await self._nomad.namespaces() if self._namespace == "*" else ()
            if 0 < len(names) <= STREAMS_AT_MOST:
                self._note(refusal, f"following the events of {', '.join(names)} one by one")
                await self._follow_each(names)
        except* ApiError:
            self._streams = ()
        self._note(refusal, "asking for the lists again and again")
        await keep("lists", self._poll, self._meter, self._clock)

    async def _follow_each(self, names: Sequence[str]) -> None:
        first, *others = names
        self._streams = (
            self._stream(ALL_TOPICS, first),
            *(self._stream(NAMESPACE_TOPICS, name) for name in others),
        )
        async with asyncio.TaskGroup() as tasks:
            for stream in self._streams:
                tasks.create_task(self._follow(stream))

    def _note(self, refusal: Refused, instead: str) -> None:
        reason = f"event stream refused, {instead}: what the token may not read is missing"
        lacking = refusal.right or "node:read and namespace:read-job in every namespace"
        self._meter.note("events", reason, f"give the token {lacking}")

    async def _allowed_again(self) -> None:
        while True:
            await self._clock.sleep(ASK_AGAIN_S)
            try:
                async for _ in self._nomad.events(ALL_TOPICS, namespace=self._namespace):
                    return
            except ApiError:
                continue

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
        wait = SWEEP_S if self._all_allowed else LIST_GAP_S
        urgent = await self._clock.wait(self._missed, wait)
        if urgent:
            await self._clock.sleep(self._listed_at + LIST_GAP_S - self._clock.elapsed())
        self._missed.clear()
        try:
            await self._read_lists(0.0 if urgent else SWEEP_PAUSE_S)
        except ApiError:
            self._listed_at = float("-inf")
            if urgent:
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
            self._reached()
        self._meter.recovered("lists")
        self._meter.proved(began_at)
        if not self._loaded:
            self._loaded = True
            gc.freeze()
        self.lists_read.set()

    def _miss(self) -> None:
        self._gap = True
        self._missed.set()
        if self._loaded:
            told = Trouble("events may have been missed", "the lists are read again by themselves")
            self._meter.ail("gap", told)

    def _hear(self, stream: EventStream, frame: Frame) -> None:
        for record in frame.records:
            self._apply(record)
        if frame.index and not self._gap:
            self._reached()
        self._meter.recovered(stream.name)
        silent = max(each.silent_s() for each in self._streams)
        self._meter.proved(self._clock.now() - timedelta(seconds=silent))

    def _reached(self) -> None:
        if self._streams:
            self._store.reached(min(stream.index for stream in self._streams))

    def _apply(self, record: object) -> None:
        store = self._store
        match record:
            case Allocation():
                store.put_allocations((record,))
            case (Node() as node, NodeDetail() as detail):
                store.put_nodes((node,))
                store.put_details((detail,))
            case Node():
                store.put_nodes((record,))
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

    async def _watch(self) -> NoReturn:
        """Notice what does not come: the frame that proves, and heartbeats."""
        while True:
            await self._clock.sleep(WATCH_S)
            for stream in self._streams:
                stream.check()
                silent = stream.silent_s()
                if stream.accepted and silent > SILENT_S:
                    told = f"no heartbeat in the {stream.name} for {int(silent)} s"
                    self._meter.ail(stream.name, Trouble(told, "check the network to the server"))

    async def _ask_leader(self) -> None:
        """Heartbeats go on without a leader; this does not."""
        if not await self._nomad.leader():
            raise Unreachable("nomad", "GET /v1/status/leader", None, "the cluster has no leader")
