"""What is looked at, in order."""

from nomad_console.live.interest import Interest
from tests.support.plans import a_plan
from tests.support.snapshots import API_INT, WEB_PUBLIC, node_id


def test_every_node_once_the_most_urgent_first() -> None:
    interest = Interest(
        visible=frozenset({"n1", "n2", "n3", "n4"}),
        marked=frozenset({"n2", "n3", "n9"}),
        running=frozenset({"n3"}),
    )
    assert list(interest.by_urgency()) == ["n3", "n2", "n9", "n1", "n4"]
    assert interest.nodes == {"n1", "n2", "n3", "n4", "n9"}


def test_a_run_lives_on_its_nodes_and_on_every_group_that_sends_to_them() -> None:
    interest = Interest.of_run(a_plan(1, 2))
    assert interest.running == {node_id(1), node_id(2)}
    assert interest.groups_in_play == {WEB_PUBLIC, API_INT}
    assert {("default", "web"), ("default", "solo"), ("default", "edge")} <= interest.jobs
