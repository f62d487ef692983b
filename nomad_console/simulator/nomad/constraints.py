"""Whether a node fulfils a job's constraints, datacenters and pool.

Operands as Nomad's scheduler has them (checkConstraint).
"""

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from packaging.version import InvalidVersion, Version

from nomad_console.simulator.nomad.state import Row

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}


def constraints_of(job: Row, group: Row) -> list[Row]:
    """Those of the job, the group and its tasks."""
    rows = [*(job["Constraints"] or ()), *(group["Constraints"] or ())]
    for task in group["Tasks"]:
        rows.extend(task["Constraints"] or ())
    return rows


def unfulfilled(node: Row, constraints: Iterable[Row]) -> str | None:
    """The first constraint the node fails, as Nomad's metrics name it."""
    for constraint in constraints:
        if not _fulfils(node, constraint):
            return f"{constraint['LTarget']} {constraint['Operand']} {constraint['RTarget']}"
    return None


def in_reach(node: Row, job: Row) -> bool:
    """In one of the job's datacenters and in its pool."""
    pool = job["NodePool"]
    return (pool in {"all", node["NodePool"]}) and any(
        fnmatchcase(node["Datacenter"], pattern) for pattern in job["Datacenters"]
    )


def resolve(node: Row, target: str) -> str | None:
    """The value of `${attr.…}`, `${meta.…}` or `${node.…}` on this node; text stands for itself."""
    if not target.startswith("${"):
        return target
    path = target[2:-1]
    kind, _, name = path.partition(".")
    value: str | None
    if kind == "attr":
        value = node["Attributes"].get(name)
    elif kind == "meta":
        value = node["Meta"].get(name)
    else:
        value = {
            "node.unique.id": node["ID"],
            "node.unique.name": node["Name"],
            "node.datacenter": node["Datacenter"],
            "node.class": node["NodeClass"],
            "node.pool": node["NodePool"],
        }.get(path)
    return value


def _fulfils(node: Row, constraint: Row) -> bool:
    operand = constraint["Operand"]
    if operand == "distinct_hosts":
        return True  # the ranking sees to it
    left = resolve(node, constraint["LTarget"])
    if operand in _OF_ONE:
        return _OF_ONE[operand](left)
    right = resolve(node, constraint["RTarget"])
    if operand in {"!=", "not"}:
        return left != right  # what is absent differs from everything
    if operand not in _OF_TWO:
        raise ValueError(f"unknown constraint operand {operand}")
    return left is not None and right is not None and _OF_TWO[operand](left, right)


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",")]


@cache
def _version_fits(text: str, wanted: str) -> bool:
    """`version` and `semver` part over prereleases and odd numbers; there are none here."""
    try:
        version = Version(text)
        return all(
            _COMPARED[match[1] or "="](version, Version(match[2]))
            for part in wanted.split(",")
            if (match := re.match(r"\s*(<=|>=|!=|<|>|=)?\s*(\S+)", part))
        )
    except InvalidVersion:
        return False


_OF_ONE: dict[str, Callable[[str | None], bool]] = {
    "is_set": lambda left: left is not None,
    "is_not_set": lambda left: left is None,
}
_OF_TWO: dict[str, Callable[[str, str], bool]] = {
    "=": str.__eq__,
    "==": str.__eq__,
    "is": str.__eq__,
    "<": str.__lt__,
    "<=": str.__le__,
    ">": str.__gt__,
    ">=": str.__ge__,
    "regexp": lambda left, right: re.search(right, left) is not None,
    "version": _version_fits,
    "semver": _version_fits,
    "set_contains": lambda left, right: set(_items(right)) <= set(_items(left)),
    "set_contains_all": lambda left, right: set(_items(right)) <= set(_items(left)),
    "set_contains_any": lambda left, right: bool(set(_items(right)) & set(_items(left))),
}
