"""A plan for the article's cluster, made as the console makes it."""

from collections.abc import Iterable

from nomad_console.domain.finding import Finding
from nomad_console.domain.plan import Plan, PlanOptions
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.preflight.case import Case
from nomad_console.preflight.planning import make_plan
from tests.support.snapshots import article_snapshot, node_id


def a_plan(*numbers: int, snapshot: ClusterSnapshot | None = None, **options: object) -> Plan:
    """For the nodes c1, c2, … of these numbers."""
    asked = PlanOptions(run_id="7f3a0000", **options)  # type: ignore[arg-type]  # a test's own fields
    return make_plan(snapshot or article_snapshot(), tuple(map(node_id, numbers)), asked)


def a_case(*numbers: int, snapshot: ClusterSnapshot | None = None, **options: object) -> Case:
    """What the rules are given for these nodes."""
    seen = snapshot or article_snapshot()
    asked = PlanOptions(run_id="7f3a0000", **options)  # type: ignore[arg-type]  # as above
    return Case.of(seen, make_plan(seen, tuple(map(node_id, numbers)), asked), asked)


def ids(found: Iterable[Finding]) -> list[str]:
    return [finding.id for finding in found]
