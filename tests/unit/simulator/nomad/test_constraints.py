"""Constraints, datacenters and pools."""

import pytest

from nomad_console.simulator.nomad.constraints import (
    constraints_of,
    in_reach,
    resolve,
    unfulfilled,
)
from nomad_console.simulator.nomad.jobs import GroupSpec, JobSpec
from nomad_console.simulator.nomad.state import Row


def _node() -> Row:
    return {
        "ID": "n1",
        "Name": "c1",
        "Datacenter": "dc1",
        "NodeClass": "big",
        "NodePool": "default",
        "Attributes": {"nomad.version": "2.0.5", "roles": "a, b"},
        "Meta": {"rack": "r1"},
    }


@pytest.mark.parametrize(
    ("left", "operand", "right", "fulfilled"),
    [
        ("${attr.nomad.version}", "semver", ">= 2.0.0", True),
        ("${attr.nomad.version}", "version", ">= 2.0.0, < 2.0.5", False),
        ("${attr.roles}", "version", ">= 1", False),
        ("${meta.rack}", "=", "r1", True),
        ("${meta.rack}", "!=", "r1", False),
        ("${meta.none}", "!=", "r1", True),
        ("${meta.none}", "=", "r1", False),
        ("${meta.none}", "is_not_set", "", True),
        ("${meta.rack}", "is_set", "", True),
        ("${node.unique.name}", "regexp", "^c[0-9]$", True),
        ("${node.class}", "is", "big", True),
        ("${attr.roles}", "set_contains", "b,a", True),
        ("${attr.roles}", "set_contains_all", "a,c", False),
        ("${attr.roles}", "set_contains_any", "c,a", True),
        ("${meta.rack}", "<", "r2", True),
        ("", "distinct_hosts", "true", True),
    ],
)
def test_operands(left: str, operand: str, right: str, *, fulfilled: bool) -> None:
    constraint = {"LTarget": left, "Operand": operand, "RTarget": right}
    reason = None if fulfilled else f"{left} {operand} {right}"
    assert unfulfilled(_node(), [constraint]) == reason


def test_an_unknown_operand_is_an_error() -> None:
    constraint = {"LTarget": "a", "Operand": "about", "RTarget": "b"}
    with pytest.raises(ValueError, match="unknown constraint operand about"):
        unfulfilled(_node(), [constraint])


def test_targets() -> None:
    assert resolve(_node(), "${node.datacenter}") == "dc1"
    assert resolve(_node(), "plain") == "plain"
    assert resolve(_node(), "${node.none}") is None


def test_constraints_come_from_the_job_the_group_and_its_tasks() -> None:
    group = GroupSpec("g", constraints=[("b", "=", "b")])
    job = JobSpec("j", (group,), constraints=[("a", "=", "a")]).row()
    job["TaskGroups"][0]["Tasks"][0]["Constraints"] = [{"LTarget": "c"}]
    assert [row["LTarget"] for row in constraints_of(job, job["TaskGroups"][0])] == ["a", "b", "c"]


def test_datacenters_and_pools() -> None:
    assert in_reach(_node(), {"Datacenters": ["*"], "NodePool": "all"})
    assert in_reach(_node(), {"Datacenters": ["dc*"], "NodePool": "default"})
    assert not in_reach(_node(), {"Datacenters": ["dc2"], "NodePool": "default"})
    assert not in_reach(_node(), {"Datacenters": ["*"], "NodePool": "gpu"})
