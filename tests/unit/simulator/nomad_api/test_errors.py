import pytest

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.errors import need_uuid, no_leader


def test_a_prefix_is_no_id() -> None:
    need_uuid("node", "9030af16-25ee-b12b-d341-f337c9c8fa52")
    with pytest.raises(Refusal) as caught:
        need_uuid("alloc", "9030af16")
    assert caught.value.status == 500
    assert caught.value.text == (
        "rpc error: alloc lookup failed: index error: UUID must be 36 characters"
    )


def test_a_client_says_that_its_server_has_no_leader() -> None:
    assert no_leader(through_client=True).text == "rpc error: No cluster leader"
    assert no_leader(through_client=False).text == "No cluster leader"
