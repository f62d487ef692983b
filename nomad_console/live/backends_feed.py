"""Keeps known what Nomad and Consul turn out to be: their versions, and what they do not do."""

import asyncio
from collections.abc import Mapping
from typing import NoReturn, Protocol

from nomad_console.clients.errors import ApiError, Throttled, Unreachable
from nomad_console.clients.lacks import Lacks
from nomad_console.clock import Clock
from nomad_console.domain.snapshot import SourceName
from nomad_console.live.pacing import Backoff
from nomad_console.live.store import ClusterStore

EVERY_S = 60.0  # servers are upgraded while we look


class Versioned(Protocol):
    """An agent's word on itself."""

    @property
    def version(self) -> str: ...


class Asked(Protocol):
    """A client that says what its server lacks, as it finds out."""

    @property
    def lacks(self) -> Lacks: ...

    async def agent(self) -> Versioned: ...


class BackendsFeed:
    """A version that is refused to us is not known, and not asked for more often."""

    def __init__(
        self, clients: Mapping[SourceName, Asked], store: ClusterStore, clock: Clock
    ) -> None:
        self._clients = clients
        self._store = store
        self._clock = clock
        for name, client in clients.items():
            store.await_backend(name)
            client.lacks.follow(lambda lack, name=name: store.put_lack(name, lack))  # type: ignore[misc]  # bound now

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for name, client in self._clients.items():
                tasks.create_task(self._ask(name, client))

    async def _ask(self, name: SourceName, client: Asked) -> NoReturn:
        backoff = Backoff(self._clock)
        known = ""
        while True:
            try:
                known = (await client.agent()).version
            except (Unreachable, Throttled):
                self._store.put_version(name, known)
                await backoff.pause()
                continue
            except ApiError:
                known = ""
            backoff.reset()
            self._store.put_version(name, known)
            await self._clock.sleep(EVERY_S)
