"""Small clusters built by hand: the article's six clients, and changes to one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from nomad_console.domain.allocation import Allocation, Claim, Task
from nomad_console.domain.job import (
    Check,
    Group,
    Job,
    JobService,
    JobStub,
    JobTask,
    Migrate,
)
from nomad_console.domain.node import LastDrain, Node, NodeDetail
from nomad_console.domain.service import HealthCheck, NodeHealth, ServiceInstance, ServiceSummary
from nomad_console.domain.snapshot import (
    ClusterSnapshot,
    ConsulSums,
    JobKey,
    NodeClaims,
    NodeSums,
    Reading,
    Source,
    SourceName,
    SourceState,
)
from nomad_console.domain.target import Target, TargetGroup, TargetKey
from nomad_console.live.allocation_index import claims
from tests.support.manual_clock import EPOCH
from tests.support.ties import tie

ARN = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/{}/0123456789abcdef"
WEB_PUBLIC = ARN.format("web-public")
API_INT = ARN.format("api-int")
INDEX = 1000

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


def node_id(number: int) -> str:
    return f"c{number}000000-0000-4000-8000-000000000000"


def allocation_id(job: str, number: int) -> str:
    return f"{job.encode().hex():0<8.8}-{number:04x}-4000-8000-000000000000"


def nanoseconds(at: datetime) -> int:
    return round((at - datetime.fromtimestamp(0, at.tzinfo)) / timedelta(microseconds=1)) * 1000


def a_node(number: int, version: str = "2.0.4") -> Node:
    return Node(
        id=node_id(number),
        name=f"c{number}",
        address=f"10.77.0.{10 + number}",
        datacenter="dc1",
        pool="default",
        node_class="edge",
        version=version,
        status="ready",
        eligibility="eligible",
        draining=False,
        last_drain=None,
        create_index=10 + number,
        modify_index=100 + number,
    )


def a_detail(number: int) -> NodeDetail:
    return NodeDetail(
        id=node_id(number),
        http_address=f"10.77.0.{10 + number}:4646",
        status_updated_at=EPOCH - timedelta(days=41),
        drain=None,
        events=(),
        drivers={"raw_exec": True, "docker": True},
        meta={},
        instance_id=f"i-0{number:016x}",
        zone="eu-west-1" + "abc"[(number - 1) % 3],
        ip_address=f"10.77.0.{10 + number}",
        consul_name=f"c{number}",
        cpu_mhz=8000,
        memory_mb=16384,
        modify_index=100 + number,
        attributes={},
    )


def a_task(name: str = "app", **changes: Any) -> Task:
    task = Task(
        name,
        state="running",
        failed=False,
        restarts=0,
        started_at=EPOCH - timedelta(days=2),
        finished_at=None,
        events=(),
    )
    return msgspec.structs.replace(task, **changes)


def an_allocation(
    job: str, number: int, node: int, type_: str = "service", **changes: Any
) -> Allocation:
    allocation = Allocation(
        id=allocation_id(job, number),
        namespace="default",
        name=f"{job}.{job}[{number}]",
        job_id=job,
        group=job,
        node_id=node_id(node),
        node_name=f"c{node}",
        desired="run",
        client="running",
        description="",
        migrate=False,
        healthy=None if type_ == "batch" else True,
        canary=False,
        next_id="",
        create_index=200 + number,
        modify_index=300 + number,
        create_time_ns=nanoseconds(EPOCH - timedelta(days=2)),
        modify_time_ns=nanoseconds(EPOCH - timedelta(days=2)),
        job_type=type_,
        job_version=0,
        previous_id="",
        tasks=(a_task(),),
        claim=Claim(100, 128),
    )
    return msgspec.structs.replace(allocation, **changes)


def a_job(
    name: str,
    count: int,
    type_: str = "service",
    *,
    shutdown_delay_s: float = 5.0,
    kill_timeout_s: float = 5.0,
    static_ports: tuple[int, ...] = (),
    max_parallel: int = 1,
) -> Job:
    check = Check(f"{name} alive", "http", "/", 2.0)
    services = () if type_ == "batch" else (JobService(name, "consul", "http", (), (check,)),)
    group = Group(
        name=name,
        count=count,
        migrate=Migrate(max_parallel, 10.0, 300.0) if type_ == "service" else None,
        shutdown_delay_s=shutdown_delay_s,
        services=services,
        tasks=(JobTask("app", "raw_exec", kill_timeout_s, "", 0.0, 100, 128),),
        static_ports=static_ports,
        constraints=(),
        meta={},
    )
    return Job(
        namespace="default",
        id=name,
        type=type_,
        version=0,
        status="running",
        stopped=False,
        datacenters=("dc1",),
        pool="default",
        constraints=(),
        groups=(group,),
        modify_index=50,
    )


def a_stub(job: Job) -> JobStub:
    return JobStub(
        job.namespace, job.id, job.type, job.status, job.stopped, job.version, job.modify_index
    )


def a_group(arn: str, port: int = 80) -> TargetGroup:
    return TargetGroup(
        arn=arn,
        name=arn.split("/")[1],
        protocol="HTTP",
        port=port,
        target_type="instance",
        load_balancers=(
            "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/x/1",
        ),
        health_path="/ping",
        health_interval_s=5.0,
        health_timeout_s=2.0,
        healthy_threshold=2,
        unhealthy_threshold=2,
        attributes={"deregistration_delay.timeout_seconds": "20"},
    )


def a_target(arn: str, number: int, port: int = 80, state: str = "healthy") -> Target:
    return Target(TargetKey(arn, f"i-0{number:016x}", port), "", "", state, "", "", "")


def _instance(allocation: Allocation) -> ServiceInstance:
    return ServiceInstance(
        id=f"_nomad-task-{allocation.id}-group-{allocation.group}-{allocation.job_id}-http",
        name=allocation.job_id,
        node=allocation.node_name,
        address=f"10.77.0.{10 + int(allocation.node_name[1:])}",
        port=80,
    )


def consul_health(snapshot: ClusterSnapshot, name: str) -> NodeHealth:
    """What Consul holds of a machine whose running allocations pass every check."""
    instances = tuple(
        _instance(allocation)
        for allocation in sorted(snapshot.allocations.values(), key=lambda one: one.id)
        if allocation.node_name == name
        and (allocation.client, allocation.desired) == ("running", "run")
        and allocation.job_type != "batch"
    )
    checks = [HealthCheck(name, "serfHealth", "Serf Health Status", "passing", "", "", "")]
    checks += [
        HealthCheck(name, f"check-{one.id}", "alive", "passing", "", one.id, one.name)
        for one in instances
    ]
    return NodeHealth(name, instances, tuple(checks))


def with_derived(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The snapshot with its indexes, sums, ties and Consul's view made to fit its rows."""
    by_node: dict[str, frozenset[str]] = dict.fromkeys(snapshot.nodes, frozenset())
    by_job: dict[JobKey, frozenset[str]] = {}
    sums: dict[str, NodeSums] = dict.fromkeys(snapshot.nodes, NodeSums())
    claimed: dict[str, NodeClaims] = dict.fromkeys(snapshot.nodes, NodeClaims())
    for one in snapshot.allocations.values():
        by_node[one.node_id] = by_node.get(one.node_id, frozenset()) | {one.id}
        key = (one.namespace, one.job_id)
        by_job[key] = by_job.get(key, frozenset()) | {one.id}
        more = claims(one)
        taken = claimed.get(one.node_id, NodeClaims())
        claimed[one.node_id] = NodeClaims(*map(sum, zip(taken, more, strict=True)))
        old = sums.get(one.node_id, NodeSums())
        live = one.desired == "run" or not one.terminal
        sums[one.node_id] = NodeSums(old.running + (one.client == "running"), old.total + live)
    health = {node.name: consul_health(snapshot, node.name) for node in snapshot.nodes.values()}
    instances = [one for machine in health.values() for one in machine.instances]
    names = sorted({one.name for one in instances})
    of = {name: tuple(one.node for one in instances if one.name == name) for name in names}
    return msgspec.structs.replace(
        snapshot,
        by_node=by_node,
        by_job=by_job,
        node_sums=sums,
        node_claims=claimed,
        node_health=health,
        health_read={name: Reading(snapshot.at) for name in health},
        services={name: ServiceSummary(name, len(of[name]), of[name], ()) for name in names},
        service_sums={name: ConsulSums(passing=len(of[name])) for name in names},
        consul_sums={
            name: ConsulSums(passing=len(machine.instances)) for name, machine in health.items()
        },
        group_read={arn: Reading(snapshot.at) for arn in snapshot.groups},
        ties=tie(snapshot.nodes, snapshot.details, snapshot.targets),
    )


