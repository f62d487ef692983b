"""Domain records with only what a test cares about spelled out."""

from typing import TypeVar

import msgspec

from nomad_console.domain.allocation import Allocation, Deployment, Evaluation
from nomad_console.domain.job import Group, Job, JobStub
from nomad_console.domain.node import Node, NodeDetail
from nomad_console.domain.service import HealthCheck, ServiceInstance, ServiceSummary
from nomad_console.domain.target import Target, TargetGroup, TargetKey

S = TypeVar("S", bound=msgspec.Struct)


def _with(record: S, fields: dict[str, object]) -> S:
    return msgspec.structs.replace(record, **fields)


def a_node(node_id: str = "n1", **fields: object) -> Node:
    return _with(
        Node(
            id=node_id,
            name=node_id.replace("n", "c"),
            address=f"10.0.0.{node_id.removeprefix('n')}",
            datacenter="dc1",
            pool="default",
            node_class="",
            version="2.0.4",
            status="ready",
            eligibility="eligible",
            draining=False,
            last_drain=None,
            create_index=1,
            modify_index=10,
        ),
        fields,
    )


def a_detail(node_id: str = "n1", **fields: object) -> NodeDetail:
    return _with(
        NodeDetail(
            id=node_id,
            http_address=f"10.0.0.{node_id.removeprefix('n')}:4646",
            status_updated_at=None,
            drain=None,
            events=(),
            drivers={"raw_exec": True},
            meta={},
            instance_id=f"i-{node_id}",
            zone="eu-1a",
            ip_address=f"10.0.0.{node_id.removeprefix('n')}",
            consul_name=node_id.replace("n", "c"),
            cpu_mhz=4000,
            memory_mb=8000,
            modify_index=10,
            attributes={},
        ),
        fields,
    )


def an_allocation(alloc_id: str = "a1", node_id: str = "n1", **fields: object) -> Allocation:
    return _with(
        Allocation(
            id=alloc_id,
            namespace="default",
            name="web.web[0]",
            job_id="web",
            group="web",
            node_id=node_id,
            node_name=node_id.replace("n", "c"),
            desired="run",
            client="running",
            description="",
            migrate=False,
            healthy=True,
            canary=False,
            next_id="",
            create_index=5,
            modify_index=10,
            create_time_ns=0,
            modify_time_ns=0,
        ),
        fields,
    )


def a_stub(job_id: str = "web", **fields: object) -> JobStub:
    return _with(JobStub("default", job_id, "service", "running", False, 0, 10), fields)  # noqa: FBT003 — in the record's order


def a_group(name: str = "web", **fields: object) -> Group:
    return _with(
        Group(
            name=name,
            count=2,
            migrate=None,
            shutdown_delay_s=0.0,
            services=(),
            tasks=(),
            static_ports=(),
            constraints=(),
            meta={},
        ),
        fields,
    )


def a_job(job_id: str = "web", **fields: object) -> Job:
    return _with(
        Job(
            namespace="default",
            id=job_id,
            type="service",
            version=0,
            status="running",
            stopped=False,
            datacenters=("dc1",),
            pool="default",
            constraints=(),
            groups=(a_group(),),
            modify_index=10,
        ),
        fields,
    )


def a_deployment(deployment_id: str = "d1", **fields: object) -> Deployment:
    return _with(Deployment(deployment_id, "default", "web", 0, "running", "", 5, 10), fields)


def an_evaluation(evaluation_id: str = "e1", **fields: object) -> Evaluation:
    return _with(
        Evaluation(
            id=evaluation_id,
            namespace="default",
            job_id="web",
            type="service",
            status="blocked",
            triggered_by="queued-allocs",
            description="",
            node_id="",
            failed={"web": "memory"},
            create_index=5,
            modify_index=10,
        ),
        fields,
    )


def a_service(name: str = "web", nodes: tuple[str, ...] = ("c1",)) -> ServiceSummary:
    return ServiceSummary(name, len(nodes), nodes, ())


def an_instance(service_id: str = "web-1", node: str = "c1", name: str = "web") -> ServiceInstance:
    return ServiceInstance(service_id, name, node, "10.0.0.1", 8080)


def a_check(
    status: str = "critical", node: str = "c1", service_id: str = "web-1", service: str = "web"
) -> HealthCheck:
    return HealthCheck(
        node=node,
        id=f"check:{service_id}" if service_id else "serfHealth",
        name="alive",
        status=status,
        output="",
        service_id=service_id,
        service_name=service if service_id else "",
    )


def a_target_group(arn: str = "g1", **fields: object) -> TargetGroup:
    return _with(
        TargetGroup(
            arn=arn,
            name=arn,
            protocol="HTTP",
            port=80,
            target_type="instance",
            load_balancers=("lb1",),
            health_path="/",
            health_interval_s=10.0,
            health_timeout_s=5.0,
            healthy_threshold=2,
            unhealthy_threshold=2,
        ),
        fields,
    )


def a_target(
    target_id: str = "i-n1", group: str = "g1", port: int = 80, **fields: object
) -> Target:
    return _with(
        Target(
            key=TargetKey(group, target_id, port),
            zone="",
            quic_server_id="",
            state="healthy",
            reason="",
            description="",
            override="",
        ),
        fields,
    )
