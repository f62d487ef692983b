"""Tables give exact differences, and copies that stay as they are."""

from hypothesis import given
from hypothesis import strategies as st

from nomad_console.live.table import Table

CHANGES = st.lists(
    st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 2)), st.booleans())
)


@given(CHANGES)
def test_the_difference_is_exact_and_old_copies_never_change(
    changes: list[tuple[int, int | None, bool]],
) -> None:
    table = Table[int, int]()
    before: dict[int, int] = {}
    for key, value, freeze in changes:
        if value is None:
            table.drop(key)
        else:
            table.put(key, value)
        if freeze:
            old, kept = table.frozen, dict(table.frozen)
            changed = table.freeze()
            now = dict(table.frozen)
            assert changed == {k for k in now | before if now.get(k) != before.get(k)}
            assert now == table.rows
            assert dict(old) == kept
            assert (table.frozen is old) == (not changed)
            before = now


def test_put_says_whether_the_value_is_new() -> None:
    table = Table[str, int]()
    assert table.put("a", 1)
    assert not table.put("a", 1)
    assert table.put("a", 2)
    assert table.get("a") == 2


def test_replace_answers_what_came_went_and_changed() -> None:
    table = Table[str, int]()
    table.replace({"a": 1, "b": 1, "c": 1})
    assert table.replace({"b": 1, "c": 2, "d": 1}) == {"a", "c", "d"}
    assert table.rows == {"b": 1, "c": 2, "d": 1}
