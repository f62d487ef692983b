"""Whether target groups can spare a node: AWS's minimum health, per zone where traffic stays in it.

The rule is of "Target group health" in the Application Load Balancer guide: below the larger of
the minima a balancer sends to every target, or its zone leaves DNS.
"""

from collections import Counter
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


class Shares(msgspec.Struct, frozen=True):
    """Of each group and zone how many targets are registered, and how many serve."""

    registered: Mapping[tuple[str, str], int]
    serving: Mapping[tuple[str, str], int]


def shares(snapshot: ClusterSnapshot, arns: Iterable[str]) -> Shares:
    """The zone is "" where traffic crosses zones. Groups that no balancer uses are left out."""
    registered, serving = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for arn, targets in listings(snapshot, arns).items():
        group = snapshot.groups.get(arn)
        if group is None or not group.load_balancers:
            continue
        well = [target for target in targets if target.serving]
        for rows, counter in ((targets, registered), (well, serving)):
            if _stays_in_zone(group):
                counter.update((arn, _zone(snapshot, target)) for target in rows)
            else:
                counter[arn, ""] = len(rows)
    return Shares(registered, serving)


def rooms(
    snapshot: ClusterSnapshot, leaving: Collection[TargetKey], of: Shares | None = None
) -> tuple[Room, ...]:
    """Every group in use that the targets leave, and what is left of it.

    `of` are the `shares` of the groups, where somebody has them already.
    """
    of = shares(snapshot, {key.group for key in leaving}) if of is None else of
    gone, lost = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for key in leaving:
        group, target = snapshot.groups.get(key.group), snapshot.targets.get(key)
        if group is None or not group.load_balancers:
            continue
        if target is not None:
            where = group.arn, _share(snapshot, group, target)
            gone[where] += 1
            lost[where] += target.serving
        elif not _stays_in_zone(group):  # it has left already: what is left still counts
            gone[group.arn, ""] += 0
    found = []
    for arn, zone in sorted(gone):
        group, where = snapshot.groups[arn], (arn, zone)
        needed = _needed(group.attributes or {}, of.registered[where] - gone[where])
        found.append(Room(arn, group.name, zone, of.serving[where] - lost[where], needed))
    return tuple(found)


def _share(snapshot: ClusterSnapshot, group: TargetGroup, target: Target) -> str:
    return _zone(snapshot, target) if _stays_in_zone(group) else ""


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
