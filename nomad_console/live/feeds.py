"""All that keeps the store true, as one thing to run and to steer."""

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NoReturn

from nomad_console.clock import Clock
from nomad_console.domain.policy import Policy
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.live.alb_feed import AlbFeed
from nomad_console.live.apis import AlbApi, ConsulApi, NomadApi
from nomad_console.live.backends_feed import BackendsFeed
from nomad_console.live.claims_feed import ClaimsFeed
from nomad_console.live.consul_feed import ConsulFeed
from nomad_console.live.interest import Interest
from nomad_console.live.machine_cache import MachineCache
from nomad_console.live.nomad_details import NomadDetails
from nomad_console.live.nomad_feed import NomadFeed
from nomad_console.live.rights_feed import RightsFeed
from nomad_console.live.sources import SourceMeter
from nomad_console.live.store import ClusterStore
from nomad_console.settings.values import Missing


class Feeds:
    """Follows every backend that is configured; one that is missing says how to configure it."""

    def __init__(  # noqa: PLR0913 — all that feeds rest on meets here
        self,
        store: ClusterStore,
        nomad: NomadApi,
        consul: ConsulApi | Missing,
        alb: AlbApi | Missing,
        clock: Clock,
        policy: Policy,
        *,
        namespace: str = "*",
        cache: MachineCache | None = None,
        asked: Mapping[SourceName, str] = MappingProxyType({}),
        rights: RightsFeed | None = None,
        backends: BackendsFeed | None = None,
    ) -> None:
        """`asked`: the address of each, as it may be shown."""
        self._store = store
        self._rights = rights
        self._backends = backends
        meter = SourceMeter(SourceName.NOMAD, store, clock, asked.get(SourceName.NOMAD, ""))
        self._nomad = NomadFeed(nomad, store, meter, clock, namespace)
        self._claims = ClaimsFeed(nomad, store, clock)
        self._details = NomadDetails(nomad, store, meter, clock, cache)
        self._consul: ConsulFeed | None = None
        self._alb: AlbFeed | None = None
        if isinstance(consul, Missing):
            self._switch_off(SourceName.CONSUL, consul)
        else:
            meter = SourceMeter(SourceName.CONSUL, store, clock, asked.get(SourceName.CONSUL, ""))
            self._consul = ConsulFeed(consul, store, meter, clock)
        if isinstance(alb, Missing):
            self._switch_off(SourceName.ALB, alb)
        else:
            meter = SourceMeter(SourceName.ALB, store, clock, asked.get(SourceName.ALB, ""))
            self._alb = AlbFeed(alb, store, meter, clock, policy)

    async def run(self) -> None:
        """For ever. Only a bug ends it."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._store.run())
            tasks.create_task(self._nomad.run())
            tasks.create_task(self._details.run())
            tasks.create_task(self._claims.run())
            tasks.create_task(self._refresh_tasks())
            if self._rights is not None:
                tasks.create_task(self._rights.run())
            if self._backends is not None:
                tasks.create_task(self._backends.run())
            if self._consul is not None:
                tasks.create_task(self._consul.run())
            if self._alb is not None:
                tasks.create_task(self._alb.run())

    def look_at(self, interest: Interest) -> None:
        """Read this first and most often; cheap, may be called at every key."""
        self._nomad.look_at(interest)
        self._details.look_at(interest)
        if self._consul is not None:
            self._consul.look_at(interest)
        if self._alb is not None:
            self._alb.look_at(interest)

    def nudge(self, groups: Iterable[str]) -> None:
        """These target groups were written to just now."""
        if self._alb is not None:
            self._alb.nudge(groups)

    async def force_read(self, arn: str) -> None:
        """Return when a reading of the group, begun after this call, is in the store."""
        if self._alb is not None:
            await self._alb.force_read(arn)

    async def _refresh_tasks(self) -> NoReturn:
        while True:
            await self._nomad.lists_read.wait()
            self._nomad.lists_read.clear()
            self._details.relisted()

    def _switch_off(self, name: SourceName, missing: Missing) -> None:
        self._store.put_source(
            Source(name, SourceState.OFF, reason=missing.reason, hint=missing.hint)
        )
