import pytest

from nomad_console.simulator.nomad_api.structs import STRUCTS
from tests.support.nomad_http import NomadLab


@pytest.mark.parametrize(
    ("struct", "table"),
    [
        ("Node", "nodes"),
        ("Job", "jobs"),
        ("Evaluation", "evaluations"),
        ("Deployment", "deployments"),
        ("NodePool", "node_pools"),
    ],
)
def test_every_field_of_a_row_can_be_filtered_by(struct: str, table: str) -> None:
    for row in getattr(NomadLab().state, table).values():
        assert row.keys() <= STRUCTS[struct]


def test_fields_of_lists_alone_cannot_be_filtered_by() -> None:
    for row in NomadLab().state.allocations.values():
        assert row.keys() - STRUCTS["Allocation"] <= {"JobType", "JobVersion"}
