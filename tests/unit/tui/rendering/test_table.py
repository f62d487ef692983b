"""Records follow snapshots; a view keeps its order while rows come and go."""

from time import perf_counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.tui.rendering.allocations import ALLOCATIONS, AllocationRow
from nomad_console.tui.rendering.filters import parse
from nomad_console.tui.rendering.nodes import NODES, NodeRow
from nomad_console.tui.rendering.table import Records, View
from tests.support.snapshots import (
    an_allocation,
    article_snapshot,
    node_id,
    with_detail,
    with_node,
)

NOW = 0.0


def nodes(snapshot: ClusterSnapshot) -> tuple[Records[NodeRow], View[NodeRow]]:
    records = Records(NODES)
    records.follow(snapshot, Changes(everything=True))
    view = View(NODES, records.rows)
    view.arrange(NOW)
    return records, view


def names(view: View[NodeRow]) -> str:
    return " ".join(view.rows[key].node.name for key in view.keys)


def test_only_rows_that_differ_are_told() -> None:
    start = article_snapshot()
    records, _ = nodes(start)
    before = records.revision
    told = Changes(nodes=frozenset({node_id(1), node_id(2)}))
    assert records.follow(with_node(start, 1, version="2.0.5"), told) == {node_id(1)}
    assert records.rows[node_id(1)].node.version == "2.0.5"
    assert records.revision == before + 1


def test_a_row_that_is_gone_leaves() -> None:
    start = article_snapshot()
    records, view = nodes(start)
    fewer = {key: node for key, node in start.nodes.items() if key != node_id(2)}
    later = msgspec.structs.replace(start, nodes=fewer)
    differing = records.follow(later, Changes(nodes=frozenset({node_id(2)})))
    assert differing == {node_id(2)}
    assert view.change(differing, NOW)
    assert names(view) == "c1 c3 c4 c5 c6"
    assert node_id(2) not in view


def test_new_rows_find_their_place_and_others_do_not_move() -> None:
    _, view = nodes(article_snapshot())
    row = view.rows[node_id(6)]
    for number in (7, 0, 35):
        node = msgspec.structs.replace(row.node, id=f"n{number}", name=f"c{number}")
        assert isinstance(view.rows, dict)
        view.rows[node.id] = row._replace(node=node)
        assert view.change({node.id}, NOW)
    assert names(view) == "c0 c1 c2 c3 c4 c5 c6 c7 c35"


def test_a_row_that_belongs_elsewhere_waits_for_the_sort() -> None:
    start = article_snapshot()
    records, view = nodes(start)
    changed = with_node(start, 1, name="c9")
    differing = records.follow(changed, Changes(nodes=frozenset({node_id(1)})))
    assert differing is not None
    assert not view.change(differing, NOW)
    assert (names(view), view.unsorted) == ("c9 c2 c3 c4 c5 c6", True)
    view.sort()
    assert (names(view), view.unsorted) == ("c2 c3 c4 c5 c6 c9", False)


def test_descending_and_unknown_last() -> None:
    records, view = nodes(article_snapshot())
    view.column, view.descending = NODES.columns[0], True
    view.arrange(NOW)
    assert names(view) == "c6 c5 c4 c3 c2 c1"
    view.column = next(one for one in NODES.columns if one.key == "zone")
    records.rows[node_id(1)] = records.rows[node_id(1)]._replace(detail=None)
    for view.descending in (False, True):
        view.arrange(NOW)
        assert names(view).endswith("c1")


def test_moments_sort_by_age() -> None:
    _, view = nodes(article_snapshot())
    view.column = next(one for one in NODES.columns if one.key == "age")
    row = view.rows[node_id(3)]
    assert row.detail is not None
    assert row.detail.status_updated_at is not None
    assert isinstance(view.rows, dict)
    young = row.detail.status_updated_at.replace(year=2027)
    detail = msgspec.structs.replace(row.detail, status_updated_at=young)
    view.rows[node_id(3)] = row._replace(detail=detail)
    view.arrange(NOW)
    assert names(view).startswith("c3")


def test_filter_and_scope_together() -> None:
    _, view = nodes(article_snapshot())
    view.scope = frozenset({node_id(1), node_id(2), "gone"})
    view.filter = parse("-id:c1000000", NODES.columns)
    view.arrange(NOW)
    assert (names(view), view.scoped) == ("c2", 2)
    assert not view.change({node_id(3)}, NOW)


ENDED_S = 1000.0


def endings(count: int) -> View[AllocationRow]:
    """One living allocation, and batch work that ended one second after the other."""
    living = msgspec.structs.replace(an_allocation("web", 0, 1), id="living")
    rows = {
        f"{number}": msgspec.structs.replace(
            an_allocation("crunch", number, 1),
            id=f"{number}",
            client="complete",
            job_type="batch",
            modify_time_ns=int((ENDED_S + number) * 1e9),
        )
        for number in range(count)
    }
    records = Records(ALLOCATIONS)
    snapshot = ClusterSnapshot(allocations={"living": living, **rows})
    records.follow(snapshot, Changes(everything=True))
    return View(ALLOCATIONS, records.rows)


