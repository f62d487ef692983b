"""Keys are known in one place."""

from nomad_console.tui import keys


def test_no_key_means_two_things_on_one_screen() -> None:
    for group in ((*keys.TABLE, *keys.DASHBOARD, *keys.APP), (*keys.DETAIL, *keys.APP)):
        names = [name for key in group for name in key.keys.split(",")]
        assert sorted(names) == sorted(set(names))


def test_read_only_offers_nothing_that_can_lead_to_a_write() -> None:
    offered = keys.footer(keys.DASHBOARD, read_only=True)
    assert ("u", "upgrade") not in offered
    assert ("u", "upgrade") in keys.footer(keys.DASHBOARD, read_only=False)
    assert keys.UPGRADE not in keys.working(keys.DASHBOARD, read_only=True)


def test_the_footer_names_the_most_needed_first() -> None:
    labels = [label for label, _ in keys.footer((*keys.TABLE, *keys.DASHBOARD), read_only=False)]
    assert labels[:4] == ["space", "enter", "u", "/"]


def test_bindings_are_hidden_from_textuals_own_footer() -> None:
    bound = keys.bindings(keys.TABLE)
    assert not any(binding.show for binding in bound)
    assert [binding.key for binding in bound][:2] == ["down,j", "up,k"]
