"""One run at a time in a region: a session and a key of Consul, and a file on this host."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import msgspec

from nomad_console.clients.consul_wire import Entry
from nomad_console.clients.errors import ApiError, NotFound, Refused
from nomad_console.clock import Clock
from nomad_console.operations.lock_file import Holder, LockFile, Occupied, decoded
from nomad_console.settings.values import Missing

TTL_S = 30
RENEW_S = 5.0
BEGIN_S = TTL_S / 3  # a call that begins so soon after a renewal ends before the session may
_SILENCE_S = 2 * TTL_S  # Consul ends a session no sooner (agent/consul/session_ttl.go)


class Sessions(Protocol):
    """The part of Consul's client that a lock uses."""

    async def open_session(self, name: str, ttl_s: int) -> str: ...

    async def renew_session(self, session: str) -> None: ...

    async def end_session(self, session: str) -> None: ...

    async def acquire(self, path: str, value: bytes, session: str) -> bool: ...

    async def release(self, path: str, value: bytes, session: str) -> bool: ...

    async def entry(self, path: str) -> Entry | None: ...


class NotLocked(Exception):
    """The lock is not ours. `takeover`: it may be taken over, where the operator says so."""

    def __init__(self, text: str, *, takeover: bool = False) -> None:
        self.takeover = takeover
        super().__init__(text)


def key_of(region: str) -> str:
    return f"nomad-console/{quote(region or 'global', safe='')}/run"


