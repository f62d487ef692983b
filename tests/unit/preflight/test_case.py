"""What every rule is given."""

from nomad_console.preflight.case import listed, named
from tests.support.plans import a_case
from tests.support.snapshots import API_INT, WEB_PUBLIC


def test_a_group_on_two_nodes_is_given_once_and_by_node() -> None:
    case = a_case(4, 5)
    assert [named(wave) for wave in case.groups] == ["default/api/api", "default/web/web"]
    assert [(node.name, [wave.job.id for wave in waves]) for node, waves in case.moving] == [
        ("c4", ["api", "web"]),
        ("c5", ["web"]),
    ]
    assert case.jobs == {("default", "api"), ("default", "web"), ("default", "edge")}
    assert case.target_groups == sorted([API_INT, WEB_PUBLIC])
    assert not case.with_plan(cordon_selection=False).plan.cordon_selection


def test_many_words_are_the_first_few_and_a_number() -> None:
    assert listed([]) == ""
    assert listed("abc") == "a, b, c"
    assert listed("abcde") == "a, b, c and 2 more"
