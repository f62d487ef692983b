"""Consul's sessions: who may hold locks, and for how long."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from nomad_console.simulator.consul.catalog import Catalog
from nomad_console.simulator.consul.records import Row
from nomad_console.simulator.go_text import parse_duration
from nomad_console.simulator.timeline import Timeline, Timer

DEFAULT_LOCK_DELAY = 15.0
TTL_RANGE = (10.0, 86_400.0)
TTL_MULTIPLIER = 2  # a session lives up to twice its TTL (Consul session_ttl.go)
UUID_LENGTH = 36
SERF = "serfHealth"


class SessionRefused(Exception):
    """Consul's words; always HTTP 500."""


@dataclass(frozen=True)
class WantedSession:
    """A session as a client asks for it; `lock_delay` in seconds, empty means the default.

    `checks` () outlives a failure of its node.
    """

    name: str = ""
    node: str = ""
    behavior: str = ""
    ttl: str = ""
    lock_delay: float = DEFAULT_LOCK_DELAY
    checks: tuple[str, ...] = (SERF,)


@dataclass
class Session:
    """`row` as the API shows it; `lock_delay` in seconds."""

    row: Row
    ttl: float
    lock_delay: float
    timer: Timer | None = None


class Sessions:
    """Sessions end when destroyed, by their TTL, or with their node; `on_ended` hears of each."""

    def __init__(self, timeline: Timeline, rng: random.Random, catalog: Catalog) -> None:
        self.rows: dict[str, Session] = {}
        self.raft = catalog.raft
        self._timeline = timeline
        self._rng = rng
        self._catalog = catalog
        self._ended: list[Callable[[Session, int], bool]] = []
        catalog.on_node_failed(self._end_of_node)

    def on_ended(self, callback: Callable[[Session, int], bool]) -> None:
        """Called with the session and the index of its end; says whether it held anything."""
        self._ended.append(callback)

    def create(self, wanted: WantedSession, agent: str) -> str:
        """The new session's id; `agent` is the node of the agent asked. SessionRefused."""
        node = wanted.node or agent
        behavior = wanted.behavior or "release"
        ttl = self._ttl(wanted.ttl)
        if behavior not in ("release", "delete"):
            raise SessionRefused(f"Invalid Behavior setting '{behavior}'")
        if node not in self._catalog.nodes:
            raise SessionRefused("Missing node registration")
        if SERF in wanted.checks and not self._catalog.nodes[node].alive:
            raise SessionRefused(f"Check '{SERF}' is in critical state")
        index = self.raft.commit("sessions")
        session_id = str(uuid.UUID(int=self._rng.getrandbits(128)))
        row = {
            "ID": session_id,
            "Name": wanted.name,
            "Node": node,
            "LockDelay": round(wanted.lock_delay * 1e9),
            "Behavior": behavior,
            "TTL": wanted.ttl,
            "NodeChecks": list(wanted.checks),
            "ServiceChecks": None,
            "CreateIndex": index,
            "ModifyIndex": index,
        }
        self.rows[session_id] = Session(row, ttl, wanted.lock_delay)
        self.renew(session_id)
        return session_id

    def get(self, session_id: str) -> Session | None:
        """SessionRefused where the id is no UUID."""
        if len(session_id) != UUID_LENGTH:
            raise SessionRefused("failed session lookup: index error: UUID must be 36 characters")
        return self.rows.get(session_id)

    def listed(self, node: str | None = None) -> list[Row]:
        """Those of one node, or all."""
        rows = (session.row for _, session in sorted(self.rows.items()))
        return [row for row in rows if node in (None, row["Node"])]

    def renew(self, session_id: str) -> Row | None:
        """Its life begins again; None where it is gone."""
        session = self.get(session_id)
        if session is None:
            return None
        if session.timer is not None:
            session.timer.cancel()
        if session.ttl:
            lifetime = session.ttl * TTL_MULTIPLIER
            session.timer = self._timeline.after(lifetime, lambda: self.destroy(session_id))
        return session.row

    def destroy(self, session_id: str) -> None:
        """Idempotent: an unknown session is gone already."""
        session = self.get(session_id)
        if session is None:
            return
        del self.rows[session_id]
        if session.timer is not None:
            session.timer.cancel()
        released = [callback(session, self.raft.index + 1) for callback in self._ended]
        self.raft.commit("sessions", *(["kvs"] if any(released) else []))

    def _end_of_node(self, node: str) -> None:
        for row in self.listed(node):
            if SERF in row["NodeChecks"]:
                self.destroy(row["ID"])

    @staticmethod
    def _ttl(text: str) -> float:
        if not text:
            return 0.0
        ttl = parse_duration(text)
        if ttl is None:
            raise SessionRefused(f"Session TTL '{text}' invalid: time: invalid duration \"{text}\"")
        if ttl and not TTL_RANGE[0] <= ttl <= TTL_RANGE[1]:
            nanoseconds = round(ttl * 1e9)
            raise SessionRefused(
                f"Invalid Session TTL '{nanoseconds}', must be between [10s=24h0m0s]"
            )
        return ttl
