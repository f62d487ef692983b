"""A console on the small cluster, from whose dashboard nodes are upgraded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.operations.conductor import Conductor
from nomad_console.operations.upgrades import Upgrades
from nomad_console.operations.writer import Writer
from nomad_console.settings.values import ClusterSettings, HostSettings, Missing, NomadSettings
from nomad_console.tui.app import ConsoleApp
from nomad_console.tui.upgrading import UpgradeScreens
from nomad_console.upgrade.gates import Gate
from nomad_console.upgrade.run import Run
from tests.support.consoles import FACTS, NoFeeds, Shelf
from tests.support.manual_clock import ManualClock
from tests.support.pilots import Seat, seated
from tests.support.small_cluster import SmallCluster


class Agent:
    """What a client's agent says of itself."""

    def __init__(self, max_kill_timeout_s: float | None) -> None:
        self.max_kill_timeout_s = max_kill_timeout_s


class Agents:
    """Every agent caps kill timeouts at 30 s; remembers whom it asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def agent(self, node_id: str = "") -> Agent:
        self.asked.append(node_id)
        return Agent(30.0)


def small_upgrades(
    cluster: SmallCluster, clock: ManualClock, where: Path, *host: str
) -> tuple[Upgrades, Agents]:
    agents = Agents()
    off = Missing("not configured", "")
    settings = ClusterSettings(
        "prod-eu", "prod-eu", NomadSettings(), off, off, host=HostSettings(command=host)
    )
    upgrades = Upgrades(
        settings,
        agents=agents,
        writer=Writer(cluster, cluster),
        snapshots=cluster,
        nudge=lambda _: None,
        clock=clock,
        where=where,
    )
    return upgrades, agents


class Operator:
    """Somebody at the console, who looks at the cluster behind it as well."""

    def __init__(self, seat: Seat, cluster: SmallCluster, upgrades: Upgrades) -> None:
        self.seat = seat
        self.cluster = cluster
        self.upgrades = upgrades

    @property
    def conductor(self) -> Conductor:
        assert self.upgrades.current is not None
        return self.upgrades.current

    @property
    def run(self) -> Run:
        return self.conductor.run

    async def press(self, *keys: str) -> str:
        return await self.seat.press(*keys)

    async def pass_time(self, seconds: float) -> str:
        await self.cluster.pass_time(seconds)
        await self.seat.settle()
        return self.seat.text

    async def begin(self, number: int = 2) -> None:
        """From the dashboard to the first gate of cN."""
        await self.press(*["down"] * (number - 1), "space", "u")
        await self.press("b")
        if self.upgrades.current is None:  # something is to be accepted
            await self.press(*f"c{number}", "enter")
        await self.open(Gate.START)

    async def open(self, wanted: Gate, patience_s: int = 200) -> str:
        """Let time pass until this gate has been open for more than its deaf second."""
        for _ in range(patience_s):
            gate = self.run.upgrade.gate
            if gate is not None and gate.code:
                assert gate.gate is wanted
                await self.pass_time(2)
                return gate.code
            await self.pass_time(1)
        raise AssertionError(f"{wanted} never opened: {self.run.upgrade}\n{self.seat.text}")

    async def answer(self, *gates: Gate) -> None:
        for gate in gates:
            code = await self.open(gate)
            await self.press("c", *code)
            if gate is Gate.UPGRADE and not self.run.plan.host_command:
                self.cluster.upgraded(int(self.run.upgrade.node[1]))
            await self.pass_time(1)


@asynccontextmanager
async def operating(
    where: Path,
    size: tuple[int, int] = (200, 50),
    *,
    snapshot: ClusterSnapshot | None = None,
    host: tuple[str, ...] = (),
) -> AsyncIterator[Operator]:
    """The console on the small cluster, everything live."""
    clock = ManualClock()
    cluster = SmallCluster(clock)
    cluster.publish(snapshot)
    upgrades, _ = small_upgrades(cluster, clock, where, *host)
    app = ConsoleApp(
        FACTS, cluster, NoFeeds(), Shelf(), UpgradeScreens(upgrades), clock, read_only=False
    )
    async with seated(app, clock, size) as seat:
        yield Operator(seat, cluster, upgrades)

