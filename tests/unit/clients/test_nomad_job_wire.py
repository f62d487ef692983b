"""Meanings; that every recorded field arrives is tests/contract's affair."""

import json
from typing import Any

import msgspec

from nomad_console.clients.nomad_job_wire import (
    JobWire,
    job,
    job_stub,
)
from nomad_console.domain.job import Constraint, Group
from tests.support.recorded import recorded_body


def wire(kind: type[Any], row: object) -> Any:
    return msgspec.json.decode(json.dumps(row), type=kind)


def group(name: str) -> Group:
    return job(wire(JobWire, recorded_body(f"nomad/job-{name}.json"))).groups[0]


def test_a_job_needs_an_id_only() -> None:
    bare = wire(JobWire, {"ID": "x", "TaskGroups": None})
    assert (job(bare).groups, job_stub(bare).version) == ((), None)


def test_a_well_set_service() -> None:
    web = group("web")
    assert (web.count, web.shutdown_delay_s, web.kill_timeout_s) == (6, 4.0, 15.0)
    assert web.migrate is not None
    assert (web.migrate.max_parallel, web.migrate.min_healthy_s) == (1, 3.0)
    (service,) = web.services
    assert (service.provider, service.tags) == ("consul", ("traefik.enable=true",))
    assert service.checks[0].interval_s == 2.0
    assert Constraint("${attr.consul.version}", "semver", ">= 1.8.0") in web.constraints


def test_system_and_batch_jobs_have_no_migrate_block() -> None:
    assert group("edge").migrate is None
    assert group("crunch").migrate is None
    assert group("edge").static_ports == (80,)
    assert group("solo").services[0].provider == "nomad"


def test_ports_and_services_of_tasks_count_for_their_group() -> None:
    task = {
        "Name": "t",
        "Services": [{"Name": "inner", "Provider": ""}],
        "Constraints": [{"LTarget": "a", "Operand": "=", "RTarget": "b"}],
        "Resources": {"CPU": 7, "MemoryMB": 9, "Networks": [{"ReservedPorts": [{"Value": 8080}]}]},
    }
    networks = [{"ReservedPorts": [{"Value": 443}, {"Value": 443}]}]
    found = job(wire(JobWire, {"ID": "x", "TaskGroups": [{"Tasks": [task], "Networks": networks}]}))
    (inner,) = found.groups
    assert inner.static_ports == (443, 8080)
    assert inner.services[0].provider == "consul"
    assert inner.constraints == (Constraint("a", "=", "b"),)
    assert (inner.tasks[0].cpu_mhz, inner.tasks[0].memory_mb) == (7, 9)


def test_what_a_group_wants_beyond_cpu_memory_and_ports() -> None:
    asked = {"Cores": 2, "Devices": [{"Name": "nvidia/gpu"}]}
    row = {"Tasks": [{"Name": "t", "Resources": asked}], "Volumes": {"data": {"Type": "host"}}}
    (greedy,) = job(wire(JobWire, {"ID": "x", "TaskGroups": [row]})).groups
    assert greedy.wants == ("cores", "devices", "volumes")
    assert group("web").wants == ()
