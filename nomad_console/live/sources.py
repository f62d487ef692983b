"""What is known of one backend, in words an engineer can act on."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NoReturn

import msgspec

from nomad_console.clients.errors import ApiError, Misread, Refused, Throttled
from nomad_console.clock import Clock
from nomad_console.domain.snapshot import Source, SourceName, SourceState
from nomad_console.live.pacing import Backoff
from nomad_console.live.store import ClusterStore

_WHERE = {
    SourceName.NOMAD: "NOMAD_ADDR",
    SourceName.CONSUL: "CONSUL_HTTP_ADDR",
    SourceName.ALB: "AWS_REGION and AWS_ENDPOINT_URL",
}
_TOKEN = {
    SourceName.NOMAD: "NOMAD_TOKEN",
    SourceName.CONSUL: "CONSUL_HTTP_TOKEN",
    SourceName.ALB: "the AWS credentials",
}


class Trouble(msgspec.Struct, frozen=True):
    """Why something cannot be read, and what would help."""

    reason: str
    hint: str
    refused: bool = False


def trouble(name: SourceName, error: ApiError) -> Trouble:
    """An expected failure, told to an operator; the client's own hint comes first."""
    match error:
        case Refused():
            hint = f"check {_TOKEN[name]} and what it is allowed"
        case Throttled() if name is SourceName.NOMAD:
            hint = "too many connections from this address: close some, or raise Nomad's limits"
        case Throttled():
            hint = "the console asks less often by itself; others share the same allowance"
        case Misread():
            hint = f"something else answers there: check {_WHERE[name]}"
        case _:
            hint = f"check {_WHERE[name]}, the network and that it runs"
    return Trouble(str(error), error.hint or hint, isinstance(error, Refused))


class SourceMeter:
    """Turns readings and failures into the one `Source` that the store shows.

    `address`: where it is asked, without secrets; said with every failure. An aspect is a part of
    the work that fails and recovers by itself, such as "leader".
    """

    def __init__(
        self, name: SourceName, store: ClusterStore, clock: Clock, address: str = ""
    ) -> None:
        self.name = name
        self._address = address
        self._store = store
        self._clock = clock
        self._true_at: datetime | None = None
        self._waiting: set[str] = set()
        self._troubles: dict[str, Trouble] = {}
        self._notes: dict[str, Trouble] = {}
        self._show()

    def await_first(self, *aspects: str) -> None:
        """Live only when each of these has succeeded once."""
        self._waiting |= set(aspects)
        self._show()

    def proved(self, at: datetime | None = None) -> None:
        """What is shown was true then (now, if not said)."""
        moment = at or self._clock.now()
        if self._true_at is None or moment > self._true_at:
            self._true_at = moment
        self._show()

    def failed(self, aspect: str, error: ApiError) -> None:
        self.ail(aspect, trouble(self.name, error))

    def ail(self, aspect: str, ailment: Trouble) -> None:
        self._troubles[aspect] = ailment
        self._show()

    def recovered(self, aspect: str) -> None:
        self._waiting.discard(aspect)
        self._troubles.pop(aspect, None)
        self._show()

    def note(self, aspect: str, reason: str, hint: str) -> None:
        """Say something that does not make the data old."""
        self._notes[aspect] = Trouble(reason, hint)
        self._show()

    def forget_note(self, aspect: str) -> None:
        if self._notes.pop(aspect, None) is not None:
            self._show()

    def _show(self) -> None:
        told = next(
            (ailment for ailment in self._troubles.values() if ailment.refused),
            next(iter(self._troubles.values()), None),
        )
        if told is not None and told.refused:
            state = SourceState.REFUSED
        elif self._waiting or self._true_at is None:
            state = SourceState.CONNECTING
        else:
            state = SourceState.LIVE if told is None else SourceState.STALE
        said = [told] if told is not None else []
        connecting = told is None and state is SourceState.CONNECTING  # notes are about data
        if not connecting and (told is None or not told.refused):
            said += [note for note in self._notes.values() if told is None or _new(note, told)][:1]
        reason = "; ".join(each.reason for each in said)
        if told is not None and self._address:
            reason += f" (asked {self._address})"
        hint = "; ".join(each.hint for each in said if each.hint)
        self._store.put_source(Source(self.name, state, self._true_at, reason, hint))


def _new(note: Trouble, told: Trouble) -> bool:
    """A note with the same advice is the same trouble once more."""
    return note.hint != told.hint


async def keep(
    aspect: str,
    attempt: Callable[[], Awaitable[None]],
    meter: SourceMeter,
    clock: Clock,
    every_s: float = 0.0,
) -> NoReturn:
    """Repeat a round of reading for ever; a backend that fails is given time."""
    backoff = Backoff(clock)
    while True:
        try:
            await attempt()
        except ApiError as error:
            meter.failed(aspect, error)
            await backoff.pause()
        else:
            backoff.reset()
            meter.recovered(aspect)
            if every_s:
                await clock.sleep(every_s)
