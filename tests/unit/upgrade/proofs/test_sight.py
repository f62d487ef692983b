"""Small words shared by the proofs."""

from nomad_console.domain.plan import Step
from nomad_console.upgrade.gates import Truth
from nomad_console.upgrade.proofs.sight import Sight, listing, unknown, verdict
from tests.support.plans import a_plan
from tests.support.sights import run_at
from tests.support.snapshots import an_allocation, article_snapshot, node_id


def test_a_listing_names_the_first_and_counts_the_rest() -> None:
    assert listing([]) == ""
    assert listing(["a", "b", "c"]) == "a, b, c"
    assert listing(["a", "b", "c", "d"]) == "a, b, c and 1 more"
    assert listing(["a", "b"], at_most=1) == "a and 1 more"


def test_a_verdict_is_true_or_false_unless_nobody_knows() -> None:
    assert verdict(len("x") == 1, "x").truth == Truth.TRUE
    assert verdict(len("x") == 2, "x").truth == Truth.FALSE
    assert unknown("x").truth == Truth.UNKNOWN


def test_a_sight_finds_what_is_on_the_node() -> None:
    snapshot, plan = article_snapshot(), a_plan(1)
    node = snapshot.nodes[node_id(1)]
    sight = Sight(snapshot, plan, plan.nodes[0], run_at(Step.DRAIN).upgrade, node)
    assert sorted(one.job_id for one in sight.here) == ["edge", "solo", "web"]
    group = sight.group(an_allocation("web", 0, 1))
    assert group is not None
    assert group.count == 6
    assert sight.group(an_allocation("stray", 0, 1)) is None
