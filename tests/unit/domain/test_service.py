"""Which allocation registered an instance."""

import pytest

from nomad_console.domain.service import allocation_of

ALLOC = "0a1b2c3d-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("service_id", "allocation"),
    [
        (f"_nomad-task-{ALLOC}-group-web-web-http", ALLOC),
        (f"_nomad-task-{ALLOC}-app-web-http", ALLOC),
        (f"_nomad-task-{ALLOC}", ""),
        ("_nomad-task-short-group-web-web-http", ""),
        ("_nomad-client-abc-http", ""),
        (f"x_nomad-task-{ALLOC}-group-web", ""),
        ("web-1", ""),
        ("", ""),
    ],
)
def test_the_id_names_the_allocation(service_id: str, allocation: str) -> None:
    assert allocation_of(service_id) == allocation
