"""The feeds on a simulated cluster over real HTTP: all moves by itself and recovers alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from nomad_console.cli.wiring import Connections, connected
from nomad_console.domain.snapshot import ClusterSnapshot, SourceState
from nomad_console.live.interest import Interest
from nomad_console.settings.load import load
from tests.support.simulator import Simulator, running_simulator

PATIENCE_S = 40.0

Truth = Callable[[ClusterSnapshot], bool]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator(speed=5) as found:
        yield found


class Cluster:
    """The simulator's controls beside what the feeds have made of it."""

    def __init__(self, simulator: Simulator, connections: Connections) -> None:
        self._simulator = simulator
        self._connections = connections
        self.feeds = connections.feeds

    @property
    def latest(self) -> ClusterSnapshot:
        return self._connections.store.latest

    def node(self, name: str) -> str:
        return next(key for key, node in self.latest.nodes.items() if node.name == name)

    async def fault(self, kind: str, **arguments: str | float) -> None:
        await asyncio.to_thread(lambda: self._simulator.fault(kind, **arguments))

    async def act(self, name: str, action: str, **body: str) -> None:
        path = f"/agents/{name}/{action}"
        await asyncio.to_thread(self._simulator.control, "POST", path, dict(body))

    async def until(self, truth: Truth, what: str) -> ClusterSnapshot:
        """The first snapshot of which it is true."""
        seen = asyncio.Event()
        leave = self._connections.store.subscribe(lambda one: seen.set() if truth(one) else None)
        try:
            came = truth(self.latest) or await self._connections.clock.wait(seen, PATIENCE_S)
        finally:
            leave()
        told = {key: (str(one.state), one.reason) for key, one in self.latest.sources.items()}
        assert came, f"never {what}: {told}"
        return self.latest

    async def state(self, source: str, state: SourceState, saying: str = "") -> ClusterSnapshot:
        return await self.until(
            lambda one: one.source(source).state is state and saying in one.source(source).reason,
            f"{source} {state} {saying}",
        )


@asynccontextmanager
async def following(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Cluster]:
    for name, value in simulator.env.items():
        monkeypatch.setenv(name, value)
    async with (
        connected(load(simulator.environ), read_only=True) as connections,
        asyncio.TaskGroup() as tasks,
    ):
        run = tasks.create_task(connections.feeds.run())
        cluster = Cluster(simulator, connections)
        for source in ("nomad", "consul", "alb"):
            await cluster.state(source, SourceState.LIVE)
        await cluster.until(
            lambda one: one.groups_complete and not one.ties.untied and bool(one.node_sums),
            "complete",
        )
        yield cluster
        run.cancel()


async def test_four_systems_meet_and_every_change_arrives(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with following(simulator, monkeypatch) as cluster:
        start = cluster.latest
        assert {node.name for node in start.nodes.values()} == {f"c{n}" for n in range(1, 7)}
        assert all(start.targets_of(node) for node in start.nodes)
        assert start.every_namespace
        c1, c2 = cluster.node("c1"), cluster.node("c2")
        cluster.feeds.look_at(Interest(visible=frozenset({c1, c2}), marked=frozenset({c1})))
        seen = await cluster.until(
            lambda one: (
                all(a.tasks for a in one.allocations_of(c1))
                and "c1" in one.node_health
                and {(a.namespace, a.job_id) for a in one.allocations_of(c1)} <= one.jobs.keys()
            ),
            "task states, Consul's machine and jobs of the marked node",
        )
        assert seen.server_versions == ("2.0.5",)

        await cluster.act("c1", "restart", version="2.0.5")
        await cluster.until(lambda one: one.nodes[c1].version == "2.0.5", "c1 on 2.0.5")

        failing = next(a for a in seen.allocations_of(c2) if a.job_id != "edge")
        restarts = failing.restarts or 0
        await cluster.fault("fail-allocation", allocation=failing.id)
        await cluster.until(
            lambda one: (
                one.allocations[failing.id].client == "failed"
                or (one.allocations[failing.id].restarts or 0) > restarts
            ),
            "an allocation restarted or failed",
        )

        await cluster.fault("break-app", job="legacy")
        await cluster.until(lambda one: one.service_sums["legacy"].critical > 0, "legacy critical")
        await cluster.fault("heal-app", job="legacy")
        await cluster.until(lambda one: one.service_sums["legacy"].critical == 0, "legacy passing")

        await cluster.fault("machine-down", node="c6")
        c6 = cluster.node("c6")
        await cluster.until(
            lambda one: any(target.state == "unhealthy" for target in one.targets_of(c6)),
            "a target of c6 unhealthy",
        )
        await cluster.until(lambda one: one.nodes[c6].status == "down", "c6 down")
        await cluster.fault("machine-up", node="c6")
        await cluster.until(lambda one: one.nodes[c6].status == "ready", "c6 ready")


async def test_a_backend_that_fails_ages_the_rest_lives_and_all_recover_alone(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with following(simulator, monkeypatch) as cluster:
        services, nodes = len(cluster.latest.services), len(cluster.latest.nodes)

        await cluster.fault("stop-consul")
        seen = await cluster.state("consul", SourceState.STALE)
        assert len(seen.services) == services
        assert seen.source("nomad").state is SourceState.LIVE
        await cluster.fault("start-consul")
        await cluster.state("consul", SourceState.LIVE)

        await cluster.fault("stop-nomad")
        seen = await cluster.state("nomad", SourceState.STALE)
        assert len(seen.nodes) == nodes
        assert seen.source("nomad").hint
        await cluster.fault("start-nomad")
        await cluster.state("nomad", SourceState.LIVE)

        await cluster.fault("throttle-aws")
        cluster.feeds.nudge(cluster.latest.groups)
        seen = await cluster.until(
            lambda one: "hrottl" in one.source("alb").reason, "throttling is told"
        )
        assert seen.targets
        await cluster.fault("unthrottle-aws")
        await cluster.state("alb", SourceState.LIVE)


async def test_a_forbidden_namespace_is_told_and_forgotten_when_allowed(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nomad_console.live.nomad_subscriptions.ASK_AGAIN_S", 2.0)
    async with following(simulator, monkeypatch) as cluster:
        await cluster.fault("forbid-namespace", namespace="prod")
        seen = await cluster.until(
            lambda one: "event stream refused" in one.source("nomad").reason, "the lacking right"
        )
        assert "read-job" in seen.source("nomad").hint
        assert seen.every_namespace is False
        assert seen.source("consul").state is SourceState.LIVE
        await cluster.fault("allow-namespace", namespace="prod")
        await cluster.until(
            lambda one: one.every_namespace is True and "refused" not in one.source("nomad").reason,
            "allowed again",
        )
