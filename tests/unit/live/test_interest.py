"""What is looked at, in order."""

from nomad_console.live.interest import Interest


def test_every_node_once_the_most_urgent_first() -> None:
    interest = Interest(
        visible=frozenset({"n1", "n2", "n3", "n4"}),
        marked=frozenset({"n2", "n3", "n9"}),
        running=frozenset({"n3"}),
    )
    assert list(interest.by_urgency()) == ["n3", "n2", "n9", "n1", "n4"]
    assert interest.nodes == {"n1", "n2", "n3", "n4", "n9"}
