"""Target groups and the health of their targets, asked for sparingly."""

import asyncio
from collections.abc import Iterable
from typing import NoReturn

from nomad_console.clients.errors import ApiError, NotFound, Throttled
from nomad_console.clock import Clock
from nomad_console.domain.policy import Policy
from nomad_console.domain.snapshot import Reading
from nomad_console.live.alb_schedule import AlbSchedule, GroupTurn
from nomad_console.live.apis import AlbApi
from nomad_console.live.interest import Interest
from nomad_console.live.pacing import Backoff, Pace
from nomad_console.live.sources import SourceMeter, keep
from nomad_console.live.store import ClusterStore

RATE = 2.0  # describes a second; AWS gives an account 10, for all its programs together
LEAST_RATE = 0.25
CALM_S = 60.0  # without throttling, before the rate is doubled again
LATE = 1  # groups are listed and the first one is read at once
DISCOVER_S = 300.0
DISCOVER_GAP_S = 10.0
IDLE_S = 0.25


class AlbFeed:
    """One describe at a time, so many a second, the most pressing group first."""

    def __init__(
        self, alb: AlbApi, store: ClusterStore, meter: SourceMeter, clock: Clock, policy: Policy
    ) -> None:
        self._alb = alb
        self._store = store
        self._meter = meter
        self._clock = clock
        self._schedule = AlbSchedule(policy)
        self._pace = Pace(clock, RATE, late=LATE)
        self._woken = asyncio.Event()
        self._calm_since = clock.elapsed()
        self._outdated = asyncio.Event()
        self._outdated.set()
        self._readers: dict[str, list[asyncio.Event]] = {}
        meter.await_first("groups")

    def look_at(self, interest: Interest) -> None:
        self._schedule.play(interest.groups_in_play)
        self._woken.set()

    def nudge(self, groups: Iterable[str]) -> None:
        """These were written to just now: read them at once, and often for a while."""
        for arn in groups:
            self._schedule.written(arn, self._clock.elapsed())
        self._woken.set()

    async def force_read(self, arn: str) -> None:
        """Return when a reading that was begun after this call is in the store."""
        read = asyncio.Event()
        self._readers.setdefault(arn, []).append(read)
        self._schedule.demand(arn)
        self._woken.set()
        await read.wait()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                keep("groups", self._discover, self._meter, self._clock, every_s=DISCOVER_GAP_S)
            )
            tasks.create_task(self._take_turns())

    async def _discover(self) -> None:
        """Wait until the groups are to be listed, and list them."""
        await self._clock.wait(self._outdated, DISCOVER_S)
        self._outdated.set()
        await self._pace.turn()
        try:
            groups = await self._alb.target_groups()
        except Throttled:
            self._slow_down()
            raise
        self._store.put_groups(groups)
        self._schedule.know(self._store.alb.groups.rows.values())
        self._outdated.clear()
        self._meter.proved()
        self._woken.set()

    async def _take_turns(self) -> NoReturn:
        backoff = Backoff(self._clock)
        while True:
            self._woken.clear()
            if self._schedule.next(self._clock.elapsed()) is None:
                await self._clock.wait(self._woken, IDLE_S)
                continue
            await self._pace.turn()
            turn = self._schedule.next(self._clock.elapsed())
            if turn is None:
                continue
            try:
                await self._take(turn)
            except NotFound:
                self._schedule.forget(turn.arn)
                self._outdated.set()
            except Throttled as error:
                self._meter.failed("targets", error)
                self._slow_down()
            except ApiError as error:
                self._meter.failed("targets", error)
                await backoff.pause()
            else:
                backoff.reset()
                self._meter.recovered("targets")
                self._speed_up()

    async def _take(self, turn: GroupTurn) -> None:
        self._schedule.begin(turn)
        reading = Reading(self._clock.now())
        if turn.attributes:
            self._store.put_attributes(turn.arn, await self._alb.attributes(turn.arn))
            self._schedule.know(self._store.alb.groups.rows.values())
        else:
            waiting = len(self._readers.get(turn.arn, ()))
            self._store.put_targets(turn.arn, await self._alb.targets(turn.arn), reading)
            self._release(turn.arn, waiting)
        self._schedule.done(turn, self._clock.elapsed())
        self._meter.proved(reading.begun_at)

    def _release(self, arn: str, count: int) -> None:
        """Let those go on who asked before the reading was begun."""
        waiting = self._readers.pop(arn, [])
        for read in waiting[:count]:
            read.set()
        if waiting[count:]:
            self._readers[arn] = waiting[count:]

    def _slow_down(self) -> None:
        self._pace.rate = max(LEAST_RATE, self._pace.rate / 2)
        self._calm_since = self._clock.elapsed()
        self._meter.note(
            "throttled",
            f"throttled by AWS: {self._pace.rate:g} readings a second instead of {RATE:g}",
            "others share the account's allowance; it is raised again by itself",
        )

    def _speed_up(self) -> None:
        now = self._clock.elapsed()
        if self._pace.rate < RATE and now - self._calm_since >= CALM_S:
            self._pace.rate = min(RATE, self._pace.rate * 2)
            self._calm_since = now
            if self._pace.rate == RATE:
                self._meter.forget_note("throttled")
