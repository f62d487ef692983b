"""Which event streams there are for us: the whole one, one a namespace, or none."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

from nomad_console.clients.errors import ApiError, Misread, Refused, absent
from nomad_console.clock import Clock
from nomad_console.live.apis import Frame, NomadApi
from nomad_console.live.nomad_stream import ALL_TOPICS, NAMESPACE_TOPICS, EventStream, close
from nomad_console.live.pacing import Backoff
from nomad_console.live.sources import SourceMeter, Trouble, keep

SILENT_S = 40.0  # a heartbeat comes every 30 s
WATCH_S = 1.0
ASK_AGAIN_S = 30.0  # for the whole stream, while it is refused
STREAMS_AT_MOST = 8
_OK = 200  # of a stream that stays silent


class Subscriptions:
    """Keeps the widest subscription that is allowed, and tries the whole one again and again.

    `poll` is one round of reading without events; it paces itself, `pace` says how. `everywhere`
    is told whether the token may read every namespace: Nomad refuses the whole stream where one
    is lacking. `streamless` is told whether this server has no stream at all: that shows nothing.
    """

    def __init__(  # noqa: PLR0913 — callbacks of its one owner
        self,
        nomad: NomadApi,
        meter: SourceMeter,
        clock: Clock,
        namespace: str,
        *,
        heard: Callable[[Frame], None],
        missed: Callable[[], None],
        poll: Callable[[], Awaitable[None]],
        everywhere: Callable[[bool | None], None],
        streamless: Callable[[bool], None],
        pace: str,
    ) -> None:
        self.streams: tuple[EventStream, ...] = ()
        self._nomad = nomad
        self._meter = meter
        self._clock = clock
        self._namespace = namespace
        self._heard = heard
        self._missed = missed
        self._poll = poll
        self._everywhere = everywhere
        self._streamless = streamless
        self._pace = pace

    @property
    def index(self) -> int:
        """The raft index that every stream has reached."""
        return min((stream.index for stream in self.streams), default=0)

    def silent_s(self) -> float:
        """For how long the quietest stream has said nothing."""
        return max((stream.silent_s() for stream in self.streams), default=0.0)

    async def run(self) -> NoReturn:
        while True:
            whole = self._stream(ALL_TOPICS, self._namespace)
            self.streams = (whole,)
            try:
                await self._follow(whole)
            except ApiError as error:
                await self._follow_less(error)

    async def watch(self) -> NoReturn:
        """Notice what does not come: the frame that proves, and heartbeats."""
        while True:
            await self._clock.sleep(WATCH_S)
            for stream in self.streams:
                stream.check()
                silent = stream.silent_s()
                if stream.accepted and silent > SILENT_S:
                    told = f"no heartbeat in the {stream.name} for {int(silent)} s"
                    self._meter.ail(stream.name, Trouble(told, "check the network to the server"))

    def _stream(self, topics: Sequence[str], namespace: str) -> EventStream:
        def heard(frame: Frame) -> None:
            self._meter.recovered(stream.name)
            if namespace == "*":
                self._everywhere(True)  # noqa: FBT003 — a callback's only argument
            self._heard(frame)

        stream = EventStream(
            self._nomad, self._clock, topics, namespace, heard=heard, missed=self._missed
        )
        return stream

    async def _follow(self, stream: EventStream) -> NoReturn:
        """For ever, unless the subscription is refused, or there is no such stream.

        The end of a stream that worked is no trouble yet: failing to connect again is.
        """
        backoff = Backoff(self._clock)
        while True:
            before = stream.heard_at
            try:
                await stream.follow()
            except ApiError as error:
                unheard = stream.heard_at == before
                if isinstance(error, Refused) or (unheard and _no_stream(error)):
                    self._meter.recovered(stream.name)
                    raise
                if unheard:
                    self._meter.failed(stream.name, error)
            if stream.heard_at != before:
                backoff.reset()
            await backoff.pause()

    async def _follow_less(self, error: ApiError) -> None:
        """What there is for us, until it is the whole stream."""
        refused = isinstance(error, Refused)
        async with asyncio.TaskGroup() as tasks:
            less = tasks.create_task(self._apart(error) if refused else self._without(error))
            await self._allowed_again()
            less.cancel()
        for stream in self.streams:
            self._meter.recovered(stream.name)
        self._meter.forget_note("events")
        self._streamless(False)  # noqa: FBT003 — a callback's only argument

    async def _without(self, error: ApiError) -> NoReturn:
        """Lists again and again: an older server has no events, a proxy may not pass them."""
        self.streams = ()
        self._everywhere(None if self._namespace == "*" else False)
        self._streamless(True)  # noqa: FBT003 — a callback's only argument
        why = "this Nomad has no event stream"
        if not absent(error):
            why = f"what comes as event stream is none: {error.text}"
        self._meter.note("events", f"{why}: lists are read {self._pace}", error.hint)
        await keep("lists", self._poll, self._meter, self._clock)

    async def _apart(self, refusal: ApiError) -> None:
        """A stream a namespace where that is allowed, else blocking queries."""
        self._everywhere(False)  # noqa: FBT003 — a callback's only argument
        try:
            names = await self._nomad.namespaces() if self._namespace == "*" else ()
            if 0 < len(names) <= STREAMS_AT_MOST:
                self._note(refusal, f"following the events of {', '.join(names)} one by one")
                await self._follow_each(names)
        except* ApiError:
            self.streams = ()
        self._note(refusal, "asking for the lists again and again")
        await keep("lists", self._poll, self._meter, self._clock)

    async def _follow_each(self, names: Sequence[str]) -> None:
        first, *others = names
        self.streams = (
            self._stream(ALL_TOPICS, first),
            *(self._stream(NAMESPACE_TOPICS, name) for name in others),
        )
        async with asyncio.TaskGroup() as tasks:
            for stream in self.streams:
                tasks.create_task(self._follow(stream))

    def _note(self, refusal: ApiError, instead: str) -> None:
        reason = f"event stream refused, {instead}: what the token may not read is missing"
        right = refusal.right if isinstance(refusal, Refused) else ""
        lacking = right or "node:read and namespace:read-job in every namespace"
        unheard = ", or have a proxy between pass it unbuffered" if refusal.status == _OK else ""
        self._meter.note("events", reason, f"give the token {lacking}{unheard}")

    async def _allowed_again(self) -> None:
        while True:
            await self._clock.sleep(ASK_AGAIN_S)
            frames = self._nomad.events(ALL_TOPICS, namespace=self._namespace)
            try:
                await anext(frames)
            except ApiError:
                continue
            finally:
                await close(frames)
            return


def _no_stream(error: ApiError) -> bool:
    """The server does not know this call, or something else answers to it."""
    return absent(error) or isinstance(error, Misread)
