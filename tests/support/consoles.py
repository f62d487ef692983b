"""Consoles on clusters made by hand: a source that tests publish to, and the app around it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from nomad_console.clock import Clock
from nomad_console.domain.node import LastDrain
from nomad_console.domain.snapshot import Changes, ClusterSnapshot, ConsulSums, SourceState
from nomad_console.live.interest import Interest
from nomad_console.live.lookups import LookupFailed
from nomad_console.tui.app import Backing, ConsoleApp, Upgrades
from nomad_console.tui.left_runs import LeftRuns
from nomad_console.tui.widgets.header import ClusterFacts
from tests.support.manual_clock import EPOCH
from tests.support.snapshots import (
    API_INT,
    WEB_PUBLIC,
    a_target,
    a_task,
    allocation_id,
    an_allocation,
    article_snapshot,
    nanoseconds,
    with_allocation,
    with_detail,
    with_new,
    with_node,
    with_source,
    with_target,
)

FACTS = ClusterFacts("prod-eu", "red")


class Box:
    """A snapshot source that holds what it was given last."""

    def __init__(self, snapshot: ClusterSnapshot) -> None:
        self.latest = snapshot
        self._callbacks: list[Callable[[ClusterSnapshot], None]] = []

    def subscribe(self, callback: Callable[[ClusterSnapshot], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def publish(self, snapshot: ClusterSnapshot, changes: Changes | None = None) -> None:
        """Everything differs unless it is said what does."""
        changes = changes or Changes(everything=True)
        self.latest = msgspec.structs.replace(snapshot, changes=changes)
        for callback in list(self._callbacks):
            callback(self.latest)


class NoFeeds:
    """Waits for ever; remembers what it was told to look at."""

    def __init__(self) -> None:
        self.looked: list[Interest] = []

    def look_at(self, interest: Interest) -> None:
        self.looked.append(interest)

    async def run(self) -> None:
        await asyncio.Event().wait()


class Shelf:
    """Lookups that remember what was asked for; those named in `failing` fail."""

    def __init__(self, *failing: str) -> None:
        self.asked: list[tuple[str, object]] = []
        self.failing = failing

    async def node(self, node_id: str) -> None:
        self._answer("node", node_id)

    async def allocation(self, allocation_id: str) -> None:
        self._answer("allocation", allocation_id)

    async def job(self, namespace: str, job_id: str) -> None:
        self._answer("job", (namespace, job_id))

    async def targets(self, arn: str) -> None:
        self._answer("targets", arn)

    def _answer(self, what: str, key: object) -> None:
        self.asked.append((what, key))
        if what in self.failing:
            raise LookupFailed("connection refused", "try again")


def a_console(
    box: Box,
    clock: Clock,
    *,
    lookups: Shelf | None = None,
    feeds: NoFeeds | None = None,
    upgrades: Upgrades | None = None,
    read_only: bool = False,
    left: LeftRuns | None = None,
) -> ConsoleApp:
    backing = Backing(feeds or NoFeeds(), lookups or Shelf(), upgrades, left)
    return ConsoleApp(FACTS, box, at_once(backing), clock, read_only=read_only)


def at_once(backing: Backing) -> Callable[[], Awaitable[Backing]]:
    async def connect() -> Backing:
        return backing

    return connect


def degraded_snapshot() -> ClusterSnapshot:
    """One node drained but still in the balancer, one down but healthy there, one draining."""
    start = article_snapshot()
    ended = LastDrain("complete", EPOCH - timedelta(minutes=2), EPOCH, "", {})
    changed = with_node(start, 2, eligibility="ineligible", last_drain=ended)
    changed = with_node(changed, 5, status="down")
    changed = with_node(changed, 3, eligibility="ineligible", draining=True)
    changed = with_detail(changed, 5, status_updated_at=EPOCH - timedelta(seconds=41))
    stopping = nanoseconds(EPOCH - timedelta(seconds=3))
    successor = an_allocation("web", 60, 4, previous_id=allocation_id("web", 2))
    changed = with_new(changed, msgspec.structs.replace(successor, name="web.web[2]"))
    changed = with_allocation(
        changed, "web", 2, desired="stop", modify_time_ns=stopping, next_id=successor.id
    )
    changed = with_allocation(changed, "api", 1, client="failed", tasks=(a_task(restarts=3),))
    changed = with_target(changed, WEB_PUBLIC, 2, state="draining")
    changed = with_target(
        changed, API_INT, 4, state="unhealthy", reason="Target.FailedHealthChecks"
    )
    key = a_target(WEB_PUBLIC, 2).key
    sums = {**changed.consul_sums, "c4": ConsulSums(2, 0, 1)}
    return msgspec.structs.replace(
        changed,
        target_since={key: EPOCH - timedelta(seconds=13)},
        consul_sums=sums,
        service_sums={**changed.service_sums, "web": ConsulSums(5, 0, 1)},
    )


def stale_snapshot() -> ClusterSnapshot:
    """Consul has been silent for minutes, the balancer refuses; what was known is still there."""
    old = article_snapshot(EPOCH - timedelta(seconds=161))
    quiet = with_source(old, "consul", SourceState.STALE, "connection refused")
    refused = with_source(quiet, "alb", SourceState.REFUSED, "ExpiredToken")
    sources = {**refused.sources, "nomad": article_snapshot().source("nomad")}
    return msgspec.structs.replace(refused, sources=sources)
