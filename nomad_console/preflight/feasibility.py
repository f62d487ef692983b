"""Whether a node may take a group's copies: yes, no, or not to be judged from here (None).

As Nomad's scheduler decides it (scheduler/feasible.go).
"""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from nomad_console.domain.job import Constraint, Group, Job
from nomad_console.domain.node import Node, NodeDetail

DISTINCT_HOSTS = "distinct_hosts"
_EVERY_POOL = "all"
_DEFAULT_POOL = "default"  # also of servers before 1.6, which have no pools


class Unknown(NamedTuple):
    """A constraint's left side that this console does not read."""


_UNKNOWN = Unknown()


def may_take(node: Node, detail: NodeDetail | None, job: Job, group: Group) -> bool | None:
    """By datacenter, node pool, drivers and constraints, not by room or distinct hosts."""
    if not _in_reach(node, job):
        return False
    if detail is None:
        return None
    verdicts: list[bool | None] = [detail.drivers.get(task.driver, False) for task in group.tasks]
    verdicts += [fulfilled(one, node, detail) for one in (*job.constraints, *group.constraints)]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def distinct(constraints: Iterable[Constraint]) -> bool:
    """Whether no two copies may share a node."""
    return any(one.operand == DISTINCT_HOSTS and one.right != "false" for one in constraints)


def fulfilled(constraint: Constraint, node: Node, detail: NodeDetail) -> bool | None:
    """Of one node; `distinct_hosts` is not a matter of one node alone."""
    if constraint.operand == DISTINCT_HOSTS:
        return True
    left = _value(constraint.left, node, detail)
    right = _value(constraint.right, node, detail)
    judge = _JUDGES.get(constraint.operand)
    if judge is None or isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    return judge(left, right)


def _in_reach(node: Node, job: Job) -> bool:
    pool = job.pool or _DEFAULT_POOL
    return pool in {node.pool or _DEFAULT_POOL, _EVERY_POOL} and any(
        fnmatchcase(node.datacenter, pattern) for pattern in job.datacenters
    )


def _value(text: str, node: Node, detail: NodeDetail) -> str | Unknown | None:
    """What `${…}` stands for, None where the node has no such thing; other text is itself."""
    if not (text.startswith("${") and text.endswith("}")):
        return text
    name = text[2:-1]
    if name in (own := _own(node)):
        return own[name]
    kind, _, key = name.partition(".")
    if kind == "meta":
        return detail.meta.get(key)
    if kind == "attr":
        return detail.attributes.get(key, _UNKNOWN)
    return _UNKNOWN


def _own(node: Node) -> Mapping[str, str]:
    return {
        "node.unique.id": node.id,
        "node.unique.name": node.name,
        "node.datacenter": node.datacenter,
        "node.class": node.node_class,
        "node.pool": node.pool,
    }


Judge = Callable[[str | None, str | None], bool | None]


def _equal(left: str | None, right: str | None) -> bool:
    return left is not None and left == right


def _unequal(left: str | None, right: str | None) -> bool:
    return left != right


def _contains(left: str | None, right: str | None) -> bool:
    return _words(right) <= _words(left)


def _contains_any(left: str | None, right: str | None) -> bool:
    return bool(_words(right) & _words(left))


def _words(text: str | None) -> set[str]:
    return {word.strip() for word in text.split(",")} if text else set()


def _in_versions(left: str | None, right: str | None) -> bool | None:
    """`>= 1.8, < 2`; what is written otherwise is not judged."""
    if left is None or right is None:
        return False
    try:
        wanted = SpecifierSet(",".join(_specifier(one.strip()) for one in right.split(",")))
        return wanted.contains(Version(left), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def _specifier(text: str) -> str:
    """HashiCorp's notation in packaging's."""
    if text[:1].isdigit():
        return f"=={text}"
    if text.startswith("~>"):
        return f"~={text[2:]}"
    return f"={text}" if text.startswith("=") and not text.startswith("==") else text


def _ordered(holds: Callable[[float], bool]) -> Judge:
    """Numbers as numbers; other text is not judged."""

    def judge(left: str | None, right: str | None) -> bool | None:
        if left is None or right is None:
            return False
        try:
            return holds(float(left) - float(right))
        except ValueError:
            return None

    return judge


_JUDGES: Mapping[str, Judge] = {
    "=": _equal,
    "==": _equal,
    "is": _equal,
    "!=": _unequal,
    "not": _unequal,
    "<": _ordered(lambda by: by < 0),
    "<=": _ordered(lambda by: by <= 0),
    ">": _ordered(lambda by: by > 0),
    ">=": _ordered(lambda by: by >= 0),
    "is_set": lambda left, _: left is not None,
    "is_not_set": lambda left, _: left is None,
    "set_contains": _contains,
    "set_contains_all": _contains,
    "set_contains_any": _contains_any,
    "version": _in_versions,
    "semver": _in_versions,
}
