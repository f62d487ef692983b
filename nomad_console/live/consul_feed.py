"""Consul's overview, its failing checks, and the machines that somebody looks at."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import NoReturn

from nomad_console.clients.errors import ApiError
from nomad_console.clock import Clock
from nomad_console.domain.service import CheckStatus, ServiceSummary
from nomad_console.domain.snapshot import Reading
from nomad_console.live.apis import ConsulApi
from nomad_console.live.credentials import ITSELF
from nomad_console.live.interest import Interest
from nomad_console.live.pacing import Backoff, Pace
from nomad_console.live.sources import SourceMeter, keep
from nomad_console.live.staying import freeze
from nomad_console.live.store import ClusterStore

SERVICES_WAIT_S = 60.0
CHECKS_WAIT_S = 10.0  # each answer proves that Consul is there
GAP_S = 1.0
HEALTH_RATE = 5.0  # machines a second
IDLE_S = 0.5
PORTION = 2_000  # instances
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
        with self._beginning_again("services") as index:
            page = await self._consul.services(index, SERVICES_WAIT_S)
        self._remember("services", page.index)
        await self._put_services(page.rows)
        self._say_if_hidden({row.name for row in page.rows})

    async def _put_services(self, rows: Sequence[ServiceSummary]) -> None:
        """In portions: an overview of 50,000 instances must not hold up the screen."""
        portion: list[ServiceSummary] = []
        instances = 0
        for row in rows:
            portion.append(row)
            instances += len(row.nodes)
            if instances >= PORTION:
                self._store.put_services(portion)
                portion, instances = [], 0
                freeze()  # cells stay
                await self._clock.sleep(0)
        self._store.put_services(portion)
        self._store.keep_services({row.name for row in rows})

    async def _read_checks(self, status: CheckStatus) -> None:
        with self._beginning_again(status) as index:
            page = await self._consul.checks(status, index, self._checks_wait_s)
        self._remember(status, page.index)
        self._store.put_checks(status, page.rows)

    @property
    def _checks_wait_s(self) -> float:
        """A run's proofs wait for an answer that is newer than its last write."""
        return RUNNING_EVERY_S if self._interest.running else CHECKS_WAIT_S

    @contextmanager
    def _beginning_again(self, query: str) -> Iterator[int]:
        """The index to wait on; after a failure the next answer is wanted at once."""
        index = self._indexes.pop(query, 0)
        yield index
        self._indexes[query] = index

    def _remember(self, query: str, index: int) -> None:
        """An index that went back belongs to another world: begin again."""
        self._indexes[query] = index if index >= self._indexes.get(query, 0) else 0
        self._meter.proved()

    def _say_if_hidden(self, names: AbstractSet[str]) -> None:
        """Consul's servers are a service of their own: who does not see that may not see others."""
        if ITSELF in names:
            self._meter.forget_note("hidden")
            return
        what = "services" if names else "everything"
        self._meter.note(
            "hidden",
            f"Consul names not even itself: its ACLs may hide {what}, it never says so",
            "set CONSUL_HTTP_TOKEN to a token with service:read and node:read on everything",
        )

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
        """The machine that waits longest, among those of the first urgency that has any."""
        look = self._interest
        rest = look.visible - look.marked - look.running
        for nodes, every in (
            (look.running, RUNNING_EVERY_S),
            (look.marked - look.running, MARKED_EVERY_S),
            (rest, VISIBLE_EVERY_S),
        ):
            due = [(-self._overdue(name, every), name) for name in self._names(nodes)]
            if due and min(due)[0] <= 0:
                return min(due)[1]
        return None

    def _overdue(self, name: str, every: float) -> float:
        reading = self._store.consul.health_read.get(name)
        if reading is None:
            return float("inf")
        return (self._clock.now() - reading.begun_at).total_seconds() - every

    def _names(self, nodes: Iterable[str]) -> Iterator[str]:
        """Consul's names of these machines, as far as Nomad has told."""
        records = self._store.nomad
        for node_id in nodes:
            node = records.nodes.get(node_id)
            if node is not None:
                detail = records.details.get(node_id)
                yield (detail.consul_name if detail else "") or node.name
