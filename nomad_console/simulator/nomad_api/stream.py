"""The event stream: each event encoded once, shared among all who asked for it."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from nomad_console.simulator.nomad.state import EVENT_BUFFER_SIZE, Event, State
from nomad_console.simulator.nomad_api.acl import Rights
from nomad_console.simulator.nomad_api.encoding import payload
from nomad_console.simulator.timeline import Timeline

HEARTBEAT = b"{}\n"
HEARTBEAT_EVERY = 30.0  # seconds; nomad/event_endpoint.go
MAX_BEHIND = 5000  # lines a reader may lag before the server drops it

_READ_JOB = {"Allocation", "Job", "Evaluation", "Deployment", "Service"}
Topics = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Subscription:
    """What one reader asked for, in which namespaces."""

    topics: Topics
    namespaces: frozenset[str]

    @classmethod
    def of(cls, topics: Iterable[str], namespaces: frozenset[str]) -> "Subscription":
        """`topics` as in the query string: `Node`, `Allocation:web`."""
        wanted: defaultdict[str, list[str]] = defaultdict(list)
        for text in topics:
            topic, _, key = text.partition(":")
            wanted[topic].append(key or "*")
        chosen = {topic: tuple(keys) for topic, keys in wanted.items()}
        return cls(chosen or {"*": ("*",)}, namespaces)

    def permitted(self, rights: Rights) -> bool:
        """One right lacking refuses the whole stream (nomad/event_endpoint.go, validateNsOp)."""
        if rights.management:
            return True
        for topic in self.topics:
            if topic == "Node":
                allowed = rights.allows("node", "read")
            elif topic in _READ_JOB:
                allowed = all(rights.may(name, "read-job") for name in self.namespaces)
            else:
                allowed = False
            if not allowed:
                return False
        return True

    def times(self, event: Event) -> int:
        """How often the event is sent: once for each key it matches."""
        keys = self.topics.get(event["Topic"]) or self.topics.get("*")
        if keys is None:
            return 0
        namespace = event["Namespace"]
        if namespace and namespace not in self.namespaces:
            return 0
        if keys == ("*",):
            return 1
        own = {event["Key"], *(event["FilterKeys"] or ())}
        return sum(key in own for key in keys)


@dataclass
class _Line:
    """One raft index: its events as bytes, and the lines already put together from them."""

    index: int
    events: list[Event]
    _encoded: dict[int, bytes] = field(default_factory=dict)
    _lines: dict[tuple[int, ...], bytes] = field(default_factory=dict)

    def chosen(self, subscription: Subscription) -> bytes:
        """Nothing where no event was asked for."""
        places = tuple(
            at for at, event in enumerate(self.events) for _ in range(subscription.times(event))
        )
        if not places:
            return b""
        if places not in self._lines:
            events = b",".join(self._event(at) for at in places)
            self._lines[places] = b'{"Events":[%b],"Index":%d}\n' % (events, self.index)
        return self._lines[places]

    def _event(self, at: int) -> bytes:
        if at not in self._encoded:
            event = self.events[at]
            rows = payload(event["Topic"], event["Payload"][event["Topic"]])
            self._encoded[at] = msgspec.json.encode({**event, "Payload": rows})
        return self._encoded[at]


@dataclass(eq=False)
class _Reader:
    subscription: Subscription
    permitted: Callable[[], bool]
    lines: deque[bytes] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False


class EventStreams:
    """Follows the store's broker and feeds every reader."""

    def __init__(self, state: State, timeline: Timeline) -> None:
        self._timeline = timeline
        self._readers: set[_Reader] = set()
        self._buffer: deque[_Line] = deque(
            (_Line(index, events) for index, events in state.broker.buffer),
            maxlen=EVENT_BUFFER_SIZE,
        )
        state.broker.subscribe(self._published)

    @property
    def open(self) -> int:
        return len(self._readers)

    def _published(self, index: int, events: list[Event]) -> None:
        line = _Line(index, events)
        self._buffer.append(line)
        for reader in self._readers:
            if text := line.chosen(reader.subscription):
                reader.lines.append(text)
                reader.ended = reader.ended or len(reader.lines) > MAX_BEHIND
                reader.woken.set()

    def _replay(self, index: int) -> Iterable[_Line]:
        """All there is without an index, else from the closest item on (StartAtClosest)."""
        if not index or not self._buffer:
            return tuple(self._buffer)
        later = [line for line in self._buffer if line.index >= index]
        return later or (self._buffer[-1],)

    def check(self) -> None:
        """Rights have changed: end the streams that would not be accepted any more."""
        for reader in self._readers:
            if not reader.permitted():
                reader.ended = True
                reader.woken.set()

    async def follow(
        self, subscription: Subscription, index: int, permitted: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        """Lines and heartbeats, several at a time, until the server ends the stream."""
        reader = _Reader(subscription, permitted)
        for line in self._replay(index):
            if text := line.chosen(subscription):
                reader.lines.append(text)
        self._readers.add(reader)
        beat = self._timeline.elapsed() + HEARTBEAT_EVERY
        timer = self._timeline.after(HEARTBEAT_EVERY, reader.woken.set)
        try:
            yield HEARTBEAT
            while not reader.ended:
                if reader.lines:
                    text = b"".join(reader.lines)
                    reader.lines.clear()
                    yield text
                if self._timeline.elapsed() >= beat:
                    beat += HEARTBEAT_EVERY
                    timer = self._timeline.after(beat - self._timeline.elapsed(), reader.woken.set)
                    yield HEARTBEAT
                if not reader.lines and not reader.ended:
                    await reader.woken.wait()
                    reader.woken.clear()
        finally:
            timer.cancel()
            self._readers.discard(reader)
