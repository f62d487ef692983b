"""Requests to every service through the front door, at a steady rate, over real HTTP."""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterable

from nomad_console.simulator.timeline import Timeline
from nomad_console.simulator.traffic.tally import Outcome, ServiceTally, Tally

PATIENCE = 60.0  # s until a request without an answer counts as failed

Done = Callable[[Outcome], None]


class _Client(asyncio.Protocol):
    """One kept-alive connection with at most one request on its way."""

    def __init__(self) -> None:
        self._buffer = b""
        self._done: Done | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — asyncio's signature
        self._transport = None
        self._finish(Outcome(0, "connection lost"))

    def send(self, request: bytes, done: Done) -> None:
        self._done = done
        if self._transport is None:
            self._finish(Outcome(0, "connection lost"))
        else:
            self._transport.write(request)

    def give_up(self, reason: str) -> None:
        """End the connection; a request on its way fails for this reason."""
        self._finish(Outcome(0, reason))
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = head.decode("latin-1").split("\r\n")
        fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(fields.get("content-length", "0"))
        if len(body) < length:
            return
        self._buffer = body[length:]
        self._finish(
            Outcome(
                int(lines[0].split(" ")[1]),
                fields.get("x-reason", ""),
                fields.get("x-node", ""),
                fields.get("x-allocation", ""),
            )
        )

    def _finish(self, outcome: Outcome) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(outcome)


class Requester:
    """`rate` requests a second in all, shared evenly; each service has its own connections."""

    def __init__(
        self, timeline: Timeline, rng: random.Random, services: Iterable[str], rate: float
    ) -> None:
        self._timeline = timeline
        self._rng = rng
        self._services = tuple(services)
        self._rate = rate
        self._idle: defaultdict[str, deque[_Client]] = defaultdict(deque)
        self._clients: set[_Client] = set()
        self.tally = self._fresh()

    def _fresh(self) -> Tally:
        now, elapsed = self._timeline.now(), self._timeline.elapsed()
        return Tally(now, elapsed, {service: ServiceTally() for service in self._services})

    def reset(self) -> None:
        """Count from now; what is still on its way is not counted any more."""
        self.tally = self._fresh()

    def report(self) -> dict[str, object]:
        return {"rate": self._rate, **self.tally.report(self._timeline.elapsed())}

    async def run(self, host: str, port: int) -> None:
        """Send until cancelled."""
        due: asyncio.Queue[str] = asyncio.Queue()
        if self._rate > 0:
            interval = len(self._services) / self._rate
            for service in self._services:
                self._plan(service, self._timeline.elapsed(), interval, due)
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    service = await due.get()
                    idle = self._idle[service]
                    while idle and not idle[0].usable:
                        self._clients.discard(idle.popleft())
                    if idle:
                        self._send(service, idle.popleft())
                    else:
                        tasks.create_task(self._open(service, host, port))
        finally:
            for client in list(self._clients):
                client.give_up("ended")

    def _plan(self, service: str, start: float, interval: float, due: asyncio.Queue[str]) -> None:
        """One request in each interval, at a moment of it by chance: late answers thin nothing
        out, and no service falls into step with the balancer's turns."""
        at = start + self._rng.uniform(0, interval)
        following = max(start + interval, self._timeline.elapsed() - interval)

        def tick() -> None:
            due.put_nowait(service)
            self._plan(service, following, interval, due)

        self._timeline.after(at - self._timeline.elapsed(), tick)

    async def _open(self, service: str, host: str, port: int) -> None:
        """One more connection: all others of the service have a request on their way."""
        loop = asyncio.get_running_loop()
        try:
            _, client = await loop.create_connection(_Client, host, port)
        except OSError:
            tally = self.tally
            tally.services[service].sent += 1
            now, elapsed = self._timeline.now(), self._timeline.elapsed()
            tally.record(service, Outcome(0, "front door refused"), now, elapsed)
            return
        self._clients.add(client)
        self._send(service, client)

    def _send(self, service: str, client: _Client) -> None:
        tally = self.tally
        tally.services[service].sent += 1
        late = self._timeline.after(PATIENCE, lambda: client.give_up("no answer"))

        def done(outcome: Outcome) -> None:
            late.cancel()
            tally.record(service, outcome, self._timeline.now(), self._timeline.elapsed())
            if client.usable:
                self._idle[service].append(client)
            else:
                self._clients.discard(client)

        request = f"GET /{service} HTTP/1.1\r\nHost: {service}.demo\r\n\r\n"
        client.send(request.encode("latin-1"), done)
