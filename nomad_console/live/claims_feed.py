"""What allocations claim of their nodes, from servers whose list of them does not say it."""

from typing import NoReturn

from nomad_console.clients.errors import ApiError
from nomad_console.clock import Clock
from nomad_console.domain.backend import Lack
from nomad_console.domain.snapshot import NodeClaims, SourceName
from nomad_console.live.apis import NomadApi
from nomad_console.live.pacing import Pace
from nomad_console.live.store import ClusterStore

RATE = 5.0  # nodes a second: each of their allocations comes with its whole job
LOOK_S = 1.0
AGAIN_S = 60.0  # for a node whose own answer does not say it either, or that gave none


class ClaimsFeed:
    """Reads node by node, as long as there are nodes of which not all is known."""

    def __init__(self, nomad: NomadApi, store: ClusterStore, clock: Clock) -> None:
        self._nomad = nomad
        self._store = store
        self._clock = clock
        self._pace = Pace(clock, RATE)
        self._read_at: dict[str, float] = {}

    async def run(self) -> NoReturn:
        while True:
            await self._clock.sleep(LOOK_S)
            snapshot = self._store.latest
            if Lack.CLAIMS not in snapshot.backend(SourceName.NOMAD).lacks:
                continue
            for node_id in snapshot.nodes:
                if snapshot.node_claims.get(node_id, NodeClaims()).untold and self._due(node_id):
                    await self._pace.turn()
                    await self._read(node_id)

    def _due(self, node_id: str) -> bool:
        return self._clock.elapsed() >= self._read_at.get(node_id, float("-inf")) + AGAIN_S

    async def _read(self, node_id: str) -> None:
        try:
            page = await self._nomad.node_allocations(node_id)
        except ApiError:  # the lists say that Nomad does not answer; plans that room is not known
            self._read_at[node_id] = self._clock.elapsed()
            return
        self._store.put_allocations(page.rows)
        if all(row.claim is not None or row.terminal for row in page.rows):
            self._read_at.pop(node_id, None)
        else:
            self._read_at[node_id] = self._clock.elapsed()
