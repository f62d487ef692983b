"""Consul's overview, its failing checks, and the machines that somebody looks at."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import NoReturn

from nomad_console.clients.errors import ApiError
from nomad_console.clock import Clock
from nomad_console.domain.service import CheckStatus
from nomad_console.domain.snapshot import Reading
from nomad_console.live.apis import ConsulApi
from nomad_console.live.interest import Interest
from nomad_console.live.pacing import Backoff, Pace
from nomad_console.live.sources import SourceMeter, keep
from nomad_console.live.store import ClusterStore

SERVICES_WAIT_S = 60.0
CHECKS_WAIT_S = 10.0  # each answer proves that Consul is there
GAP_S = 1.0
HEALTH_RATE = 5.0  # machines a second
IDLE_S = 0.5
RUNNING_EVERY_S = 2.0
MARKED_EVERY_S = 5.0
VISIBLE_EVERY_S = 10.0


class ConsulFeed:
    """Blocking queries, each at most once a second, and single machines in turn."""

    def __init__(
        self, consul: ConsulApi, store: ClusterStore, meter: SourceMeter, clock: Clock
    ) -> None:
        self._consul = consul
        self._store = store
        self._meter = meter
        self._clock = clock
        self._interest = Interest()
        self._looked = asyncio.Event()
        self._indexes: dict[str, int] = {}
        self._pace = Pace(clock, HEALTH_RATE)
        meter.await_first("services", "critical", "warning")

    def look_at(self, interest: Interest) -> None:
        self._interest = interest
        self._looked.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for aspect, attempt in self._rounds().items():
                tasks.create_task(keep(aspect, attempt, self._meter, self._clock, every_s=GAP_S))
            tasks.create_task(self._read_machines())

    def _rounds(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "services": self._read_services,
            "critical": lambda: self._read_checks(CheckStatus.CRITICAL),
            "warning": lambda: self._read_checks(CheckStatus.WARNING),
        }

    async def _read_services(self) -> None:
        page = await self._consul.services(self._indexes.get("services", 0), SERVICES_WAIT_S)
        self._remember("services", page.index)
        self._store.put_services(page.rows)
        self._say_if_hidden(empty=not page.rows)

    async def _read_checks(self, status: CheckStatus) -> None:
        page = await self._consul.checks(status, self._indexes.get(status, 0), CHECKS_WAIT_S)
        self._remember(status, page.index)
        self._store.put_checks(status, page.rows)

    def _remember(self, query: str, index: int) -> None:
        """An index that went back belongs to another world: begin again."""
        self._indexes[query] = index if index >= self._indexes.get(query, 0) else 0
        self._meter.proved()

    def _say_if_hidden(self, *, empty: bool) -> None:
        if empty:
            self._meter.note(
                "hidden",
                "Consul names no service at all: its ACLs may hide them, it never says so",
                "set CONSUL_HTTP_TOKEN to a token with service:read and node:read",
            )
        else:
            self._meter.forget_note("hidden")

    async def _read_machines(self) -> NoReturn:
        backoff = Backoff(self._clock)
        while True:
            name = self._most_overdue()
            if name is None:
                self._looked.clear()
                await self._clock.wait(self._looked, IDLE_S)
                continue
            await self._pace.turn()
            try:
                await self._read_machine(name)
            except ApiError as error:
                self._meter.note("machines", f"some machines were not read: {error}", error.hint)
                await backoff.pause()
            else:
                self._meter.forget_note("machines")
                backoff.reset()

    async def _read_machine(self, name: str) -> None:
        reading = Reading(self._clock.now())
        health = await self._consul.node_health(name)
        self._store.put_node_health(health, reading)

    def _most_overdue(self) -> str | None:
        now = self._clock.now()
        read = self._store.consul.health_read
        best, most = None, 0.0
        for name, every in self._wanted():
            reading = read.get(name)
            if reading is None:
                return name
            overdue = (now - reading.begun_at).total_seconds() - every
            if overdue >= most:
                best, most = name, overdue
        return best

    def _wanted(self) -> Iterator[tuple[str, float]]:
        nodes = self._store.nomad
        for node_id in self._interest.by_urgency():
            node = nodes.nodes.get(node_id)
            if node is None:
                continue
            detail = nodes.details.get(node_id)
            every = (
                RUNNING_EVERY_S
                if node_id in self._interest.running
                else MARKED_EVERY_S
                if node_id in self._interest.marked
                else VISIBLE_EVERY_S
            )
            yield (detail.consul_name if detail else "") or node.name, every
