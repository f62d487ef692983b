"""What every rule is given."""

from collections.abc import Iterable
from typing import NamedTuple, Self

import msgspec

from nomad_console.domain.forecast import Wave, waves
from nomad_console.domain.plan import NodePlan, Plan, PlanOptions
from nomad_console.domain.snapshot import ClusterSnapshot, JobKey


class Case(NamedTuple):
    """`moving`: per node, in the plan's order, the service groups that leave it."""

    snapshot: ClusterSnapshot
    plan: Plan
    options: PlanOptions
    moving: tuple[tuple[NodePlan, tuple[Wave, ...]], ...]

    @classmethod
    def of(cls, snapshot: ClusterSnapshot, plan: Plan, options: PlanOptions) -> Self:
        moving = tuple((node, waves(snapshot, node)) for node in plan.nodes)
        return cls(snapshot, plan, options, moving)

    def with_plan(self, **changes: bool) -> Self:
        return self._replace(plan=msgspec.structs.replace(self.plan, **changes))

    @property
    def groups(self) -> list[Wave]:
        """Each service group once, as the first of the nodes that have it sees it."""
        found: dict[str, Wave] = {}
        for _, groups in self.moving:
            for wave in groups:
                found.setdefault(named(wave), wave)
        return [found[name] for name in sorted(found)]

    @property
    def jobs(self) -> set[JobKey]:
        """Every job that has work on the nodes."""
        return {(one.namespace, one.job_id) for node in self.plan.nodes for one in node.allocations}

    @property
    def target_groups(self) -> list[str]:
        """ARNs of the groups that the nodes' targets are in."""
        return sorted({one.key.group for node in self.plan.nodes for one in node.targets})


def named(wave: Wave) -> str:
    return f"{wave.job.namespace}/{wave.job.id}/{wave.group.name}"


def listed(words: Iterable[str], most: int = 3) -> str:
    """The first few by name, the others counted."""
    every = list(words)
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown
