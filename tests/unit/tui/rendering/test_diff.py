"""Differing keys."""

from nomad_console.tui.rendering.diff import differing


def test_changed_new_and_gone_keys_differ() -> None:
    kept, changed = object(), object()
    old = {"kept": kept, "changed": object(), "gone": object()}
    new = {"kept": kept, "changed": changed, "new": object()}
    assert differing(old, new) == {"changed", "gone", "new"}


def test_the_same_map_is_not_looked_at() -> None:
    same = {"a": object()}
    assert differing(same, same) == set()


def test_only_gone() -> None:
    value = object()
    assert differing({"a": value, "b": value}, {"a": value}) == {"b"}
