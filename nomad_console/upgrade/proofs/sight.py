"""What one proof looks at: a snapshot, and the node's state in the run."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from nomad_console.domain.allocation import Allocation
from nomad_console.domain.job import Group
from nomad_console.domain.node import Node
from nomad_console.domain.plan import NodePlan, Plan
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.upgrade.gates import Truth
from nomad_console.upgrade.run import NodeUpgrade


class Verdict(NamedTuple):
    """A claim's truth with what it rests on; `mark` tells one reading from a later one."""

    truth: Truth
    evidence: str
    mark: str = ""


def verdict(holds: bool, evidence: str) -> Verdict:  # noqa: FBT001 — the claim itself
    return proven(evidence) if holds else disproven(evidence)


def proven(evidence: str, mark: str = "") -> Verdict:
    return Verdict(Truth.TRUE, evidence, mark)


def disproven(evidence: str, mark: str = "") -> Verdict:
    """`mark` names what is wrong, comma-separated, so that news of it can be told."""
    return Verdict(Truth.FALSE, evidence, mark)


def unknown(evidence: str) -> Verdict:
    return Verdict(Truth.UNKNOWN, evidence)


class Sight(msgspec.Struct, frozen=True):
    snapshot: ClusterSnapshot
    plan: Plan
    found: NodePlan
    upgrade: NodeUpgrade
    node: Node

    @property
    def here(self) -> list[Allocation]:
        """Every allocation known of the node, ended ones too."""
        return self.snapshot.allocations_of(self.found.node_id)

    def group(self, allocation: Allocation) -> Group | None:
        job = self.snapshot.jobs.get((allocation.namespace, allocation.job_id))
        return job.group(allocation.group) if job else None


Look = Callable[[Sight], Verdict]


def listing(words: list[str], at_most: int = 3) -> str:
    """The first few, and how many more."""
    rest = len(words) - at_most
    return ", ".join(words[:at_most]) + (f" and {rest} more" if rest > 0 else "")
