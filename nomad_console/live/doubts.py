"""Listings that are not to be believed at once: an index that went back, or nothing where much was.

An index of Nomad's only goes back when a snapshot is restored; a proxy or a server that lags
behind the others answers so too.
"""

from typing import NamedTuple

from nomad_console.clients.errors import Misread
from nomad_console.clock import Clock
from nomad_console.live.apis import NomadApi

CONFIRM_S = 10.0


class _Doubt(NamedTuple):
    at_index: int
    since: float


class Doubts:
    """What a list was read at, and since when it has been in doubt."""

    def __init__(self, nomad: NomadApi, clock: Clock) -> None:
        self._nomad = nomad
        self._clock = clock
        self._newest: dict[str, int] = {}
        self._doubts: dict[str, _Doubt] = {}

    def newest(self, path: str) -> int:
        """The highest index that this list was believed at; 0: none yet."""
        return self._newest.get(path, 0)

    def believe(self, path: str, index: int) -> None:
        self._doubts.pop(path, None)
        self._newest[path] = index

    async def confirmed(self, path: str, index: int) -> bool:
        """Whether a doubtful listing says what one did that is `CONFIRM_S` older, from Nomad.

        Raises ApiError where the leader's name cannot be read: then nobody's word counts.
        """
        led = await self._nomad.leader()
        first = self._doubts.get(path)
        if not led or first is None or index < first.at_index:
            self._doubts[path] = _Doubt(index, self._clock.elapsed())
            return False
        return self._clock.elapsed() - first.since >= CONFIRM_S

    def told(self, path: str, index: int) -> Misread:
        """The doubt in words."""
        newest = self.newest(path)
        said = f"its index went back from {newest} to {index}" if index < newest else "empty now"
        return Misread(
            "nomad",
            f"GET {path}",
            None,
            f"{said}: not believed until it is read again, rows stay",
            hint="is a proxy between, or was a snapshot restored?",
        )
