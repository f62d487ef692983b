"""Which pane leads."""

from nomad_console.tui.linking import Linking
from nomad_console.tui.rendering.links import Choice


def test_the_leading_pane_narrows_the_others() -> None:
    linking = Linking()
    linking.choose("nodes", ("n1",))
    assert linking.narrowing("nodes") is None
    assert linking.narrowing("services") == Choice("nodes", ("n1",))


def test_moving_in_a_narrowed_pane_keeps_what_narrows_it() -> None:
    linking = Linking()
    linking.choose("nodes", ("n1",))
    linking.choose("services", ("web",))
    assert linking.narrowing("services") == Choice("nodes", ("n1",))
    assert linking.narrowing("nodes") == Choice("services", ("web",))


def test_coming_back_to_the_root_shows_everything() -> None:
    linking = Linking()
    linking.choose("services", ("web",))
    linking.focus("targets")
    assert linking.lead == "services"
    linking.focus("nodes")
    assert (linking.lead, linking.narrowing("nodes")) == ("nodes", None)


def test_any_pane_can_be_the_root() -> None:
    linking = Linking()
    linking.choose("nodes", ("n1",))
    linking.widen("services")
    assert (linking.root, linking.lead) == ("services", "services")
    assert linking.narrowing("services") is None


def test_unlinked_panes_are_not_narrowed() -> None:
    linking = Linking()
    linking.choose("nodes", ("n1",))
    linking.on = False
    assert linking.narrowing("services") is None
