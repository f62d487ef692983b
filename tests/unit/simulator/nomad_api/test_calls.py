import pytest

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.acl import NODE_ONLY
from nomad_console.simulator.nomad_api.calls import Call, not_found
from nomad_console.simulator.nomad_api.query import Query


def call(body: bytes) -> Call:
    return Call(Query({}), {}, NODE_ONLY, secret="a-secret", body=body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_must_be_an_object(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        call(body).json()
    assert caught.value.status == 400
    assert body or caught.value.text == "Request body is empty"
    assert call(b'{"a": 1}').json() == {"a": 1}


def test_rights_are_needed_or_refused() -> None:
    call(b"").need("node")
    with pytest.raises(Refusal) as caught:
        call(b"").need("node", "write")
    assert (caught.value.status, caught.value.text) == (403, "Permission denied")
    with pytest.raises(Refusal):
        call(b"").need_in("default", "read-job")


def test_what_is_not_there_says_so_and_no_secret_is_shown() -> None:
    assert (not_found("node").status, not_found("node").text) == (404, "node not found")
    assert "a-secret" not in repr(call(b""))
