"""What the load balancers' API said: groups, their targets, and since when they are so."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from nomad_console.domain.snapshot import Reading
from nomad_console.domain.target import Target, TargetGroup, TargetKey
from nomad_console.live.machines import MachineIndex
from nomad_console.live.table import Table


class AlbRecords:
    """A group's targets are always those of one listing."""

    def __init__(self, machines: MachineIndex, touched: Callable[[], None]) -> None:
        self.groups = Table[str, TargetGroup]()
        self.targets = Table[TargetKey, Target]()
        self.target_since = Table[TargetKey, datetime]()
        self.group_read = Table[str, Reading]()
        self.discovered = False
        self._machines = machines
        self._touched = touched
        self._keys: dict[str, set[TargetKey]] = {}

    @property
    def complete(self) -> bool:
        """Every group is known, and each has been read."""
        return self.discovered and self.groups.rows.keys() <= self.group_read.rows.keys()

    def put_groups(self, groups: Iterable[TargetGroup]) -> None:
        """All of them; attributes already read are kept."""
        rows: dict[str, TargetGroup] = {}
        for group in groups:
            old = self.groups.get(group.arn)
            known = (
                group.attributes if old is None or group.attributes is not None else old.attributes
            )
            rows[group.arn] = msgspec.structs.replace(group, attributes=known)
        for arn in self.groups.rows.keys() - rows.keys():
            self._keep(arn, {})
            self.group_read.drop(arn)
            self._keys.pop(arn, None)
        self.groups.replace(rows)
        self.discovered = True
        self._touched()

    def put_attributes(self, arn: str, attributes: Mapping[str, str]) -> None:
        group = self.groups.get(arn)
        if group is not None:
            self.groups.put(arn, msgspec.structs.replace(group, attributes=attributes))
            self._touched()

    def put_targets(self, arn: str, targets: Iterable[Target], reading: Reading) -> None:
        """A group's whole listing; one begun before the newest is refused."""
        old = self.group_read.get(arn)
        if arn not in self.groups.rows or (old is not None and old.begun_at > reading.begun_at):
            return
        rows: dict[TargetKey, Target] = {}
        for target in targets:
            known = self.targets.get(target.key)
            rows[known.key if known else target.key] = target
        for key, target in rows.items():
            before = self.targets.get(key)
            if before is None:
                self._machines.add(key)
            if old is not None and (before is None or _differs(before, target)):
                self.target_since.put(key, reading.begun_at)
            self.targets.put(key, target)
        self._keep(arn, rows)
        self.group_read.put(arn, reading)
        self._touched()

    def freeze(self) -> frozenset[TargetKey]:
        """Keys of the targets that differ from the last freeze."""
        self.groups.freeze()
        self.group_read.freeze()
        return self.targets.freeze() | self.target_since.freeze()

    def _keep(self, arn: str, rows: Mapping[TargetKey, Target]) -> None:
        for key in self._keys.get(arn, set()) - rows.keys():
            self.targets.drop(key)
            self.target_since.drop(key)
            self._machines.remove(key)
        self._keys[arn] = set(rows)


def _differs(old: Target, new: Target) -> bool:
    return (old.state, old.override) != (new.state, new.override)
