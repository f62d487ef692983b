"""What the probes of a run counted, console by console: kept beside its journal, and summed."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from nomad_console.clock import Clock
from nomad_console.operations.probe import Probe, ProbeState, UrlState

EVERY_S = 10.0
_SEAM_S = 1.0  # a shorter time without a count is none


class Count(msgspec.Struct, frozen=True):
    """One console's requests from `since` to `until`; cut off where not `whole`: it was killed."""

    since: datetime
    until: datetime
    urls: tuple[UrlState, ...]
    whole: bool = False


class Counted(NamedTuple):
    """All of a run's: `urls` summed over its `consoles`, and the times nobody counted in."""

    urls: tuple[UrlState, ...] = ()
    consoles: int = 0
    gaps: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def sent(self) -> int:
        return sum(one.sent for one in self.urls)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.urls)


class Counting:
    """This console's count: on disk all along, so that a kill loses EVERY_S of it at most."""

    def __init__(self, journal: Path, probe: Probe, clock: Clock) -> None:
        self._journal = journal
        self._probe = probe
        self._clock = clock
        self._earlier = kept(journal)
        self._since = clock.now()

    @property
    def state(self) -> ProbeState:
        """What this console's probe sees just now."""
        return self._probe.state

    @property
    def counted(self) -> Counted:
        """So far, over all consoles."""
        return summed((*self._earlier, self._count(whole=False)), self._clock.now())

    async def keep_on(self) -> None:
        """Until cancelled; a count that cannot be kept is tried again, and said by `end`."""
        while self._probe.state.urls:
            self._keep(whole=False)
            await self._clock.sleep(EVERY_S)

    def end(self) -> str:
        """The last count, of a console that leaves; why it was not kept, "" if it was."""
        return self._keep(whole=True)

    def _keep(self, *, whole: bool) -> str:
        count = self._count(whole=whole)
        return keep(self._journal, count) if count.urls else ""

    def _count(self, *, whole: bool) -> Count:
        return Count(self._since, self._clock.now(), self._probe.state.urls, whole)


def keep(journal: Path, count: Count) -> str:
    """Add a count to the file beside the journal; why that failed, "" if it did not."""
    try:
        number = os.open(_beside(journal), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(msgspec.json.encode(count) + b"\n")
    except OSError as error:  # the run itself is whole without them
        return f"what the probe saw could not be kept: {error}"
    return ""


def kept(journal: Path) -> tuple[Count, ...]:
    """The last count of each console, the first first; a torn line is left out."""
    try:
        lines = _beside(journal).read_bytes().splitlines()
    except OSError:  # nothing was asked, or it may not be read: then nothing is known of it
        return ()
    newest: dict[datetime, Count] = {}
    for line in lines:
        with suppress(msgspec.MsgspecError):
            count = msgspec.json.decode(line, type=Count)
            newest[count.since] = count
    return tuple(newest[since] for since in sorted(newest))


def summed(counts: Sequence[Count], end: datetime) -> Counted:
    """The counts of a run's consoles as one. `end`: when its last console was last seen at it."""
    asked = [one for one in counts if one.urls]
    if not asked:
        return Counted()
    begun = [*(one.since for one in asked[1:]), end]
    gaps = [
        (one.until, after)
        for one, after in zip(asked, begun, strict=True)
        if (after - one.until).total_seconds() >= _SEAM_S and not (after is end and one.whole)
    ]
    urls = dict.fromkeys(url.url for one in asked for url in one.urls)
    return Counted(tuple(_joined(url, asked) for url in urls), len(asked), tuple(gaps))


def _joined(url: str, counts: Iterable[Count]) -> UrlState:
    """Counts add up; of percentiles only the worst console's can be said."""
    parts = [part for count in counts for part in count.urls if part.url == url]
    failures = [part.first_failure for part in parts if part.first_failure is not None]
    return UrlState(
        url,
        sum(part.sent for part in parts),
        sum(part.failed for part in parts),
        max((part.p50_s for part in parts if part.p50_s is not None), default=None),
        max((part.p95_s for part in parts if part.p95_s is not None), default=None),
        min(failures, key=lambda one: one.at, default=None),
    )


def _beside(journal: Path) -> Path:
    return journal.with_suffix(".probe")
