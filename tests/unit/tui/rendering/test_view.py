"""A view keeps its order while rows come and go; what it remembers never shows."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from nomad_console.domain.snapshot import Changes, ClusterSnapshot
from nomad_console.tui.rendering.allocations import ALLOCATIONS, AllocationRow
from nomad_console.tui.rendering.filters import parse
from nomad_console.tui.rendering.nodes import NODES, NodeRow
from nomad_console.tui.rendering.table import Records
from nomad_console.tui.rendering.view import View
from tests.support.snapshots import an_allocation, article_snapshot, node_id, with_node

NOW = 0.0


def nodes(snapshot: ClusterSnapshot) -> tuple[Records[NodeRow], View[NodeRow]]:
    records = Records(NODES)
    records.follow(snapshot, Changes(everything=True))
    view = View(NODES, records.rows)
    view.arrange(NOW)
    return records, view


def names(view: View[NodeRow]) -> str:
    return " ".join(view.rows[key].node.name for key in view.keys)


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
    view.arrange(NOW)
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


FILTERS = ("", "web", "-web c1", "type:batch", "group:b -c2", "age<1m")
COLUMNS = {one.key: one for one in ALLOCATIONS.columns}
Look = tuple[str, bool, str, frozenset[str] | None, bool]
LOOKS = st.tuples(
    st.sampled_from(["job", "state", "age", "replacement"]),
    st.booleans(),
    st.sampled_from(FILTERS),
    st.sampled_from([None, frozenset("01234"), frozenset("7x")]),
    st.booleans(),
)
STEPS = st.tuples(
    st.sampled_from("01234567"),
    st.sampled_from(["running", "complete", "gone"]),
    st.sampled_from(["web", "crunch"]),
    st.integers(0, 90),
    st.none() | LOOKS,
)


def row_of(key: str, client: str, job: str, second: int) -> AllocationRow:
    kept = msgspec.structs.replace(
        an_allocation(job, int(key), 1 + second % 3),
        id=key,
        group="ab"[second % 2],
        client=client,
        create_time_ns=int((ENDED_S - second) * 1e9),
        modify_time_ns=int((ENDED_S - 3600 + second) * 1e9),
    )
    last = kept if second % 5 == 0 else None
    return AllocationRow(kept, last, awaited=False, kind="batch" if job == "crunch" else "")


def ranks(view: View[AllocationRow]) -> list[object]:
    """What it is sorted by, row by row: equal rows may stand as they like."""
    own, of = COLUMNS["job"].order, view.column.order or view.column.value
    assert own is not None
    values = [(of(row), own(row)) for row in (view.rows[key] for key in view.keys)]
    return [value if value[0] is not None else None for value in values]


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=12))
def test_what_is_remembered_of_rows_is_what_a_fresh_look_finds(
    steps: list[tuple[str, str, str, int, Look | None]],
) -> None:
    view = endings(4)
    assert isinstance(view.rows, dict)
    view.arrange(ENDED_S)
    for now, (key, client, job, second, look) in enumerate(steps, int(ENDED_S)):
        if client == "gone":
            view.rows.pop(key, None)
        else:
            view.rows[key] = row_of(key, client, job, second)
        view.change({key}, now)
        if look is not None:
            column, view.descending, text, view.scope, view.whole = look
            view.column, view.filter = COLUMNS[column], parse(text, ALLOCATIONS.columns)
        if look or view.unsorted or view.filter.ages or view.next_over <= now:
            view.arrange(now)
        fresh = View(ALLOCATIONS, view.rows)
        fresh.column, fresh.descending, fresh.filter = view.column, view.descending, view.filter
        fresh.scope, fresh.whole = view.scope, view.whole
        fresh.arrange(now)
        assert (ranks(view), view.over) == (ranks(fresh), fresh.over)
        assert (set(view.keys), view.filtered) == (set(fresh.keys), fresh.filtered)


def test_other_rows_are_other_rows() -> None:
    _, view = nodes(article_snapshot())
    renamed, _ = nodes(with_node(article_snapshot(), 1, name="c9"))
    view.hold(renamed.rows)
    view.filter = parse("c9", NODES.columns)
    view.arrange(NOW)
    assert names(view) == "c9"


def test_a_row_that_is_gone_leaves() -> None:
    _, view = nodes(article_snapshot())
    assert isinstance(view.rows, dict)
    del view.rows[node_id(2)]
    assert view.change({node_id(2)}, NOW)
    assert names(view) == "c1 c3 c4 c5 c6"
    assert node_id(2) not in view
