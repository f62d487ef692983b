"""Allocations by node and job: what is indexed agrees with counting anew."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nomad_console.domain.allocation import Allocation, Claim
from nomad_console.domain.snapshot import NodeClaims
from nomad_console.live.allocation_index import AllocationIndex, claims
from tests.support.records import an_allocation

ROWS = st.builds(
    lambda number, node, client, job, claim: an_allocation(
        f"a{number}", node, client=client, job_id=f"{job}{number}", claim=claim
    ),
    st.integers(0, 5),
    st.sampled_from(["n1", "n2"]),
    st.sampled_from(["pending", "running", "complete"]),
    st.just("job"),
    st.sampled_from([None, Claim(100, 64), Claim(50, 32, (80,))]),
)


@given(st.lists(st.one_of(ROWS, st.integers(0, 5))))
def test_indexes_agree_with_counting_anew(steps: list[Allocation | int]) -> None:
    index = AllocationIndex()
    index.counted(["n1", "n2"])
    rows: dict[str, Allocation] = {}
    for step in steps:
        if isinstance(step, Allocation):
            index.change(rows.get(step.id), step)
            rows[step.id] = step
        elif (old := rows.pop(f"a{step}", None)) is not None:
            index.change(old, None)
    index.freeze({"n1", "n2"})
    for node_id in ("n1", "n2"):
        here = [claims(one) for one in rows.values() if one.node_id == node_id]
        expected = NodeClaims(*(sum(column) for column in zip(NodeClaims(), *here, strict=True)))
        assert index.claims.get(node_id) == expected
    assert index.by_job.frozen == {
        (one.namespace, one.job_id): frozenset({one.id}) for one in rows.values()
    }


def test_what_has_ended_claims_nothing_and_what_does_not_say_is_counted() -> None:
    running = an_allocation(claim=Claim(100, 64, (80,)))
    assert claims(running) == NodeClaims(100, 64, 0)
    assert claims(msgspec.structs.replace(running, client="complete")) == NodeClaims()
    assert claims(msgspec.structs.replace(running, claim=None)) == NodeClaims(untold=1)


def test_claims_are_a_guess_until_every_allocation_was_listed() -> None:
    index = AllocationIndex()
    index.change(None, an_allocation())
    index.freeze({"n1"})
    assert not index.claims.frozen
    assert index.by_node.frozen
