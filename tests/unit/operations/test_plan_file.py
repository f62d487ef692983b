from pathlib import Path

import msgspec
import pytest

from nomad_console.domain.plan import Plan, PlanOptions, SystemJobs
from nomad_console.operations import plan_file
from nomad_console.operations.plan_file import PlanFileError, differences, options_of
from nomad_console.preflight.planning import make_plan
from tests.support.plans import a_plan
from tests.support.snapshots import (
    WEB_PUBLIC,
    article_snapshot,
    node_id,
    with_node,
    with_target,
    without_targets,
)

HOST = ("restart", "{name}", "{version}")
PLAN = a_plan(
    2,
    1,
    target_version="2.0.5",
    system=SystemJobs.STOP,
    deadline_s=900,
    bake_s=7,
    host_command=HOST,
)


def again(plan: Plan, usual: PlanOptions, *numbers: int, **changes: object) -> Plan:
    snapshot = article_snapshot()
    for number in numbers:
        snapshot = with_node(snapshot, number, **changes)
    nodes = tuple(node.node_id for node in plan.nodes)
    return make_plan(snapshot, nodes, options_of(plan, usual))


def test_a_plan_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    plan_file.write(PLAN, tmp_path / "plan.json")
    assert plan_file.read(tmp_path / "plan.json") == PLAN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "holds no plan"),
        ('{"run_id": "x"}', "holds no plan: Object missing required field"),
        ('"plan"', "holds no plan"),
    ],
)
def test_another_file_is_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(PlanFileError) as refused:
        plan_file.read(path)
    assert words in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_plan_without_a_node_or_a_file_that_is_not_there(tmp_path: Path) -> None:
    empty = msgspec.structs.replace(PLAN, nodes=())
    plan_file.write(empty, tmp_path / "empty.json")
    with pytest.raises(PlanFileError, match="has no node"):
        plan_file.read(tmp_path / "empty.json")
    with pytest.raises(PlanFileError, match="cannot read the plan"):
        plan_file.read(tmp_path / "absent.json")


def test_its_options_make_the_same_plan_again_whatever_the_settings_say() -> None:
    usual = PlanOptions(run_id="other", host_command=("other",), bake_s=99, edge_notice_s=4)
    fresh = again(PLAN, usual)
    assert fresh == PLAN
    assert differences(PLAN, fresh) == ()
    by_default = a_plan(1, target_version="2.0.5")
    assert again(by_default, PlanOptions(run_id="other")) == by_default


def test_what_changed_since_is_named() -> None:
    usual = PlanOptions(run_id="other")
    newer = again(PLAN, usual, 1, version="2.0.5")
    assert differences(PLAN, newer)[0].startswith("c1 was 2.0.4, is 2.0.5")
    out = again(PLAN, usual, 2, eligibility="ineligible")
    assert "no longer: make c2 ineligible" in differences(PLAN, out)
    gone = msgspec.structs.replace(PLAN, nodes=PLAN.nodes[1:])
    assert differences(PLAN, gone) == ("c2 is not listed any more",)


def test_a_cordon_at_another_time_is_a_difference() -> None:
    apart = msgspec.structs.replace(PLAN, cordon_selection=False)
    assert differences(PLAN, apart) == ("its nodes would now be made ineligible one by one",)
    assert differences(apart, PLAN) == ("its nodes would now be made ineligible all at once",)


def test_another_target_is_a_difference_both_ways() -> None:
    bare = make_plan(
        without_targets(article_snapshot(), 1), (node_id(1),), PlanOptions(run_id="7f3a0000")
    )
    full = a_plan(1)
    more, fewer = differences(bare, full), differences(full, bare)
    assert len(more) == len(fewer) == 2 * len(full.nodes[0].targets)
    assert more[0].startswith("now also: take i-")
    assert fewer[-1].startswith("no longer: register i-")
    sick = with_target(article_snapshot(), WEB_PUBLIC, 1, state="unhealthy")
    same = make_plan(sick, (node_id(1),), PlanOptions(run_id="7f3a0000"))
    assert differences(full, same) == ()
