"""Runs of a cluster that are not over: who conducts each now, or that nobody does any more."""

import asyncio
from pathlib import Path
from typing import NamedTuple

from nomad_console.clients.errors import ApiError
from nomad_console.operations.abandoned import Abandoned
from nomad_console.operations.archive import Kept
from nomad_console.operations.lock import Sessions, holder_in_consul
from nomad_console.operations.lock_file import Holder, holders, noted
from nomad_console.operations.planner import AgentReads
from nomad_console.settings.values import ClusterSettings, Missing


class Live(NamedTuple):
    """A run that somebody conducts. `kept` None: its journal lies elsewhere."""

    holder: Holder
    kept: Kept | None


class OpenRuns(NamedTuple):
    """`left`: nobody is at them any more, the newest first."""

    left: tuple[Kept, ...] = ()
    live: tuple[Live, ...] = ()


class Whereabouts:
    """Looks at the locks on this host, and at the one in Consul where there is one."""

    def __init__(
        self,
        settings: ClusterSettings,
        agents: AgentReads,
        sessions: Sessions | Missing,
        where: Path,
    ) -> None:
        self._where = where
        self._settings = settings
        self._agents = agents
        self._sessions = sessions
        self._abandoned = Abandoned(where, settings.label)
        self._region: str | None = None

    async def look(self) -> OpenRuns:
        """What Consul cannot tell just now is not told; its own state says so."""
        elsewhere = None
        if not isinstance(self._sessions, Missing):
            elsewhere = await holder_in_consul(self._sessions, await self._in_region())
        return await asyncio.to_thread(self._sorted, elsewhere)

    async def _in_region(self) -> str:
        if self._region is None:
            try:
                self._region = await region_of(self._settings, self._agents)
            except ApiError:  # asked again at the next look
                return ""
        return self._region

    def _sorted(self, elsewhere: Holder | None) -> OpenRuns:
        living = {one.run_id: one for one in holders(self._where)}
        if elsewhere is not None and elsewhere.run_id not in noted(self._where):
            living.setdefault(elsewhere.run_id, elsewhere)
        left, live = [], []
        for kept in self._abandoned.unfinished():
            holder = living.get(kept.id)
            if holder is None:
                left.append(kept)
            else:
                live.append(Live(holder, kept._replace(holder=holder)))
        known = {one.holder.run_id for one in live}
        if elsewhere is not None and elsewhere.run_id in living.keys() - known:
            live.append(Live(elsewhere, None))
        return OpenRuns(tuple(left), tuple(live))


async def region_of(settings: ClusterSettings, agents: AgentReads) -> str:
    """The servers' own word, unless the settings name one. Raises ApiError."""
    return settings.nomad.region or (await agents.agent()).region