def test_history_is_hidden_counted_and_shown_when_asked_for() -> None:
    view = endings(3)
    view.arrange(ENDED_S + 1)
    assert (set(view.keys), view.over, view.filtered) == ({"living", "2"}, {"0", "1"}, 0)
    assert view.next_over == ENDED_S + 2
    view.filter = parse("crunch", ALLOCATIONS.columns)
    view.arrange(ENDED_S + 2)
    assert (view.keys, len(view.over), view.filtered) == ([], 3, 1)
    view.whole = True
    view.arrange(ENDED_S + 2)
    assert (set(view.keys), view.over, view.filtered) == ({"0", "1", "2"}, set(), 1)


def test_what_ends_leaves_and_what_begins_again_comes_back() -> None:
    view = endings(2)
    view.arrange(ENDED_S)
    assert (set(view.keys), view.over) == ({"living", "1"}, {"0"})
    assert view.change({"1"}, ENDED_S + 1)
    assert (view.keys, view.over) == (["living"], {"0", "1"})
    assert isinstance(view.rows, dict)
    row = view.rows["0"]
    again = msgspec.structs.replace(row.allocation, client="running")
    view.rows["0"] = row._replace(allocation=again)
    assert view.change({"0"}, ENDED_S + 1)
    assert (set(view.keys), view.over) == ({"living", "0"}, {"1"})
    del view.rows["1"]
    assert not view.change({"1"}, ENDED_S + 1)
    assert view.over == set()


@given(
    st.lists(
        st.tuples(
            st.sampled_from("0123"), st.sampled_from(["running", "complete"]), st.integers(0, 9)
        ),
        max_size=20,
    )
)
def test_history_change_by_change_is_that_of_a_fresh_look(
    steps: list[tuple[str, str, int]],
) -> None:
    view = endings(4)
    view.filter = parse("-web", ALLOCATIONS.columns)
    view.arrange(ENDED_S)
    assert isinstance(view.rows, dict)
    for now, (key, client, end) in enumerate(steps):
        row = view.rows[key]
        ended_ns = int((ENDED_S + end) * 1e9)
        one = msgspec.structs.replace(row.allocation, client=client, modify_time_ns=ended_ns)
        view.rows[key] = row._replace(allocation=one)
        view.change({key}, ENDED_S + now)
        if view.next_over <= ENDED_S + now:
            view.arrange(ENDED_S + now)
        fresh = View(ALLOCATIONS, view.rows)
        fresh.filter = view.filter
        fresh.arrange(ENDED_S + now)
        assert (set(view.keys), view.over) == (set(fresh.keys), fresh.over)


def test_a_column_is_blank_until_a_row_has_something_to_say_in_it() -> None:
    start = article_snapshot()
    bare = start
    for number in range(1, 7):
        bare = with_node(bare, number, node_class="")
    records = Records(NODES)
    records.follow(ClusterSnapshot(), Changes(everything=True))
    assert records.blank == frozenset()
    records.follow(bare, Changes(everything=True))
    assert records.blank == {"class"}
    renamed = with_node(bare, 1, name="c9")
    records.follow(renamed, Changes(nodes=frozenset({node_id(1)})))
    assert records.blank == {"class"}
    classed = with_node(renamed, 2, node_class="edge")
    records.follow(classed, Changes(nodes=frozenset({node_id(2)})))
    assert records.blank == frozenset()
    records.follow(bare, Changes(everything=True))
    assert records.blank == frozenset(), "what came stays: nothing jumps about"


def test_what_is_unknown_is_not_blank_yet() -> None:
    known = article_snapshot()
    for number in range(1, 7):
        known = with_detail(known, number, zone="")
    records = Records(NODES)
    half = {key: one for key, one in known.details.items() if key != node_id(3)}
    records.follow(msgspec.structs.replace(known, details=half), Changes(everything=True))
    assert "zone" not in records.blank
    records.follow(known, Changes(nodes=frozenset({node_id(3)})))
    assert "zone" in records.blank
    fewer = msgspec.structs.replace(known, details=half)
    records.follow(fewer, Changes(nodes=frozenset({node_id(3)})))
    assert "zone" in records.blank, "a new node, not read yet, moves nothing"


def test_fifty_thousand_rows_in_the_time_of_a_frame() -> None:
    rows = {
        f"{number:08}": msgspec.structs.replace(
            an_allocation("web", 0, 1),
            id=f"{number:08}",
            name=f"job{number % 997}.web[{number // 997}]",
            job_id=f"job{number % 997}",
        )
        for number in range(50_000)
    }
    records = Records(ALLOCATIONS)
    snapshot = ClusterSnapshot(allocations=rows)
    records.follow(snapshot, Changes(everything=True))
    view = View(ALLOCATIONS, records.rows)
    spent = {}
    for name in ("sort", "filter", "unfilter", "change"):
        view.filter = parse("job77 -x" if name == "filter" else "", ALLOCATIONS.columns)
        begun = perf_counter()
        if name == "change":
            view.change(set(view.keys[1000:1200]), NOW)
        else:
            view.arrange(NOW)
        spent[name] = perf_counter() - begun
    print({name: f"{seconds * 1000:.0f} ms" for name, seconds in spent.items()})
    assert max(spent.values()) < 0.5
