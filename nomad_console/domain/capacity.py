"""Whether target groups can spare a node: AWS's minimum health, per zone where traffic stays in it.

The rule is of "Target group health" in the Application Load Balancer guide: below the larger of
the minima a balancer sends to every target, or its zone leaves DNS.
"""

from collections.abc import Collection, Iterable, Mapping
from math import ceil

import msgspec

from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.domain.target import Target, TargetGroup, TargetKey

_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_MINIMA = (
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.",
    "target_group_health.dns_failover.minimum_healthy_targets.",
)


class Room(msgspec.Struct, frozen=True):
    """A group, or a zone of it, without the targets that leave."""

    arn: str
    name: str
    zone: str  # "" is the whole group
    healthy_after: int
    needed: int

    @property
    def enough(self) -> bool:
        return self.healthy_after >= self.needed

    def __str__(self) -> str:
        where = f"{self.name} in {self.zone}" if self.zone else self.name
        return f"{where} keeps {self.healthy_after} healthy, needs {self.needed}"


def listings(snapshot: ClusterSnapshot, arns: Iterable[str]) -> dict[str, list[Target]]:
    """These groups' targets, in one look over all targets."""
    found: dict[str, list[Target]] = {arn: [] for arn in sorted(set(arns))}
    for key, target in snapshot.targets.items():
        if key.group in found:
            found[key.group].append(target)
    return found


def rooms(
    snapshot: ClusterSnapshot,
    leaving: Collection[TargetKey],
    listed: Mapping[str, list[Target]] | None = None,
) -> tuple[Room, ...]:
    """Every group in use that the targets leave, and what is left of it.

    `listed` are the `listings` of the groups, where somebody has them already.
    """
    arns = {key.group for key in leaving}
    listed = listings(snapshot, arns) if listed is None else listed
    found = []
    for arn in sorted(arns):
        group = snapshot.groups.get(arn)
        if group is None or not group.load_balancers:
            continue
        rows = listed[arn]
        if not _stays_in_zone(group):
            found.append(_room(group, "", rows, leaving))
            continue
        for zone in sorted({_zone(snapshot, row) for row in rows if row.key in leaving}):
            here = [row for row in rows if _zone(snapshot, row) == zone]
            found.append(_room(group, zone, here, leaving))
    return tuple(found)


def _room(
    group: TargetGroup, zone: str, rows: list[Target], leaving: Collection[TargetKey]
) -> Room:
    rest = [row for row in rows if row.key not in leaving]
    healthy = sum(row.serving for row in rest)
    return Room(group.arn, group.name, zone, healthy, _needed(group.attributes or {}, len(rest)))


def _needed(attributes: Mapping[str, str], registered: int) -> int:
    counts = [_number(attributes.get(f"{prefix}count", "1")) for prefix in _MINIMA]
    shares = [_number(attributes.get(f"{prefix}percentage", "off")) for prefix in _MINIMA]
    return max(1, *counts, *(ceil(share * registered / 100) for share in shares))


def _number(text: str) -> int:
    """`off` counts as nothing."""
    return int(text) if text.isdecimal() else 0


def _stays_in_zone(group: TargetGroup) -> bool:
    """An ALB crosses zones unless its group says no; a network balancer only where it says yes."""
    word = (group.attributes or {}).get(_CROSS_ZONE, "")
    return word != "true" if group.network else word == "false"


def _zone(snapshot: ClusterSnapshot, target: Target) -> str:
    """A listing has the zone of `ip` targets only; an instance's is its node's."""
    detail = snapshot.details.get(snapshot.ties.node_of.get(target.key, ""))
    return target.zone or (detail.zone if detail else "")
