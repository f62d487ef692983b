"""Every client method against the simulator, over real HTTP."""

import inspect
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

from nomad_console.clients.autoscaling import AutoScaling
from nomad_console.clients.consul import Consul
from nomad_console.clients.elb import Elb
from nomad_console.clients.errors import NotFound
from nomad_console.clients.nomad import Nomad
from nomad_console.clients.nomad_calls import DrainSpec
from nomad_console.domain.allocation import Allocation, Evaluation
from nomad_console.settings.load import load
from nomad_console.settings.values import AwsSettings, ClusterSettings, ConsulSettings
from nomad_console.simulator.scenario import BUILT_IN
from tests.support.backends import consul_at, elb_at, nomad_at, scaling_at
from tests.support.real_agents import real_consul
from tests.support.simulator import Simulator, running_simulator

NODES = 6
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator(speed=10) as found:
        yield found


@pytest.fixture
def cluster(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> ClusterSettings:
    for name, text in simulator.env.items():
        monkeypatch.setenv(name, text)
    return load(simulator.env)


def consul_address(cluster: ClusterSettings) -> str:
    assert isinstance(cluster.consul, ConsulSettings)
    return cluster.consul.address


def elb_address(cluster: ClusterSettings) -> str:
    assert isinstance(cluster.aws, AwsSettings)
    return cluster.aws.endpoint_url


async def test_reads_of_nomad(cluster: ClusterSettings) -> None:
    async with nomad_at(cluster.nomad.address) as nomad:
        nodes = await nomad.nodes()
        assert len(nodes.rows) == NODES
        row = nodes.rows[0]
        node, detail = await nomad.node(row.id)
        assert (node.name, node.version, node.address) == (row.name, row.version, row.address)
        assert detail.instance_id.startswith("i-")
        assert detail.zone
        assert detail.consul_name == node.name
        assert detail.drivers
        assert detail.cpu_mhz > 0
        slim = await nomad.allocations()
        assert all(allocation.tasks is None for allocation in slim.rows)
        here = await nomad.node_allocations(row.id)
        assert {each.id for each in here.rows} == {
            each.id for each in slim.rows if each.node_id == row.id
        }
        single = await nomad.allocation(here.rows[0].id)
        assert single.tasks
        assert single.job_type
        stubs = await nomad.job_stubs()
        for stub in stubs.rows:
            job = await nomad.job(stub.namespace, stub.id)
            assert (job.id, job.type) == (stub.id, stub.type)
            assert job.groups
        assert (await nomad.deployments()).index > 0
        assert (await nomad.blocked_evaluations()).rows == ()
        assert "default" in await nomad.namespaces()
        assert (await nomad.agent()).server
        assert (await nomad.agent(row.id)).max_kill_timeout_s
        assert len(await nomad.servers()) == 3
        assert (await nomad.token()).management
        assert await nomad.may_read("/v1/nodes")
        with pytest.raises(NotFound, match="policy"):
            await nomad.policy("anonymous")
        assert await nomad.leader()
        for missing in (nomad.node, nomad.allocation):
            with pytest.raises(NotFound):
                await missing(NOBODY)


async def test_pages_cover_the_whole_list(cluster: ClusterSettings) -> None:
    async with nomad_at(cluster.nomad.address) as nomad:
        whole = await nomad.allocations()
        found = list[str]()
        token, pages = "", 0
        while token or not pages:
            page = await nomad.allocations(per_page=5, next_token=token)
            found += [row.id for row in page.rows]
            token, pages = page.next_token, pages + 1
        assert found == [row.id for row in whole.rows]
        assert pages == -(-len(whole.rows) // 5)


async def test_writes_to_nomad_are_seen_in_its_events(cluster: ClusterSettings) -> None:
    async with nomad_at(cluster.nomad.address, read_only=False) as nomad:
        node = (await nomad.nodes()).rows[0].id
        index = (await nomad.nodes()).index
        topics = ["Node", "Evaluation", "Allocation"]
        async with aclosing(nomad.events(topics, index=index)) as frames:
            assert (await anext(frames)).index == 0
            spec = DrainSpec(60.0, ignore_system_jobs=True)
            begun = await nomad.drain(node, spec, mark_eligible=False, meta={"run": "r1"})
            assert begun > index
            async for frame in frames:
                pairs = [record for record in frame.records if isinstance(record, tuple)]
                if frame.index >= begun and pairs:
                    break
            row, detail = pairs[0]
            assert (row.id, row.draining, row.eligible) == (node, True, False)
            assert row.last_drain is not None
            assert row.last_drain.meta == {"run": "r1"}
            assert detail.drain is not None
            assert detail.drain.ignore_system_jobs
            ended = await nomad.drain(node, None, mark_eligible=False, meta={"run": "r1"})
            eligible = await nomad.set_eligibility(node, eligible=True)
            assert begun < ended < eligible
            assert await nomad.set_eligibility(node, eligible=True) == 0
            stub = (await nomad.job_stubs()).rows[0]
            evaluated = await nomad.evaluate_job(stub.namespace, stub.id)
            async for frame in frames:
                if frame.index >= evaluated and any(
                    isinstance(record, Evaluation) and record.job_id == stub.id
                    for record in frame.records
                ):
                    break
            assert (await nomad.nodes(index=index, wait_s=5)).index >= eligible
            here = (await nomad.node_allocations(node)).rows
            running = next(one for one in here if one.client == "running")
            stopped = await nomad.stop_allocation(running.id)
            assert stopped > eligible
            async for frame in frames:
                told = [each for each in frame.records if isinstance(each, Allocation)]
                if any(each.id == running.id and each.desired == "stop" for each in told):
                    break
            assert (await nomad.allocation(running.id)).desired == "stop"


async def test_reads_of_consul(cluster: ClusterSettings) -> None:
    async with consul_at(consul_address(cluster)) as consul:
        services = await consul.services()
        assert {service.name for service in services.rows} >= {"consul", "edge", "web"}
        assert (await consul.services(services.index, 0.05)).index >= services.index
        checks = (await consul.checks("any")).rows
        assert {check.name for check in checks} >= {"Serf Health Status"}
        edge = next(service for service in services.rows if service.name == "edge")
        health = await consul.node_health(edge.nodes[0])
        assert {instance.name for instance in health.instances} >= {"edge"}
        assert {check.node for check in health.checks} == {edge.nodes[0]}
        assert (await consul.node_health("nobody")).instances == ()
        assert (await consul.agent()).version
        assert (await consul.token()).management
        assert await consul.leader()


LOCK = "nomad-console/global/run"


@pytest.fixture(params=["simulated", "real"])
async def lock_server(
    request: pytest.FixtureRequest, cluster: ClusterSettings, tmp_path: Path
) -> AsyncIterator[str]:
    if request.param == "simulated":
        yield consul_address(cluster)
        return
    if shutil.which("consul") is None:
        pytest.skip("no consul on PATH")
    with real_consul(tmp_path) as address:
        yield address


async def test_locks_of_consul(lock_server: str) -> None:
    async with (
        consul_at(lock_server, read_only=False) as consul,
        httpx.AsyncClient(base_url=f"{lock_server}/v1/") as http,
    ):
        assert await consul.entry(LOCK) is None
        ours, theirs = [await consul.open_session(name, 30) for name in ("ours", "theirs")]
        (row,) = (await http.get(f"session/info/{ours}")).json()
        assert (row["TTL"], row["LockDelay"], row["Behavior"]) == ("30s", 0, "release")
        assert not row["NodeChecks"]
        assert await consul.acquire(LOCK, b"us", ours)
        assert await consul.acquire(LOCK, b"us again", ours)
        assert not await consul.acquire(LOCK, b"them", theirs)
        assert await consul.entry(LOCK) == (b"us again", ours)
        await consul.renew_session(ours)
        await consul.end_session(ours)
        assert await consul.entry(LOCK) == (b"us again", "")
        with pytest.raises(NotFound):
            await consul.renew_session(ours)
        with pytest.raises(NotFound):
            await consul.acquire(LOCK, b"too late", ours)
        assert await consul.acquire(LOCK, b"them", theirs)
        assert not await consul.release(LOCK, b"", ours)
        assert await consul.release(LOCK, b"", theirs)
        assert await consul.entry(LOCK) == (b"", "")


async def test_reads_and_writes_of_elb(cluster: ClusterSettings) -> None:
    async with elb_at(elb_address(cluster), read_only=False) as elb:
        balancers = {balancer.arn for balancer in await elb.load_balancers()}
        groups = await elb.target_groups()
        assert len(groups) == 2
        for group in groups:
            assert balancers >= set(group.load_balancers)
            assert "deregistration_delay.timeout_seconds" in await elb.attributes(group.arn)
            assert len(await elb.targets(group.arn)) == NODES
        group = next(group for group in groups if group.target_type == "instance")
        target = (await elb.targets(group.arn))[0]
        await elb.deregister(target.key)
        states = {each.key: each.state for each in await elb.targets(group.arn)}
        assert states.get(target.key, "gone") in {"healthy", "draining", "gone"}
        await elb.register(target.key, target.zone, target.quic_server_id)
        assert "arn:aws" in await elb.identity()
        with pytest.raises(NotFound):
            await elb.targets(group.arn.replace("targetgroup", "targetgroup/nothing"))


async def test_reads_of_auto_scaling(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = tmp_path / "owned.toml"
    one = (BUILT_IN / "one-service.toml").read_text()
    world.write_text(one + '[[scaling]]\ngroup = "web"\nclients = ["c1", "c3"]\n')
    with running_simulator(str(world)) as simulator:
        for name, text in simulator.env.items():
            monkeypatch.setenv(name, text)
        cluster = load(simulator.env)
        async with nomad_at(cluster.nomad.address) as nomad:
            details = [(await nomad.node(row.id))[1] for row in (await nomad.nodes()).rows]
        async with scaling_at(elb_address(cluster)) as scaling:
            found = await scaling.instances([one.instance_id for one in details])
    owned = {one.instance_id for one in details if one.consul_name in {"c1", "c3"}}
    assert {one.instance_id for one in found} == owned
    assert {(one.group, one.lifecycle, one.health) for one in found} == {
        ("web", "InService", "Healthy")
    }


def test_no_method_is_left_out() -> None:
    source = "".join(
        inspect.getsource(test)
        for name, test in globals().items()
        if name.startswith("test_") and inspect.iscoroutinefunction(test)
    )
    kinds = ((Nomad, "nomad"), (Consul, "consul"), (Elb, "elb"), (AutoScaling, "scaling"))
    for client, name in kinds:
        for method, _ in inspect.getmembers(client, inspect.isfunction):
            if not method.startswith("_") and method not in {"close", "library"}:
                assert f"{name}.{method}" in source, f"{name}.{method} is not called here"