class Lock:
    """`word` says how it is held; `lost` why it is not any more, "" as long as it is.

    `where` is the folder of the journals: the session's id lies beside them, so that this host
    goes on at once when a holder is dead.
    """

    def __init__(
        self, where: Path, cluster: str, region: str, sessions: Sessions | Missing, clock: Clock
    ) -> None:
        self.key = key_of(region)
        self.word = ""
        self.lost = ""
        self._path = where / f"{quote(f'{cluster}.{region}', safe='')}.lock"
        self._sessions: Sessions | None = None if isinstance(sessions, Missing) else sessions
        self._why_local = sessions.reason if isinstance(sessions, Missing) else ""
        self._clock = clock
        self._file: LockFile | None = None
        self._holder: Holder | None = None
        self._renewed = (0.0, clock.now())
        self._changed = asyncio.Event()

    async def take(self, holder: Holder, *, takeover: bool = False) -> None:
        """Hold it for this run, or raise NotLocked saying who does.

        A run that was left behind on this host is gone on with at once; any other run's lock is
        free for `takeover` when its holder has been silent for twice the session's TTL.
        """
        try:
            self._file = LockFile(self._path)
        except Occupied as error:
            raise NotLocked(str(error)) from None
        except OSError as error:
            raise NotLocked(f"cannot lock {self._path}: {error}") from error
        try:
            await self._take(holder, takeover=takeover)
        except BaseException:
            self.leave()
            raise

    async def _take(self, holder: Holder, *, takeover: bool) -> None:
        assert self._file is not None  # noqa: S101 — taken just before
        left = self._file.holder()
        if left is not None and left.run_id != holder.run_id and not takeover:
            raise NotLocked(f"left behind on this host: {left}", takeover=True)
        session = ""
        if self._sessions is not None:
            try:
                session = await self._seize(self._sessions, holder, left, takeover=takeover)
            except Refused as refusal:
                self._sessions, self._why_local = None, str(refusal)
            except ApiError as error:
                raise NotLocked(f"cannot tell who holds the lock: {error}") from error
        self._keep_note(msgspec.structs.replace(holder, session=session))
        self.word = (
            f"locked in Consul: {self.key}"
            if session
            else f"locked on this host only: {self._why_local}"
        )

    async def _seize(
        self, sessions: Sessions, holder: Holder, left: Holder | None, *, takeover: bool
    ) -> str:
        """Acquire the key with the session left behind, if it lives, else with a new one."""
        asked = self._moment()
        session = left.session if left is not None and await _alive(sessions, left) else ""
        opened = "" if session else await sessions.open_session(f"nomad-console {holder.by}", TTL_S)
        session = session or opened
        try:
            _refuse_others(await sessions.entry(self.key), session, holder, takeover=takeover)
            if not await sessions.acquire(self.key, msgspec.json.encode(holder), session):
                other = await sessions.entry(self.key)  # quicker than we were
                _refuse_others(other, session, holder, takeover=takeover)
        except (NotLocked, ApiError):
            if opened:
                await sessions.end_session(opened)
            raise
        self._renewed = asked
        return session

    async def keep(self, changed: Callable[[str], None]) -> None:
        """Renew for ever; `changed` hears why writes must wait, or that the lock was lost."""
        if self._sessions is None:
            return
        while True:
            await self._clock.sleep(RENEW_S)
            asked = self._moment()
            trouble = await self._renew(self._sessions)
            if not trouble:
                self._renewed = asked
            if trouble and (self.lost or not self.fresh):
                changed(trouble)
            self._changed.set()

    async def _renew(self, sessions: Sessions) -> str:
        """Why it is not renewed; what ended in silence is taken again if nobody was there."""
        assert self._holder is not None  # noqa: S101 — it was taken
        try:
            if self.lost:
                await self._take_again(sessions, self._holder)
                return ""
            await sessions.renew_session(self._holder.session)
            entry = await sessions.entry(self.key)
            if entry is None or entry.session != self._holder.session:
                self.lost = f"the lock is lost: {_held(entry)}"
        except NotFound:
            self.lost = "the lock is lost: its session in Consul has ended"
        except NotLocked as other:
            self.lost = f"the lock is lost: {other}"
        except ApiError as error:
            return self.lost or f"the lock was last renewed {self._age():.0f} s ago: {error}"
        return self.lost

    async def _take_again(self, sessions: Sessions, holder: Holder) -> None:
        gone = msgspec.structs.replace(holder, session="")
        session = await self._seize(sessions, gone, None, takeover=False)
        self._keep_note(msgspec.structs.replace(holder, session=session))
        self.lost = ""

    @property
    def fresh(self) -> bool:
        """A write may begin now."""
        if self.lost:
            return False
        return self._sessions is None or self._age() <= BEGIN_S

    def _age(self) -> float:
        """Seconds since the last renewal; a suspended machine's monotonic clock stands still."""
        elapsed, now = self._renewed
        asleep = (self._clock.now() - now).total_seconds()
        return max(self._clock.elapsed() - elapsed, asleep)

    def _moment(self) -> tuple[float, datetime]:
        return self._clock.elapsed(), self._clock.now()

    async def ready(self) -> None:
        """Wait until a write may begin."""
        while not self.fresh:
            self._changed.clear()
            await self._changed.wait()

    async def free(self) -> str:
        """The run is over: leave nothing behind. Says what could not be freed in Consul."""
        holder, trouble = self._holder, ""
        if self._sessions is not None and holder is not None and not self.lost:
            try:
                await self._sessions.release(self.key, b"", holder.session)
                await self._sessions.end_session(holder.session)
            except ApiError as error:
                trouble = f"the lock ends by itself within {_SILENCE_S} s: {error}"
        if self._file is not None:
            self._file.write(None)
        self.leave()
        return trouble

    def leave(self) -> None:
        """Let this host's next console have it; elsewhere it is silent from now on."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _keep_note(self, holder: Holder) -> None:
        self._holder = holder
        if self._file is not None:
            self._file.write(holder)


async def holder_in_consul(sessions: Sessions, region: str) -> Holder | None:
    """Whose session holds the region's lock; None: nobody's, or Consul does not tell."""
    try:
        entry = await sessions.entry(key_of(region))
    except ApiError:
        return None
    return decoded(entry.value) if entry is not None and entry.session else None


async def _alive(sessions: Sessions, left: Holder) -> bool:
    if not left.session:
        return False
    try:
        await sessions.renew_session(left.session)
    except NotFound:
        return False
    return True


def _refuse_others(entry: Entry | None, session: str, holder: Holder, *, takeover: bool) -> None:
    """Who else holds the key, or left it behind without an end."""
    if entry is None:
        return
    if entry.session and entry.session != session:
        raise NotLocked(_held(entry))
    other = decoded(entry.value)
    if entry.value and (other is None or other.run_id != holder.run_id) and not takeover:
        raise NotLocked(f"left behind: {other or 'a lock that is not ours'}", takeover=True)


def _held(entry: Entry | None) -> str:
    if entry is None or not entry.session:
        return "nobody holds it"
    return (
        f"held by {decoded(entry.value) or 'somebody who does not say who'}; "
        f"it may be taken over after {_SILENCE_S} s of silence"
    )