def article_snapshot(at: datetime = EPOCH) -> ClusterSnapshot:
    """Six clients in three zones, an edge on each, jobs well set and badly set, all live."""
    nodes = {node_id(number): a_node(number) for number in range(1, 7)}
    jobs = [
        a_job("edge", 1, "system", kill_timeout_s=15.0, static_ports=(80,)),
        a_job("web", 6),
        a_job("api", 3, shutdown_delay_s=0.0),
        a_job("solo", 1),
        a_job("crunch", 1, "batch"),
    ]
    rows = [an_allocation("edge", number, number, "system") for number in range(1, 7)]
    rows += [an_allocation("web", number - 1, number) for number in range(1, 7)]
    rows += [an_allocation("api", number, number + 2) for number in range(3)]
    rows += [an_allocation("solo", 0, 1), an_allocation("crunch", 0, 2, "batch")]
    targets = [a_target(arn, number) for arn in (WEB_PUBLIC, API_INT) for number in range(1, 7)]
    return with_derived(
        ClusterSnapshot(
            at=at,
            number=1,
            nomad_index=INDEX,
            sources={name: Source(name, SourceState.LIVE, at) for name in SourceName},
            nodes=nodes,
            details={node_id(number): a_detail(number) for number in range(1, 7)},
            allocations={one.id: one for one in rows},
            job_stubs={(job.namespace, job.id): a_stub(job) for job in jobs},
            jobs={(job.namespace, job.id): job for job in jobs},
            namespaces=("default",),
            every_namespace=True,
            groups={arn: a_group(arn) for arn in (WEB_PUBLIC, API_INT)},
            targets={one.key: one for one in targets},
            groups_complete=True,
            watched_since=at - timedelta(seconds=41),
            server_versions=("2.0.5", "2.0.5", "2.0.5"),
        )
    )


