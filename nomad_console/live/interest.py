"""What somebody is looking at: read first and most often."""

from collections.abc import Iterator

import msgspec

from nomad_console.domain.plan import Plan
from nomad_console.domain.snapshot import JobKey


class Interest(msgspec.Struct, frozen=True):
    """Node ids on screen, marked, and in a run; ARNs of groups a run touches; jobs in view."""

    visible: frozenset[str] = frozenset()
    marked: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    groups_in_play: frozenset[str] = frozenset()
    jobs: frozenset[JobKey] = frozenset()

    @property
    def nodes(self) -> frozenset[str]:
        return self.running | self.marked | self.visible

    @classmethod
    def of_run(cls, plan: Plan) -> "Interest":
        """What a run of this plan lives on; its jobs also when their work has left the nodes."""
        return cls(
            running=frozenset(node.node_id for node in plan.nodes),
            groups_in_play=frozenset(one.key.group for node in plan.nodes for one in node.targets),
            jobs=frozenset(
                (one.namespace, one.job_id) for node in plan.nodes for one in node.allocations
            ),
        )

    def by_urgency(self) -> Iterator[str]:
        """Every node once: those in a run, then marked, then visible."""
        yield from sorted(self.running)
        yield from sorted(self.marked - self.running)
        yield from sorted(self.visible - self.marked - self.running)
