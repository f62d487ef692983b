"""A node's own words for its state."""

import pytest

from tests.support.records import a_node


@pytest.mark.parametrize("status", ["initializing", "down", "disconnected", "new word"])
def test_only_ready_is_ready(status: str) -> None:
    assert a_node(status="ready").ready
    assert not a_node(status=status).ready


def test_only_eligible_is_eligible() -> None:
    assert a_node().eligible
    assert not a_node(eligibility="ineligible").eligible
