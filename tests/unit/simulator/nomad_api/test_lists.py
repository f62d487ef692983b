from typing import Any

import pytest

from nomad_console.simulator.nomad.state import State
from nomad_console.simulator.nomad_api.lists import CreationOrder, by_creation, by_name
from nomad_console.simulator.nomad_api.query import Query

Row = dict[str, Any]
TABLE: dict[str, Row] = {
    name: {"ID": name, "CreateIndex": index}
    for name, index in [("d", 9), ("a", 7), ("c", 7), ("b", 8), ("e", 10)]
}
PLACES = sorted((row["CreateIndex"], name) for name, row in TABLE.items())


def everything(_row: Row) -> bool:
    return True


def walk(**options: Any) -> tuple[str, list[str]]:
    """Every id in the order of the pages, and the tokens on the way."""
    ids, tokens, token = "", list[str](), ""
    while True:
        found = by_creation(PLACES, TABLE, Query({}, next_token=token, **options), everything)
        ids += "".join(row["ID"] for row in found.rows)
        if not (token := found.next_token):
            return ids, tokens
        tokens.append(token)


def test_pages_follow_creation_and_the_token_names_the_next_row() -> None:
    assert walk(per_page=2) == ("acbde", ["8.b", "10.e"])
    assert walk(per_page=5) == ("acbde", [])
    assert walk() == ("acbde", [])


def test_reverse_turns_the_order() -> None:
    assert walk(per_page=2, reverse=True) == ("edbca", ["8.b", "7.a"])


def test_a_token_whose_row_is_gone_goes_on_behind_it() -> None:
    def ids(**options: Any) -> list[str]:
        return [
            row["ID"] for row in by_creation(PLACES, TABLE, Query({}, **options), everything).rows
        ]

    assert ids(next_token="7.b") == ["c", "b", "d", "e"]
    assert ids(next_token="7.b", reverse=True) == ["a"]


@pytest.mark.parametrize("token", ["zzz", "x.y"])
def test_a_token_nomad_never_gave_lists_nothing(token: str) -> None:
    assert by_creation(PLACES, TABLE, Query({}, next_token=token), everything).rows == []
    assert by_name(list(TABLE.items()), Query({}, next_token="zzz"), everything).rows == []


def test_a_filter_is_applied_before_the_page_is_cut() -> None:
    query = Query({}, per_page=1)
    found = by_creation(PLACES, TABLE, query, lambda row: row["ID"] in "bd")
    assert ([row["ID"] for row in found.rows], found.next_token) == (["b"], "9.d")


def test_names_order_nodes_and_only_forwards() -> None:
    found = by_name(list(TABLE.items()), Query({}, per_page=2, reverse=True), everything)
    assert ([row["ID"] for row in found.rows], found.next_token) == (["a", "b"], "c")


def write(state: State, *names: str, gone: tuple[str, ...] = ()) -> None:
    change = state.change("EvaluationUpdated")
    for name in names:
        row = {"ID": name, "Namespace": "default", "JobID": "web", "CreateIndex": change.index}
        change.put("evaluations", row)
    for name in gone:
        change.quiet = True
        change.remove("evaluations", name)
    state.write(change)


def test_the_order_keeps_step_with_writes_and_removals() -> None:
    state = State()
    write(state, "x")
    order = CreationOrder(state, state.evaluations, "evaluation")
    assert order.places() == [(2, "x")]
    write(state, "b", "a")
    write(state, "c", gone=("x",))
    assert order.places() == [(3, "a"), (3, "b"), (4, "c")]
    assert order.places() is order.places()
