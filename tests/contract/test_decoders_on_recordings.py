"""Every decoder reads every recording that concerns it; none is left over by accident."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nomad_console.clients import (
    consul_wire,
    nomad_agent_wire,
    nomad_job_wire,
    nomad_node_wire,
    nomad_wire,
)
from nomad_console.clients.errors import ApiError, NotFound, Refused, Throttled, of_answer
from nomad_console.clients.http import Answer
from nomad_console.clients.nomad_lists import listing
from nomad_console.clients.nomad_stream import frame
from nomad_console.clients.wire import NANO, decoded
from nomad_console.domain.allocation import Allocation, Deployment, Evaluation
from nomad_console.domain.job import Job, JobStub
from nomad_console.domain.node import Node, NodeDetail
from tests.support.recorded import RECORDINGS

Json = dict[str, Any]

NOMAD = sorted(
    path for path in (RECORDINGS / "nomad").rglob("*.json") if ".times." not in path.name
)
CONSUL = sorted((RECORDINGS / "consul").rglob("*.json"))
STREAMS = sorted(RECORDINGS.rglob("*-events.ndjson"))
POLLS = sorted(path for path in RECORDINGS.rglob("*.ndjson") if path not in STREAMS)


def same_node(record: Node, row: Json) -> None:
    assert record.id == row["ID"]
    assert record.name == row["Name"]
    assert record.status == row["Status"]
    assert record.eligibility == row["SchedulingEligibility"]
    assert record.modify_index == row["ModifyIndex"]
    version = row.get("Version") or (row.get("Attributes") or {}).get("nomad.version", "")
    assert record.version == version
    address = row.get("Address") or row.get("HTTPAddr", "").rpartition(":")[0]
    assert record.address == address
    assert record.draining == bool(row.get("Drain") or row.get("DrainStrategy"))
    drain = row.get("LastDrain")
    assert (record.last_drain is None) == (drain is None)
    if drain and record.last_drain:
        assert record.last_drain.status == drain["Status"]
        assert dict(record.last_drain.meta) == (drain["Meta"] or {})


def same_detail(record: NodeDetail, row: Json) -> None:
    assert record.id == row["ID"]
    assert record.http_address == row.get("HTTPAddr", "")
    assert [event.message for event in record.events] == [
        event["Message"] for event in row.get("Events") or ()
    ]
    assert set(record.drivers) == {
        name for name, driver in (row.get("Drivers") or {}).items() if driver["Detected"]
    }
    strategy = row.get("DrainStrategy")
    assert (record.drain is None) == (strategy is None)
    if strategy and record.drain:
        assert record.drain.deadline_s == strategy["Deadline"] / NANO
        assert (record.drain.force_deadline is None) == (strategy["ForceDeadline"] is None)
    assert record.instance_id == (row.get("Meta") or {}).get("instance_id", "")


def same_allocation(record: Allocation, row: Json, *, whole: bool) -> None:
    names = {
        "id": "ID",
        "namespace": "Namespace",
        "name": "Name",
        "job_id": "JobID",
        "group": "TaskGroup",
        "node_id": "NodeID",
        "node_name": "NodeName",
        "desired": "DesiredStatus",
        "client": "ClientStatus",
        "next_id": "NextAllocation",
    }
    for ours, theirs in names.items():
        assert getattr(record, ours) == (row.get(theirs) or ""), ours
    assert record.modify_index == row.get("ModifyIndex", 0)
    assert record.modify_time_ns == row.get("ModifyTime", 0)
    assert record.migrate == bool((row.get("DesiredTransition") or {}).get("Migrate"))
    assert record.healthy == (row.get("DeploymentStatus") or {}).get("Healthy")
    states = row.get("TaskStates")
    if states is None:
        assert record.tasks == (() if whole else None)
    else:
        assert record.tasks is not None
        assert [task.name for task in record.tasks] == sorted(states)
        for task in record.tasks:
            state = states[task.name]
            assert (task.state, task.restarts) == (state["State"], state["Restarts"])
            assert (task.finished_at is None) == (state["FinishedAt"] is None)
            assert [(event.type, event.time_ns) for event in task.events] == [
                (event["Type"], event["Time"]) for event in state["Events"]
            ]
    assert record.previous_id == (row.get("PreviousAllocation") or ("" if whole else None))
    assert record.job_type == (row.get("JobType") or (row.get("Job") or {}).get("Type"))


def same_stub(record: JobStub, row: Json) -> None:
    assert (record.namespace, record.id, record.type) == (row["Namespace"], row["ID"], row["Type"])
    assert (record.status, record.stopped) == (row["Status"], row["Stop"])
    assert record.version == row.get("Version")


def same_job(record: Job, row: Json) -> None:
    assert (record.namespace, record.id, record.version) == (
        row["Namespace"],
        row["ID"],
        row["Version"],
    )
    groups = row.get("TaskGroups") or []
    assert [(group.name, group.count) for group in record.groups] == [
        (group["Name"], group["Count"]) for group in groups
    ]
    for group, wire in zip(record.groups, groups, strict=True):
        assert group.shutdown_delay_s == (wire["ShutdownDelay"] or 0) / NANO
        assert [task.kill_timeout_s for task in group.tasks] == [
            task["KillTimeout"] / NANO for task in wire["Tasks"]
        ]
        assert (group.migrate is None) == (wire["Migrate"] is None)
        assert {service.name for service in group.services} == {
            service["Name"] for service in wire["Services"] or ()
        }
        assert list(group.static_ports) == sorted(
            port["Value"]
            for network in wire["Networks"] or ()
            for port in network.get("ReservedPorts") or ()
        )


def same_evaluation(record: Evaluation, row: Json) -> None:
    assert (record.id, record.job_id, record.status) == (row["ID"], row["JobID"], row["Status"])
    assert record.triggered_by == row["TriggeredBy"]
    assert set(record.failed) == set(row.get("FailedTGAllocs") or ())
    assert all(record.failed.values())


def same_deployment(record: Deployment, row: Json) -> None:
    assert (record.id, record.job_id, record.status) == (row["ID"], row["JobID"], row["Status"])
    assert record.job_version == row["JobVersion"]


def read_node(path: str, body: bytes, row: Json) -> None:
    wire = decoded("nomad", path, body, nomad_node_wire.NodeWire)
    same_node(nomad_node_wire.node(wire), row)
    same_detail(nomad_node_wire.node_detail(wire), row)


def read_allocation(path: str, body: bytes, row: Json) -> None:
    wire = decoded("nomad", path, body, nomad_wire.AllocationWire)
    same_allocation(nomad_wire.allocation(wire, whole=True), row, whole=True)


def read_job(path: str, body: bytes, row: Json) -> None:
    same_job(nomad_job_wire.job(decoded("nomad", path, body, nomad_job_wire.JobWire)), row)


def read_agent(path: str, body: bytes, row: Json) -> None:
    agent = nomad_agent_wire.agent(decoded("nomad", path, body, nomad_agent_wire.AgentWire))
    config = row["config"]
    assert (agent.name, agent.region) == (config["NodeName"], config["Region"])
    assert (agent.server, agent.client) == (
        config["Server"]["Enabled"],
        config["Client"]["Enabled"],
    )
    assert agent.version.startswith(config["Version"]["Version"])
    longest = float(config["Client"]["MaxKillTimeout"].removesuffix("s"))
    assert agent.max_kill_timeout_s == (longest if agent.client else None)


def read_members(path: str, body: bytes, row: Json) -> None:
    members = nomad_agent_wire.servers(decoded("nomad", path, body, nomad_agent_wire.MembersWire))
    assert [(member.name, member.version, member.status) for member in members] == [
        (member["Name"], member["Tags"]["build"], member["Status"]) for member in row["Members"]
    ]


def read_token(path: str, body: bytes, row: Json) -> None:
    token = nomad_agent_wire.token(decoded("nomad", path, body, nomad_agent_wire.TokenWire))
    assert (token.accessor, token.name) == (row["AccessorID"], row["Name"])
    assert list(token.policies) == (row["Policies"] or [])
    assert row["SecretID"] not in str(token) or not row["SecretID"]


def read_leader(path: str, body: bytes, row: object) -> None:
    assert decoded("nomad", path, body, str) == row


def rows_with(
    kind: type[Any], record: Callable[[Any], Any], same: Callable[[Any, Json], None]
) -> Callable[[str, bytes, Any], None]:
    def read(path: str, body: bytes, rows: list[Json] | None) -> None:
        found = listing(path, Answer(body, 7, "next"), kind, record)
        assert (found.index, found.next_token) == (7, "next")
        assert len(found.rows) == len(rows or ())
        for got, row in zip(found.rows, rows or (), strict=True):
            same(got, row)

    return read


read_allocations = rows_with(
    nomad_wire.AllocationWire,
    nomad_wire.allocation,
    lambda record, row: same_allocation(record, row, whole=False),
)
read_deployments = rows_with(nomad_wire.DeploymentWire, nomad_wire.deployment, same_deployment)
read_evaluations = rows_with(nomad_wire.EvaluationWire, nomad_wire.evaluation, same_evaluation)
read_nodes = rows_with(nomad_node_wire.NodeStubWire, nomad_node_wire.node, same_node)
read_stubs = rows_with(nomad_job_wire.JobWire, nomad_job_wire.job_stub, same_stub)
read_namespaces = rows_with(
    nomad_agent_wire.NamespaceWire,
    lambda wire: wire.name,
    lambda name, row: None if name == row["Name"] else pytest.fail(f"{name}: {row}"),
)


def read_deployment(path: str, body: bytes, row: Json | None) -> None:
    if row is None:  # system, batch: 200 with null
        read_deployments(path, body, None)
    else:
        wire = decoded("nomad", path, body, nomad_wire.DeploymentWire)
        same_deployment(nomad_wire.deployment(wire), row)


def read_summaries(path: str, body: bytes, rows: list[Json]) -> None:
    found = [
        consul_wire.summary(wire)
        for wire in decoded("consul", path, body, list[consul_wire.SummaryWire])
    ]
    assert [(one.name, one.instances, list(one.nodes), list(one.tags)) for one in found] == [
        (row["Name"], row["InstanceCount"], row["Nodes"] or [], row["Tags"] or []) for row in rows
    ]


def read_checks(path: str, body: bytes, rows: list[Json]) -> None:
    found = [
        consul_wire.check(wire)
        for wire in decoded("consul", path, body, list[consul_wire.CheckWire])
    ]
    assert [(one.node, one.id, one.status, one.service_id, one.output) for one in found] == [
        (row["Node"], row["CheckID"], row["Status"], row["ServiceID"], row["Output"])
        for row in rows
    ]


def read_catalog_node(path: str, body: bytes, row: Json) -> None:
    wire = decoded("consul", path, body, consul_wire.CatalogNodeWire)
    health = consul_wire.node_health("c1", wire, [])
    assert {one.id: (one.name, one.port) for one in health.instances} == {
        key: (service["Service"], service["Port"]) for key, service in row["Services"].items()
    }


def read_consul_agent(path: str, body: bytes, row: Json) -> None:
    agent = consul_wire.agent(decoded("consul", path, body, consul_wire.AgentWire))
    assert (agent.name, agent.version, agent.server) == (
        row["Config"]["NodeName"],
        row["Config"]["Version"],
        row["Config"]["Server"],
    )


READERS: dict[str, Callable[[str, bytes, Any], None]] = {
    r"/v1/nodes": read_nodes,
    r"/v1/node/[^/]+": read_node,
    r"/v1/allocations|/v1/(node|job)/[^/]+/allocations": read_allocations,
    r"/v1/allocation/[^/]+": read_allocation,
    r"/v1/jobs": read_stubs,
    r"/v1/job/[^/]+": read_job,
    r"/v1/job/[^/]+/deployment": read_deployment,
    r"/v1/deployments|/v1/job/[^/]+/deployments": read_deployments,
    r"/v1/evaluations|/v1/job/[^/]+/evaluations": read_evaluations,
    r"/v1/namespaces": read_namespaces,
    r"/v1/agent/self": read_agent,
    r"/v1/agent/members": read_members,
    r"/v1/acl/token/self": read_token,
    r"/v1/status/leader": read_leader,
}
CONSUL_READERS: dict[str, Callable[[str, bytes, Any], None]] = {
    r"/v1/internal/ui/services": read_summaries,
    r"/v1/health/(state|node)/[^/]+": read_checks,
    r"/v1/catalog/node/[^/]+": read_catalog_node,
    r"/v1/agent/self": read_consul_agent,
    r"/v1/status/leader": read_leader,
}
UNREAD = (  # asked by the simulator's tests, not by a client
    r"/v1/(agent/health|evaluations/count|evaluation/.*|regions|status/peers|operator/.*)",
    r"/v1/(namespace/.*|services|jobs/statuses|event/stream|acl/polic.*|client/.*|search.*|vars?.*)",
    r"/v1/(acl/token/self|catalog/(nodes|services|node-services/.*|service/.*)|health/service/.*)",
    r"/v1/(kv|session|txn).*",
)


def ident(path: Path) -> str:
    return str(path.relative_to(RECORDINGS))


def is_call(found: object) -> bool:
    return isinstance(found, dict) and "status" in found and "path" in found.get("request", {})


def read_call(
    backend: str, readers: dict[str, Callable[[str, bytes, Any], None]], path: Path
) -> None:
    call = json.loads(path.read_text())
    if not is_call(call):  # several calls, a stream's first bytes, or what a test compares with
        assert re.search(r"blocking-queries|tls-cases|stream|transitions", path.name)
        return
    asked, body = call["request"]["path"], call.get("body")
    endpoint = f"{call['request']['method']} {asked}"
    if call["status"] != 200:
        text = body if isinstance(body, str) else json.dumps(body)
        error = of_answer(backend, endpoint, call["status"], text)
        assert isinstance(error, ApiError)
        no_token = "failed to parse signed token" in text  # a 500
        assert (call["status"] == 403 or no_token) == isinstance(error, Refused)
        if call["status"] == 404:
            assert isinstance(error, NotFound)
        if call["status"] == 429:
            assert isinstance(error, Throttled)
        return
    if call["request"]["method"] != "GET":
        return
    read = next((each for rule, each in readers.items() if re.fullmatch(rule, asked)), None)
    if read is None:
        assert any(re.fullmatch(rule, asked) for rule in UNREAD), f"nobody reads {asked}"
        return
    if body is None and asked.startswith("/v1/catalog/node/"):
        return  # a node Consul does not know: the client asks for nothing more
    read(endpoint, json.dumps(body).encode(), body)


@pytest.mark.parametrize("path", NOMAD, ids=ident)
def test_nomad_decoders_read_every_recording(path: Path) -> None:
    read_call("nomad", READERS, path)


@pytest.mark.parametrize("path", CONSUL, ids=ident)
def test_consul_decoders_read_every_recording(path: Path) -> None:
    read_call("consul", CONSUL_READERS, path)


@pytest.mark.parametrize("path", STREAMS, ids=ident)
def test_every_line_of_every_stream_is_read(path: Path) -> None:
    read = 0
    for line in path.read_bytes().splitlines():
        found, said = frame(line), json.loads(line)
        assert found.index == said.get("Index", 0)
        expected = [event for event in said.get("Events") or () if event["Topic"] != "Service"]
        records = [record for record in found.records if not isinstance(record, JobStub)]
        assert len(records) == len(expected)
        for record, event in zip(records, expected, strict=True):
            (row,) = event["Payload"].values()
            read += 1
            match record:
                case (node, detail):
                    same_node(node, row)
                    same_detail(detail, row)
                case Allocation():
                    same_allocation(record, row, whole=True)
                case Evaluation():
                    same_evaluation(record, row)
                case Deployment():
                    same_deployment(record, row)
                case Job():
                    same_job(record, row)
                case _:
                    pytest.fail(f"{type(record).__name__} of {event['Topic']}")
    assert read > 0


@pytest.mark.parametrize("path", POLLS, ids=ident)
def test_polled_allocations_are_read_though_reduced(path: Path) -> None:
    head, *polls = [json.loads(line) for line in path.read_text().splitlines()]
    assert "/allocations" in head["poll"]
    for poll in polls:
        for row in poll.get("body") or ():
            for state in (row.get("TaskStates") or {}).values():
                state["Events"] = []  # these polls keep only the events' types
            body = json.dumps(row).encode()
            wire = decoded("nomad", head["poll"], body, nomad_wire.AllocationWire)
            record = nomad_wire.allocation(wire, whole=True)
            assert (record.id, record.client) == (row["ID"], row["ClientStatus"])


def test_the_recordings_stay_small() -> None:
    assert sum(path.stat().st_size for path in RECORDINGS.rglob("*") if path.is_file()) < 330_000
