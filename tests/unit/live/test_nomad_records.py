"""Nomad's records: newest wins, sums agree with counting anew."""

from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.allocation import Allocation
from nomad_console.domain.snapshot import NodeSums
from nomad_console.live.allocation_index import counts
from nomad_console.live.machines import MachineIndex
from nomad_console.live.nomad_records import NomadRecords
from tests.support.records import (
    a_deployment,
    a_detail,
    a_job,
    a_node,
    a_stub,
    an_allocation,
    an_evaluation,
)


def records() -> NomadRecords:
    return NomadRecords(MachineIndex(), lambda: None)


ALLOCATIONS = st.builds(
    lambda number, node, client, desired, index: an_allocation(
        f"a{number}", node, client=client, desired=desired, modify_index=index
    ),
    st.integers(0, 8),
    st.sampled_from(["n1", "n2", "n3"]),
    st.sampled_from(["pending", "running", "complete", "failed", "lost", "unknown"]),
    st.sampled_from(["run", "stop"]),
    st.integers(1, 5),
)


@given(st.lists(st.one_of(ALLOCATIONS, st.sets(st.sampled_from([f"a{n}" for n in range(9)])))))
def test_sums_agree_with_counting_anew(steps: list[Allocation | set[str]]) -> None:
    kept = records()
    kept.put_nodes([a_node("n1"), a_node("n2")])
    kept.keep_allocations(set(), 0)
    for step in steps:
        if isinstance(step, Allocation):
            kept.put_allocations([step])
        else:
            kept.keep_allocations(step, 3)
    kept.freeze()
    rows = kept.allocations.rows.values()
    for node_id in ("n1", "n2", "n3"):
        here = [row for row in rows if row.node_id == node_id]
        assert kept.index.by_node.get(node_id) == (frozenset(row.id for row in here) or None)
        expected = NodeSums(
            sum(counts(row).running for row in here), sum(counts(row).total for row in here)
        )
        known = bool(here) or node_id != "n3"
        assert kept.index.sums.get(node_id) == (expected if known else None)


def test_what_counts() -> None:
    assert counts(an_allocation()) == (1, 1)
    assert counts(an_allocation(client="pending")) == (0, 1)
    assert counts(an_allocation(desired="stop")) == (1, 1)
    assert counts(an_allocation(client="complete")) == (0, 0)
    assert counts(an_allocation(client="failed")) == (0, 1)
    assert counts(an_allocation(client="failed", desired="stop")) == (0, 0)


def test_sums_stay_unknown_until_every_allocation_was_listed() -> None:
    kept = records()
    kept.put_nodes([a_node("n1"), a_node("n2")])
    kept.put_allocations([an_allocation("a1", "n1")])
    kept.freeze()
    assert not kept.index.sums.frozen
    kept.keep_allocations({"a1"}, 10)
    kept.freeze()
    assert kept.index.sums.frozen == {"n1": NodeSums(1, 1), "n2": NodeSums(0, 0)}


def test_a_whole_listing_forgets_only_what_it_should_have_held() -> None:
    kept = records()
    kept.put_nodes([a_node("n1"), a_node("n2"), a_node("n3", modify_index=99)])
    kept.put_details([a_detail("n2")])
    kept.keep_nodes({"n1"}, 50)
    assert sorted(kept.nodes.rows) == ["n1", "n3"]
    assert not kept.details.rows
    kept.put_job_stubs([a_stub("old"), a_stub("new", modify_index=99)])
    kept.put_jobs([a_job("old")])
    kept.keep_jobs(set(), 50)
    assert list(kept.job_stubs.rows) == [("default", "new")]
    assert not kept.jobs.rows
    kept.put_deployments([a_deployment("d1"), a_deployment("d2", modify_index=99)])
    kept.keep_deployments(set(), 50)
    assert list(kept.deployments.rows) == ["d2"]
    kept.put_evaluations([an_evaluation("e1"), an_evaluation("e2", modify_index=99)])
    kept.keep_evaluations(set(), 50)
    assert list(kept.blocked.rows) == ["e2"]


def test_older_rows_come_too_late() -> None:
    kept = records()
    kept.put_nodes([a_node(status="down", modify_index=20), a_node(modify_index=10)])
    assert kept.nodes.rows["n1"].status == "down"
    kept.put_details([a_detail(zone="new", modify_index=20), a_detail(zone="old")])
    assert kept.details.rows["n1"].zone == "new"
    kept.put_jobs([a_job(version=2, modify_index=20), a_job(version=1)])
    assert kept.jobs.rows["default", "web"].version == 2
    kept.put_job_stubs([a_stub(status="dead", modify_index=20), a_stub()])
    assert kept.job_stubs.rows["default", "web"].status == "dead"
    kept.put_deployments([a_deployment(status="failed", modify_index=20), a_deployment()])
    assert kept.deployments.rows["d1"].status == "failed"
    kept.put_evaluations([an_evaluation(type="batch", modify_index=20)])
    kept.put_evaluations([an_evaluation(status="complete", modify_index=10)])
    assert kept.blocked.rows["e1"].type == "batch"


def test_a_purged_node_is_not_brought_back_by_an_older_row() -> None:
    kept = records()
    kept.put_nodes([a_node()])
    kept.remove_node("n1", 30)
    kept.put_nodes([a_node(modify_index=29)])
    assert not kept.nodes.rows
    kept.put_nodes([a_node(modify_index=31)])
    assert list(kept.nodes.rows) == ["n1"]


def test_a_node_is_unread_until_its_detail_is_as_new_as_its_row() -> None:
    kept = records()
    kept.put_nodes([a_node()])
    assert list(kept.unread) == ["n1"]
    kept.put_details([a_detail(modify_index=0)], read=False)
    assert list(kept.unread) == ["n1"]
    kept.put_details([a_detail(modify_index=10)])
    assert not kept.unread
    kept.put_nodes([a_node(version="2.0.5", modify_index=11)])
    assert list(kept.unread) == ["n1"]


def test_a_detail_from_the_disk_never_replaces_one_that_was_read() -> None:
    kept = records()
    kept.put_nodes([a_node()])
    kept.put_details([a_detail(zone="read")])
    kept.put_details([a_detail(zone="disk", modify_index=99)], read=False)
    assert kept.details.rows["n1"].zone == "read"


def test_a_changed_allocation_changes_its_node() -> None:
    kept = records()
    kept.put_nodes([a_node("n1"), a_node("n2")])
    kept.put_allocations([an_allocation("a1", "n1")])
    kept.freeze()
    kept.put_allocations([an_allocation("a1", "n1", healthy=False, modify_index=11)])
    nodes, allocations, jobs = kept.freeze()
    assert nodes == {"n1"}
    assert allocations == {"a1"}
    assert not jobs
    assert kept.members("n1") == {"a1"}
    assert not kept.members("n2")
