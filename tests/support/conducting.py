"""A conductor at work on the small cluster, killed and taken up again where a test wants it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nomad_console.domain.plan import Plan
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.journal import FORM, Head, Journal, path_of, read
from nomad_console.operations.lock import Lock
from nomad_console.operations.lock_file import Holder
from nomad_console.operations.means import Means
from nomad_console.operations.probe import Probe
from nomad_console.operations.writer import Writer
from nomad_console.settings.values import Missing
from nomad_console.upgrade.events import Event
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.run import Run
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.plans import a_plan
from tests.support.small_cluster import SmallCluster
from tests.support.small_consul import SmallConsul

GATES = (Gate.START, Gate.DETACH, Gate.DRAIN, Gate.UPGRADE, Gate.REJOIN, Gate.ATTACH)


class World:
    """What outlives a console: the cluster, Consul, the time, the folder of the journals."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.clock = ManualClock()
        self.cluster = SmallCluster(self.clock)
        self.cluster.publish()
        self.consul: SmallConsul | None = None


class Stage:
    """One console's conductor in a world: of a fresh plan, or of the journal that is there."""

    def __init__(self, world: World, *numbers: int, again: bool = False, **options: Any) -> None:
        self.world = world
        self.clock = world.clock
        self.cluster = world.cluster
        self.nudged: list[frozenset[str]] = []
        self.events: tuple[Event, ...] = ()
        if again:
            head, self.events, _ = read(path_of(world.where, "7f3a0000"))
        else:
            plan = a_plan(*numbers, snapshot=self.cluster.latest, **options)
            head = Head(form=FORM, by="me", cluster="demo", begun_at=EPOCH, plan=plan)
        self.plan: Plan = head.plan
        self.journal = Journal(world.where, head, again=again)
        sessions = world.consul or Missing("Consul is not configured", "")
        self.lock = Lock(world.where, "demo", "global", sessions, self.clock)
        writer = Writer(self.cluster, self.cluster)
        self.conductor = Conductor(
            self.plan,
            means=Means(self.cluster, writer, self.nudged.append, self.clock),
            journal=self.journal,
            lock=self.lock,
            probe=Probe(("http://web/",), 1.0, self.cluster.visit, self.clock),
            host_limit_s=60,
            begun_by=head.by,
            events=self.events,
        )

    @property
    def run(self) -> Run:
        return self.conductor.run

    @property
    def journaled(self) -> list[str]:
        """The kinds of the journal's events."""
        return [type(event).__name__ for event in read(self.journal.path).events]

    @property
    def written(self) -> list[object]:
        """The kinds of all writes so far."""
        return [write[0] for write in self.cluster.writes]

    async def opened(self, wanted: Gate, patience_s: int = 200) -> str:
        """Let time pass until this gate is open; its code."""
        for _ in range(patience_s):
            gate = self.run.upgrade.gate
            if gate is not None and gate.code:
                assert gate.gate is wanted
                return gate.code
            await self.cluster.pass_time(1)
        raise AssertionError(f"{wanted} never opened: {self.run.hold} {self.run.upgrade}")

    async def gate(self, *wanted: Gate) -> None:
        """Answer these gates as they open; work by hand is done at once."""
        for gate in wanted:
            code = await self.opened(gate)
            self.conductor.confirm(self.run.upgrade.node, gate, code)
            await self.cluster.pass_time(1)
            if gate is Gate.UPGRADE and not self.plan.host_command:
                self.cluster.upgraded(int(self.run.upgrade.node[1]))


@asynccontextmanager
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    """Locked, started, and cancelled at the end as a console that is left."""
    await stage.lock.take(Holder(stage.plan.run_id, "me@here", 1, stage.clock.now()))
    async with asyncio.TaskGroup() as tasks:
        conducting = tasks.create_task(stage.conductor.conduct())
        if stage.run.unaccepted:
            stage.conductor.accept(*stage.run.unaccepted)
        stage.conductor.start()
        await stage.cluster.pass_time(1)
        yield stage
        conducting.cancel()


def cut(where: Path, kind: str) -> None:
    """Cut the journal off at its last line of this kind, as a kill before it would have."""
    path = path_of(where, "7f3a0000")
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if f'"event":"{kind}"'.encode() in line)
    path.write_bytes(b"".join(lines[:last]))


async def until(stage: Stage, true: Callable[[], bool]) -> None:
    """Wait in real time for what a real process does."""
    seen = asyncio.Event()
    stage.conductor.watch(seen.set)
    async with asyncio.timeout(10):
        while not true():
            seen.clear()
            await seen.wait()
