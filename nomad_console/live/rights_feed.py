"""Keeps known what our tokens may do: at the start, when a source turns, when a token ends."""

import asyncio
from collections.abc import Awaitable
from typing import NoReturn

from nomad_console.clients.errors import ApiError, Throttled, Unreachable
from nomad_console.clock import Clock
from nomad_console.domain.rights import Credential
from nomad_console.domain.snapshot import ClusterSnapshot, SourceName, SourceState
from nomad_console.live.credentials import (
    BALANCER,
    ConsulRights,
    NomadRights,
    consul_credential,
    nomad_credential,
    unproven,
)
from nomad_console.live.store import ClusterStore

EVERY_S = 60.0
FIRST_S = 2.0  # while somebody has not answered yet
LOCK_KEY = "nomad-console/global/run"


class RightsFeed:
    """`consul` None: not configured; `balancer`: whether AWS is."""

    def __init__(
        self,
        nomad: NomadRights,
        consul: ConsulRights | None,
        store: ClusterStore,
        clock: Clock,
        *,
        balancer: bool,
    ) -> None:
        self._nomad = nomad
        self._consul = consul
        self._store = store
        self._clock = clock
        self._turned = asyncio.Event()
        self._states: dict[str, SourceState] = {}
        self._known: dict[SourceName, Credential] = {SourceName.NOMAD: Credential(pending=True)}
        if consul is not None:
            self._known[SourceName.CONSUL] = Credential(pending=True)
        if balancer:
            self._known[SourceName.ALB] = BALANCER
        for name, credential in self._known.items():
            store.put_rights(name, credential)

    async def run(self) -> NoReturn:
        """Ask for ever."""
        unsubscribe = self._store.subscribe(self._watch)
        try:
            while True:
                self._turned.clear()
                await self._ask()
                await self._clock.wait(self._turned, self._pause())
        finally:
            unsubscribe()

    def _watch(self, snapshot: ClusterSnapshot) -> None:
        """A source that is refused, or heard again, may be another token's doing."""
        states = {name: source.state for name, source in snapshot.sources.items()}
        if states != self._states:
            self._states = states
            self._turned.set()

    def _pause(self) -> float:
        now = self._clock.now()
        ends = [one.expires_at for one in self._known.values() if one.expires_at is not None]
        left = [(end - now).total_seconds() for end in ends]
        soon = [seconds for seconds in left if seconds >= 0]
        pending = any(one.pending for one in self._known.values())
        return min([FIRST_S if pending else EVERY_S, *soon]) + FIRST_S * bool(soon)

    async def _ask(self) -> None:
        now = self._clock.now()
        known = self._known[SourceName.NOMAD]
        await self._judge(SourceName.NOMAD, nomad_credential(self._nomad, known, now))
        if self._consul is None or self._unread():
            return
        known = self._known[SourceName.CONSUL]
        services = tuple(self._store.latest.services)
        asked = consul_credential(self._consul, LOCK_KEY, services, known, now)
        await self._judge(SourceName.CONSUL, asked)

    async def _judge(self, name: SourceName, asked: Awaitable[Credential]) -> None:
        try:
            self._put(name, await asked)
        except (Unreachable, Throttled) as silence:  # asked again soon
            if self._known[name].pending:
                self._store.put_rights(name, unproven(name, str(silence)))
        except ApiError as error:
            self._put(name, unproven(name, str(error)))

    def _unread(self) -> bool:
        """Consul's catalog was not read yet: what it shows would prove nothing."""
        consul = self._store.latest.source(SourceName.CONSUL)
        return consul.state is SourceState.CONNECTING

    def _put(self, name: SourceName, credential: Credential) -> None:
        self._known[name] = credential
        self._store.put_rights(name, credential)
