"""The simulator's own sessions and keys, called as the client's locks are."""

from nomad_console.clients.consul_wire import Entry
from nomad_console.clients.errors import ApiError, NotFound
from nomad_console.simulator.consul.kv import Entry as Row
from nomad_console.simulator.consul.kv import KvRefused
from nomad_console.simulator.consul.sessions import WantedSession
from tests.support.consul_world import ConsulWorld
from tests.support.manual_clock import ManualClock


class SmallConsul:
    """Shares a clock with its test; `failing` is raised by every call."""

    def __init__(self, clock: ManualClock) -> None:
        self.world = ConsulWorld(clock=clock)
        self.failing: ApiError | None = None

    async def open_session(self, name: str, ttl_s: int) -> str:
        self._due()
        wanted = WantedSession(name=name, ttl=f"{ttl_s}s", lock_delay=0.0, checks=())
        return self.world.sessions.create(wanted, "s1")

    async def renew_session(self, session: str) -> None:
        self._due()
        if self.world.sessions.renew(session) is None:
            raise NotFound("consul", f"PUT /v1/session/renew/{session}", 404, "not found")

    async def end_session(self, session: str) -> None:
        self._due()
        self.world.sessions.destroy(session)

    async def acquire(self, path: str, value: bytes, session: str) -> bool:
        self._due()
        row = Row(path, value, session=session)
        try:
            return self.world.store.write(lambda index: self.world.store.acquire(row, index))
        except KvRefused as refusal:
            raise NotFound("consul", f"PUT /v1/kv/{path}", 500, str(refusal)) from None

    async def release(self, path: str, value: bytes, session: str) -> bool:
        self._due()
        row = Row(path, value, session=session)
        return self.world.store.write(lambda index: self.world.store.release(row, index))

    async def entry(self, path: str) -> Entry | None:
        self._due()
        row = self.world.store.entries.get(path)
        return Entry(row.value or b"", row.session) if row else None

    def _due(self) -> None:
        self.world.timeline.run_due()
        if self.failing:
            raise self.failing
