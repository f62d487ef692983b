"""The one place where clients, feeds, conductor and app are put together."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from nomad_console.cli.arguments import Stopped
from nomad_console.clients.autoscaling import AutoScaling
from nomad_console.clients.consul import Consul
from nomad_console.clients.elb import Elb
from nomad_console.clients.nomad import Nomad
from nomad_console.clients.probe import Visitor
from nomad_console.clients.threads import Threads
from nomad_console.clients.tls import shown
from nomad_console.clock import Clock, SystemClock
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName
from nomad_console.live.backends_feed import Asked, BackendsFeed
from nomad_console.live.feeds import Feeds
from nomad_console.live.lookups import Lookups
from nomad_console.live.machine_cache import MachineCache
from nomad_console.live.rights_feed import RightsFeed
from nomad_console.live.store import ClusterStore
from nomad_console.operations.journal import folder
from nomad_console.operations.means import Means
from nomad_console.operations.planner import Planner
from nomad_console.operations.upgrades import Upgrades
from nomad_console.operations.whereabouts import Whereabouts
from nomad_console.operations.writer import Writer
from nomad_console.settings.values import ClusterSettings, Missing

_CLOSE_S = 12.0


@dataclass(frozen=True)
class Connections:
    """Everything that speaks to one cluster."""

    settings: ClusterSettings
    read_only: bool
    clock: Clock
    threads: Threads
    nomad: Nomad
    consul: Consul | Missing
    elb: Elb | Missing
    store: ClusterStore
    feeds: Feeds
    lookups: Lookups
    scaling: AutoScaling | None
    visitor: Visitor


@asynccontextmanager
async def connected(
    settings: ClusterSettings,
    store: ClusterStore | None = None,
    threads: Threads | None = None,
    *,
    read_only: bool,
) -> AsyncIterator[Connections]:
    """Clients and feeds of a cluster; no socket opens before it is asked for data.

    The store and the threads are new ones where none are handed over; threads end with it.
    """
    made = _made(
        settings, store or ClusterStore(SystemClock()), threads or Threads(), read_only=read_only
    )
    try:
        yield made
    finally:
        await _wait_for_writes(made.threads)
        await made.visitor.close()
        await made.nomad.close()
        if isinstance(made.consul, Consul):
            await made.consul.close()


def _made(
    settings: ClusterSettings, store: ClusterStore, threads: Threads, *, read_only: bool
) -> Connections:
    clock, aws = SystemClock(), settings.aws
    nomad = Nomad(settings.nomad, threads, read_only=read_only)
    consul = (
        settings.consul
        if isinstance(settings.consul, Missing)
        else Consul(settings.consul, threads, read_only=read_only)
    )
    elb = aws if isinstance(aws, Missing) else Elb(aws, threads, read_only=read_only)
    asked: dict[SourceName, Asked] = {SourceName.NOMAD: nomad}
    if isinstance(consul, Consul):
        asked[SourceName.CONSUL] = consul
    feeds = Feeds(
        store,
        nomad,
        consul,
        elb,
        clock,
        settings.policy,
        namespace=settings.nomad.namespace,
        cache=MachineCache.of_cluster(f"{settings.name} {settings.nomad.address}"),
        asked=_asked(settings),
        rights=RightsFeed(
            nomad,
            consul if isinstance(consul, Consul) else None,
            store,
            clock,
            balancer=isinstance(elb, Elb),
        ),
        backends=BackendsFeed(asked, store, clock),
    )
    return Connections(
        settings=settings,
        read_only=read_only,
        clock=clock,
        threads=threads,
        nomad=nomad,
        consul=consul,
        elb=elb,
        store=store,
        feeds=feeds,
        lookups=Lookups(nomad, consul, elb, store, clock, _asked(settings)),
        scaling=None
        if isinstance(aws, Missing)
        else AutoScaling(aws, threads, read_only=read_only),
        visitor=Visitor(),
    )


def _asked(settings: ClusterSettings) -> dict[SourceName, str]:
    found = {SourceName.NOMAD: shown(settings.nomad.address)}
    if not isinstance(settings.consul, Missing):
        found[SourceName.CONSUL] = shown(settings.consul.address)
    if not isinstance(settings.aws, Missing):
        aws = settings.aws
        found[SourceName.ALB] = shown(aws.endpoint_url) if aws.endpoint_url else f"AWS {aws.region}"
    return found


async def _wait_for_writes(threads: Threads) -> None:
    """Say what is waited for, and what had no answer when the patience was over."""
    if threads.writing:
        said = ", ".join(threads.writing)
        print(f"nomad-console: waiting up to {_CLOSE_S:g} s for: {said}", file=sys.stderr)
    left = await threads.close(_CLOSE_S)
    if left:
        print(f"nomad-console: no answer came for: {', '.join(left)}", file=sys.stderr)


def upgrades_on(connections: Connections) -> Upgrades:
    """The only thing that can write."""
    settings, nomad = connections.settings, connections.nomad
    elb = None if isinstance(connections.elb, Missing) else connections.elb
    return Upgrades(
        settings,
        Means(connections.store, Writer(nomad, elb), connections.feeds.nudge, connections.clock),
        planner=Planner(settings, nomad, connections.store, connections.scaling),
        agents=nomad,
        sessions=connections.consul,
        visit=connections.visitor.get,
        where=folder(),
    )


def whereabouts_on(connections: Connections) -> Whereabouts:
    settings, sessions = connections.settings, connections.consul
    return Whereabouts(settings, connections.nomad, sessions, folder())


@asynccontextmanager
async def following(settings: ClusterSettings, *, read_only: bool) -> AsyncIterator[Connections]:
    """Connections whose feeds run meanwhile; a Stopped raised within comes out as it is."""
    stopped: Stopped | None = None
    async with (
        connected(settings, read_only=read_only) as connections,
        asyncio.TaskGroup() as tasks,
    ):
        feeds = tasks.create_task(connections.feeds.run())
        try:
            yield connections
        except Stopped as stop:
            stopped = stop
        finally:
            feeds.cancel()
    if stopped is not None:
        raise stopped


async def until(
    connections: Connections, truth: Callable[[ClusterSnapshot], bool], seconds: float
) -> bool:
    """Wait for a snapshot of which it is true; False when the time is over."""
    enough = asyncio.Event()

    def seen(snapshot: ClusterSnapshot) -> None:
        if truth(snapshot):
            enough.set()

    unsubscribe = connections.store.subscribe(seen)
    try:
        seen(connections.store.latest)
        return await connections.clock.wait(enough, seconds)
    finally:
        unsubscribe()


def look(
    settings: ClusterSettings, *, enough: Callable[[ClusterSnapshot], bool], seconds: float
) -> tuple[ClusterSnapshot, datetime]:
    """Follow the cluster, read-only, until the snapshot is enough or the time is over."""
    return asyncio.run(_look(settings, enough, seconds))


async def _look(
    settings: ClusterSettings, enough: Callable[[ClusterSnapshot], bool], seconds: float
) -> tuple[ClusterSnapshot, datetime]:
    async with following(settings, read_only=True) as connections:
        await until(connections, enough, seconds)
        return connections.store.latest, connections.clock.now()