def _put(rows: Mapping[T, S], key: T, **changes: Any) -> dict[T, S]:
    return {**rows, key: msgspec.structs.replace(rows[key], **changes)}


def with_node(snapshot: ClusterSnapshot, number: int, **changes: Any) -> ClusterSnapshot:
    nodes = _put(snapshot.nodes, node_id(number), **changes)
    return msgspec.structs.replace(snapshot, nodes=nodes)


def with_detail(snapshot: ClusterSnapshot, number: int, **changes: Any) -> ClusterSnapshot:
    details = _put(snapshot.details, node_id(number), **changes)
    return with_derived(msgspec.structs.replace(snapshot, details=details))


def with_allocation(
    snapshot: ClusterSnapshot, job: str, number: int, **changes: Any
) -> ClusterSnapshot:
    allocations = _put(snapshot.allocations, allocation_id(job, number), **changes)
    return with_derived(msgspec.structs.replace(snapshot, allocations=allocations))


def with_new(snapshot: ClusterSnapshot, *allocations: Allocation) -> ClusterSnapshot:
    rows = {**snapshot.allocations, **{one.id: one for one in allocations}}
    return with_derived(msgspec.structs.replace(snapshot, allocations=rows))


def with_target(
    snapshot: ClusterSnapshot, arn: str, number: int, **changes: Any
) -> ClusterSnapshot:
    targets = _put(snapshot.targets, a_target(arn, number).key, **changes)
    return msgspec.structs.replace(snapshot, targets=targets)


def without_targets(snapshot: ClusterSnapshot, number: int) -> ClusterSnapshot:
    """The node's targets gone from every listing, as after deregistration and its delay."""
    instance = f"i-0{number:016x}"
    targets = {key: one for key, one in snapshot.targets.items() if key.id != instance}
    return with_derived(msgspec.structs.replace(snapshot, targets=targets))


def with_job(snapshot: ClusterSnapshot, job: Job) -> ClusterSnapshot:
    return msgspec.structs.replace(snapshot, jobs={**snapshot.jobs, (job.namespace, job.id): job})


def with_source(
    snapshot: ClusterSnapshot, name: str, state: SourceState, reason: str = "connection refused"
) -> ClusterSnapshot:
    source = Source(name, state, snapshot.source(name).true_at, reason)
    return msgspec.structs.replace(snapshot, sources={**snapshot.sources, name: source})


def later(snapshot: ClusterSnapshot, seconds: float, indexes: int = 10) -> ClusterSnapshot:
    """The same rows, read again so much later: newer index, newer readings, sources live."""
    at = snapshot.at + timedelta(seconds=seconds)
    return msgspec.structs.replace(
        snapshot,
        at=at,
        number=snapshot.number + 1,
        nomad_index=snapshot.nomad_index + indexes,
        sources={name: Source(name, SourceState.LIVE, at) for name in SourceName},
        health_read={name: Reading(at) for name in snapshot.health_read},
        group_read={arn: Reading(at) for arn in snapshot.group_read},
    )


def drained(snapshot: ClusterSnapshot, number: int, run_id: str) -> ClusterSnapshot:
    """Every allocation of the node gone; each service one has a healthy replacement elsewhere."""
    rows = dict(snapshot.allocations)
    here = [one for one in rows.values() if one.node_id == node_id(number) and not one.terminal]
    for offset, one in enumerate(here):
        new_id = f"{one.id[:8]}-{number:02x}{offset:02x}-4000-8000-ffffffffffff"
        moves = one.job_type == "service"
        rows[one.id] = msgspec.structs.replace(
            one,
            client="complete",
            desired="run" if one.job_type == "batch" else "stop",
            next_id=new_id if moves else "",
            modify_index=snapshot.nomad_index + 1,
        )
        if moves:
            other = number % 6 + 1
            rows[new_id] = msgspec.structs.replace(
                one,
                id=new_id,
                node_id=node_id(other),
                node_name=f"c{other}",
                previous_id=one.id,
                create_index=snapshot.nomad_index + 1,
                modify_index=snapshot.nomad_index + 2,
            )
    at = snapshot.at
    last = LastDrain("complete", at, at, "token:acls-disabled", {"nomad-console-run": run_id})
    index = snapshot.nomad_index + 3
    nodes = _put(
        snapshot.nodes,
        node_id(number),
        eligibility="ineligible",
        draining=False,
        last_drain=last,
        modify_index=index,
    )
    return with_derived(
        msgspec.structs.replace(snapshot, allocations=rows, nodes=nodes, nomad_index=index)
    )
