"""Which nodes may take a group's copies."""

import msgspec
import pytest

from nomad_console.domain.job import Constraint
from nomad_console.preflight.feasibility import distinct, fulfilled, may_take
from tests.support.snapshots import a_detail, a_job, a_node

NODE = a_node(1)
DETAIL = msgspec.structs.replace(
    a_detail(1),
    meta={"rack": "r1", "roles": "web, cache"},
    attributes={"consul.version": "1.21.4", "kernel.name": "linux", "cpu.numcores": "8"},
)


@pytest.mark.parametrize(
    ("left", "operand", "right", "verdict"),
    [
        ("${node.class}", "=", "edge", True),
        ("${node.class}", "==", "batch", False),
        ("${node.datacenter}", "is", "dc1", True),
        ("${node.pool}", "!=", "default", False),
        ("${node.unique.name}", "not", "c2", True),
        ("${node.unique.id}", "=", NODE.id, True),
        ("${meta.rack}", "=", "r1", True),
        ("${meta.gone}", "=", "r1", False),
        ("${meta.gone}", "!=", "r1", True),
        ("${meta.gone}", "is_set", "", False),
        ("${meta.gone}", "is_not_set", "", True),
        ("${meta.roles}", "set_contains", "cache,web", True),
        ("${meta.roles}", "set_contains_all", "web,db", False),
        ("${meta.roles}", "set_contains_any", "web,db", True),
        ("${meta.gone}", "set_contains_any", "web", False),
        ("${attr.kernel.name}", "=", "linux", True),
        ("${attr.vault.version}", "=", "1.0", None),
        ("${attr.cpu.numcores}", ">", "4", True),
        ("${attr.cpu.numcores}", ">=", "8", True),
        ("${attr.cpu.numcores}", "<", "8", False),
        ("${attr.cpu.numcores}", "<=", "7.5", False),
        ("${attr.kernel.name}", "<", "windows", None),
        ("${meta.gone}", "<", "1", False),
        ("${attr.consul.version}", "semver", ">= 1.8.0", True),
        ("${attr.consul.version}", "version", ">= 1.8, < 1.20", False),
        ("${attr.consul.version}", "version", "~> 1.20", True),
        ("${attr.consul.version}", "version", "1.21.4", True),
        ("${attr.consul.version}", "version", "= 1.21.3", False),
        ("${attr.consul.version}", "version", "== 1.21.4", True),
        ("${attr.consul.version}", "version", "newest", None),
        ("${attr.kernel.name}", "version", ">= 1", None),
        ("${meta.gone}", "version", ">= 1", False),
        ("${attr.kernel.name}", "regexp", "lin.*", None),
        ("${device.model}", "=", "x", None),
        ("linux", "=", "${attr.kernel.name}", True),
        ("linux", "=", "${attr.os.signals}", None),
        ("", "distinct_hosts", "true", True),
        ("${meta.rack}", "distinct_property", "1", None),
    ],
)
def test_a_constraint_holds_does_not_or_is_not_judged(
    left: str, operand: str, right: str, verdict: bool | None
) -> None:
    assert fulfilled(Constraint(left, operand, right), NODE, DETAIL) is verdict


def test_a_node_takes_what_its_datacenter_pool_drivers_and_constraints_allow() -> None:
    job = a_job("web", 2)
    (group,) = job.groups
    assert may_take(NODE, DETAIL, job, group) is True
    assert may_take(NODE, None, job, group) is None
    for changes, verdict in (
        ({"datacenters": ("dc2",)}, False),
        ({"datacenters": ("dc2", "d*")}, True),
        ({"datacenters": ("*",)}, True),
        ({"pool": "gpu"}, False),
        ({"pool": ""}, True),
        ({"pool": "all"}, True),
        ({"constraints": (Constraint("${node.class}", "=", "other"),)}, False),
        ({"constraints": (Constraint("${attr.x}", "regexp", "y"),)}, None),
    ):
        assert may_take(NODE, DETAIL, msgspec.structs.replace(job, **changes), group) is verdict
    both = (
        Constraint("${attr.x}", "regexp", "y"),
        Constraint("${node.class}", "=", "other"),
    )
    assert may_take(NODE, DETAIL, job, msgspec.structs.replace(group, constraints=both)) is False
    sick = msgspec.structs.replace(DETAIL, drivers={"raw_exec": False})
    assert may_take(NODE, sick, job, group) is False
    assert may_take(NODE, msgspec.structs.replace(DETAIL, drivers={}), job, group) is False


def test_distinct_hosts_may_be_switched_off() -> None:
    assert distinct([Constraint("", "distinct_hosts", "true")])
    assert not distinct([Constraint("", "distinct_hosts", "false")])
    assert not distinct([Constraint("a", "=", "b")])


def test_a_server_without_pools_has_the_default_one() -> None:
    unpooled = msgspec.structs.replace(NODE, pool="")
    job = a_job("web", 2)
    (group,) = job.groups
    assert may_take(unpooled, DETAIL, job, group) is True
    gpu = msgspec.structs.replace(job, pool="gpu")
    assert may_take(unpooled, DETAIL, gpu, group) is False
