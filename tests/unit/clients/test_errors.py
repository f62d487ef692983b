import pytest

from nomad_console.clients.errors import (
    ApiError,
    Misread,
    NotFound,
    Refused,
    Throttled,
    Unreachable,
    of_answer,
    refused,
)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "Invalid index", ApiError),
        (401, "", Refused),
        (403, "Permission denied", Refused),
        (403, "ACL not found", Refused),
        (500, "rpc error: Permission denied", Refused),
        (500, "ACL token expired", Refused),
        (500, "rpc error: ACL token not found", Refused),
        (500, "failed to parse signed token: compact JWS format must have three parts", Refused),
        (404, "node not found", NotFound),
        (500, "rpc error: node not found", NotFound),
        (429, "Your IP is issuing too many concurrent connections", Throttled),
        (500, "No cluster leader", Unreachable),
        (502, "<html>", Unreachable),
        (400, "Client sent an HTTP request to an HTTPS server.", Unreachable),
        (307, "", Misread),
        (204, "", Misread),
    ],
)
def test_an_answer_becomes_the_error_it_stands_for(
    status: int, text: str, kind: type[ApiError]
) -> None:
    error = of_answer("nomad", "GET /v1/nodes", status, text)
    assert type(error) is kind
    assert str(status) in str(error)
    assert error.text


@pytest.mark.parametrize(
    ("backend", "endpoint", "right"),
    [
        ("nomad", "GET /v1/nodes", "node:read"),
        ("nomad", "POST /v1/node/1/drain", "node:write"),
        ("nomad", "GET /v1/allocations", "namespace:read-job"),
        ("nomad", "GET /v1/agent/self", "agent:read"),
        ("consul", "GET /v1/agent/self", "agent:read"),
        ("consul", "GET /v1/health/state/critical", "service:read and node:read"),
        ("nomad", "POST /v1/allocation/1/stop", "namespace:alloc-lifecycle"),
        ("consul", "PUT /v1/session/create", "session:write"),
        ("consul", "PUT /v1/kv/nomad-console/global/run", "key:write on nomad-console/"),
        ("consul", "GET /v1/kv/x", ""),
    ],
)
def test_a_refusal_names_the_missing_right(backend: str, endpoint: str, right: str) -> None:
    error = of_answer(backend, endpoint, 403, "Permission denied")
    assert isinstance(error, Refused)
    assert error.right == right
    assert right in error.hint


def test_a_tls_port_asked_in_plain_http_says_what_to_set() -> None:
    text = "Client sent an HTTP request to an HTTPS server."
    error = of_answer("nomad", "GET /v1/nodes", 400, text)
    assert "https://" in error.hint


@pytest.mark.parametrize(
    ("status", "kind"), [(200, Misread), (403, Misread), (404, Misread), (502, Unreachable)]
)
def test_a_page_for_people_is_not_repeated(status: int, kind: type[ApiError]) -> None:
    page = "\n<!DOCTYPE html><html><body>Welcome to nginx!</body></html>"
    error = of_answer("nomad", "GET /v1/nodes", status, page)
    assert type(error) is kind
    assert error.text == "answered with HTML: something else listens there"


def test_texts_are_printable_on_one_line_and_short() -> None:
    error = ApiError("nomad", "GET /\x1b[31m", 500, "a\x1b]0;b\x07\n" + "c" * 5_000)
    assert str(error).isprintable()
    assert repr(error).isprintable()
    assert len(str(error)) < 400


def test_a_refusal_without_words_has_some() -> None:
    assert refused("nomad", "GET /v1/nodes", 403, "", right="").text == "permission denied"


def test_what_is_no_token_needs_no_right_but_a_token() -> None:
    said = "failed to parse signed token: compact JWS format must have three parts"
    error = of_answer("nomad", "GET /v1/nodes", 500, said)
    assert isinstance(error, Refused)
    assert (error.text, error.right) == ("this is no Nomad token (a UUID)", "")
    assert error.hint == "set NOMAD_TOKEN to a token's secret id"
