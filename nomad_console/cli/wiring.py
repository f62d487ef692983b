"""The one place where clients, feeds, conductor and app are put together."""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from nomad_console.clients.consul import Consul
from nomad_console.clients.elb import Elb
from nomad_console.clients.nomad import Nomad
from nomad_console.clients.threads import Threads
from nomad_console.clock import Clock, SystemClock
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.live.feeds import Feeds
from nomad_console.live.lookups import Lookups
from nomad_console.live.machine_cache import MachineCache
from nomad_console.live.store import ClusterStore
from nomad_console.settings.load import load
from nomad_console.settings.values import ClusterSettings, Missing

_CLOSE_S = 12.0
_FLAGS = {
    "nomad_address": ("nomad", "address"),
    "namespace": ("nomad", "namespace"),
    "region": ("nomad", "region"),
    "consul_address": ("consul", "address"),
    "aws_region": ("aws", "region"),
}


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


def settings_of(options: argparse.Namespace) -> ClusterSettings:
    """The cluster that the flags, the environment and the cluster file mean."""
    flags: dict[str, dict[str, str]] = {}
    for name, (section, key) in _FLAGS.items():
        if hasattr(options, name):
            flags.setdefault(section, {})[key] = getattr(options, name)
    return load(os.environ, cluster=getattr(options, "cluster", ""), flags=flags)


@asynccontextmanager
async def connected(settings: ClusterSettings, *, read_only: bool) -> AsyncIterator[Connections]:
    """Clients, store and feeds of a cluster; no socket opens before it is asked for data."""
    clock = SystemClock()
    threads = Threads()
    nomad = Nomad(settings.nomad, threads, read_only=read_only)
    consul = (
        settings.consul
        if isinstance(settings.consul, Missing)
        else Consul(settings.consul, threads, read_only=read_only)
    )
    elb = (
        settings.aws
        if isinstance(settings.aws, Missing)
        else Elb(settings.aws, threads, read_only=read_only)
    )
    store = ClusterStore(clock)
    feeds = Feeds(
        store,
        nomad,
        consul,
        elb,
        clock,
        settings.policy,
        namespace=settings.nomad.namespace,
        cache=MachineCache.of_cluster(f"{settings.name} {settings.nomad.address}"),
    )
    lookups = Lookups(nomad, consul, elb, store, clock)
    try:
        yield Connections(
            settings, read_only, clock, threads, nomad, consul, elb, store, feeds, lookups
        )
    finally:
        await nomad.close()
        if isinstance(consul, Consul):
            await consul.close()
        await threads.close(_CLOSE_S)


def look(
    options: argparse.Namespace, *, until: Callable[[ClusterSnapshot], bool], seconds: float
) -> tuple[ClusterSnapshot, datetime]:
    """Follow the cluster, read-only, until the snapshot is enough or the time is over."""
    return asyncio.run(_look(settings_of(options), until, seconds))


async def _look(
    settings: ClusterSettings, until: Callable[[ClusterSnapshot], bool], seconds: float
) -> tuple[ClusterSnapshot, datetime]:
    async with connected(settings, read_only=True) as connections:
        enough = asyncio.Event()

        def seen(snapshot: ClusterSnapshot) -> None:
            if until(snapshot):
                enough.set()

        connections.store.subscribe(seen)
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(connections.feeds.run())
            await connections.clock.wait(enough, seconds)
            following.cancel()
        return connections.store.latest, connections.clock.now()
