"""A console on the small cluster, from whose dashboard nodes are upgraded."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from nomad_console.clients.errors import ApiError
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.agent import Token
from nomad_console.domain.allocation import TaskEvent
from nomad_console.domain.node import DrainStrategy, LastDrain, Node, NodeDetail
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.means import Means
from nomad_console.operations.planner import Planner
from nomad_console.operations.upgrades import Upgrades
from nomad_console.operations.writer import Writer
from nomad_console.settings.values import (
    ClusterSettings,
    HostSettings,
    Missing,
    NomadSettings,
    ProbeSettings,
)
from nomad_console.tui.app import Backing, ConsoleApp
from nomad_console.tui.upgrading import UpgradeScreens
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.run import Run
from tests.support.consoles import FACTS, NoFeeds, Shelf, at_once
from tests.support.manual_clock import ManualClock
from tests.support.pilots import Seat, seated
from tests.support.small_cluster import SmallCluster
from tests.support.snapshots import (
    a_detail,
    a_node,
    a_task,
    allocation_id,
    an_allocation,
    nanoseconds,
    with_allocation,
    with_detail,
    with_new,
    with_node,
)


class Agent:
    """What a client's agent says of itself."""

    def __init__(self, max_kill_timeout_s: float | None) -> None:
        self.max_kill_timeout_s = max_kill_timeout_s
        self.region = "global"


class Agents:
    """Every agent caps kill timeouts at 30 s; remembers whom it asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failing: ApiError | None = None

    async def agent(self, node_id: str = "") -> Agent:
        if node_id:
            self.asked.append(node_id)
        if self.failing is not None:
            raise self.failing
        return Agent(30.0)

    async def node(self, node_id: str) -> tuple[Node, NodeDetail]:
        number = int(node_id[1])
        return a_node(number), a_detail(number)

    async def token(self) -> Token:
        return Token("acls-disabled", "", "management", (), None)


def small_upgrades(
    cluster: SmallCluster,
    clock: ManualClock,
    where: Path,
    *host: str,
    probe: tuple[str, ...] = (),
) -> tuple[Upgrades, Agents]:
    agents = Agents()
    off = Missing("not configured", "")
    settings = ClusterSettings(
        "prod-eu",
        "prod-eu",
        NomadSettings(),
        off,
        off,
        host=HostSettings(command=host),
        probe=ProbeSettings(urls=probe),
    )
    upgrades = Upgrades(
        settings,
        Means(cluster, Writer(cluster, cluster), lambda _: None, clock),
        planner=Planner(settings, agents, cluster),
        agents=agents,
        sessions=off,
        visit=cluster.visit,
        where=where,
    )
    return upgrades, agents


class Operator:
    """Somebody at the console, who looks at the cluster behind it as well."""

    def __init__(
        self,
        seat: Seat,
        cluster: SmallCluster,
        upgrades: Upgrades,
        agents: Agents,
        feeds: NoFeeds,
    ) -> None:
        self.seat = seat
        self.cluster = cluster
        self.upgrades = upgrades
        self.agents = agents
        self.feeds = feeds

    @property
    def conductor(self) -> Conductor:
        assert self.upgrades.current is not None
        return self.upgrades.current

    @property
    def run(self) -> Run:
        return self.conductor.run

    async def press(self, *keys: str) -> str:
        return await self.seat.press(*keys)

    async def pass_time(self, seconds: float, step: float = 1.0) -> str:
        await self.cluster.pass_time(seconds, step)
        await self.seat.settle()
        return self.seat.text

    async def begin(self, number: int = 2) -> None:
        """From the dashboard to the first gate of cN."""
        await self.press(*["down"] * (number - 1), "space", "u")
        await self.press("b")
        if self.upgrades.current is None:  # something is to be accepted
            await self.press(*f"c{number}", "enter")
        await self.open(Gate.START)

    async def open(self, wanted: Gate, looks: int = 40) -> str:
        """Let time pass until this gate has been open for more than its deaf second."""
        for look in range(looks):
            gate = self.run.upgrade.gate
            if gate is not None and gate.code:
                assert gate.gate is wanted
                await self.pass_time(2, step=2)
                return gate.code
            step = 1.0 if look < 4 else 15.0  # the long waits need no look each second
            await self.pass_time(step, step)
        raise AssertionError(f"{wanted} never opened: {self.run.upgrade}\n{self.seat.text}")

    async def answer(self, *gates: Gate) -> None:
        for gate in gates:
            code = await self.open(gate)
            await self.press("c", *code)
            if gate is Gate.UPGRADE and not self.run.plan.host_command:
                self.cluster.upgraded(int(self.run.upgrade.node[1]))
            await self.pass_time(1)


class SlowDrain(SmallCluster):
    """A drain that has just begun: one allocation in its delay, one told to stop, batch waits."""

    async def drain(
        self, node: str, spec: DrainSpec | None, *, mark_eligible: bool, meta: Mapping[str, str]
    ) -> int:
        self.writes.append(("drain", node, spec, mark_eligible))
        now, number = self.latest.at, int(node[1])
        marked = LastDrain("draining", now, now, "", dict(meta))
        after = with_node(
            self.latest, number, draining=True, eligibility="ineligible", last_drain=marked
        )
        until = now + timedelta(seconds=600)
        after = with_detail(after, number, drain=DrainStrategy(True, 600.0, now, until))  # noqa: FBT003 — the record's own order
        new = an_allocation(
            "web",
            90,
            5,
            name="web.web[1]",
            previous_id=allocation_id("web", 1),
            healthy=None,
            tasks=(a_task(started_at=now),),
        )
        after = with_allocation(
            with_new(after, new),
            "web",
            1,
            desired="stop",
            modify_time_ns=nanoseconds(now),
            next_id=new.id,
            modify_index=self.latest.nomad_index + 1,
        )
        killing = TaskEvent("Killing", nanoseconds(now), "", 0, 0, 5.0, False)  # noqa: FBT003 — as above
        api = allocation_id("api", 0)
        if after.allocations[api].node_id == node:
            stopping = {"desired": "stop", "tasks": (a_task(events=(killing,)),)}
            after = with_allocation(after, "api", 0, **stopping)
        self.publish(after)
        return self.latest.nomad_index


@asynccontextmanager
async def operating(
    where: Path,
    size: tuple[int, int] = (200, 50),
    *,
    snapshot: ClusterSnapshot | None = None,
    host: tuple[str, ...] = (),
    world: type[SmallCluster] = SmallCluster,
    probe: tuple[str, ...] = (),
) -> AsyncIterator[Operator]:
    """The console on the small cluster, everything live."""
    clock = ManualClock()
    cluster = world(clock)
    cluster.publish(snapshot)
    upgrades, agents = small_upgrades(cluster, clock, where, *host, probe=probe)
    feeds = NoFeeds()
    screens = UpgradeScreens(upgrades)
    backing = at_once(Backing(feeds, Shelf(), screens))
    app = ConsoleApp(FACTS, cluster, backing, clock, read_only=False)
    async with seated(app, clock, size) as seat:
        yield Operator(seat, cluster, upgrades, agents, feeds)
