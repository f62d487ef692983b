"""Nomad's refusals: statuses and words."""

from tests.support.nomad_parties import NomadParty
from tests.support.statements import statement

WORDS = {
    "error-404-node": (404, "node not found"),
    "error-404-allocation": (404, "alloc not found"),
    "error-404-job": (404, "job not found"),
    "error-404-evaluation": (404, "eval not found"),
    "error-404-deployment": (404, "deployment not found"),
}
DEADLINE = "DrainSpec.DrainSpec.Deadline"
UUID = "lookup failed: index error: UUID must be 36 characters"


@statement("nomad.errors.unknown", "what is unknown is 404 `… not found`, read alone")
def test_unknown_ids(party: NomadParty) -> None:
    assert {name: party.answer(name).text for name in WORDS} == WORDS


@statement("nomad.errors.short-id", "an id that is no whole UUID is 500, not 404")
def test_short_ids(party: NomadParty) -> None:
    assert party.answer("error-500-bad-node-id").text == (500, f"rpc error: node {UUID}")
    assert party.answer("error-500-bad-allocation-id").text == (500, f"rpc error: alloc {UUID}")


@statement("nomad.errors.query", "`per_page`, `index` and `wait` that are no numbers are 400")
def test_bad_queries(party: NomadParty) -> None:
    assert party.answer("error-400-per-page").text == (
        400,
        "Expect a number for `per_page` query string parameter",
    )
    assert party.answer("error-400-index").text == (400, "Invalid index")
    assert party.answer("error-400-wait").text == (400, "Invalid wait time")


@statement("nomad.errors.filter", "a filter that does not parse is 400")
def test_bad_filters(party: NomadParty) -> None:
    status, text = party.answer("error-400-bad-filter").text
    assert status == 400
    assert text.startswith(
        "failed to create result paginator: failed to read filter expression: 1:8 (7): "
        "no match found"
    )


@statement("nomad.errors.region", "an unknown region is 500 `No path to region`")
def test_unknown_regions(party: NomadParty) -> None:
    assert party.answer("error-region").text == (500, "No path to region")


@statement("nomad.errors.method", "a wrong method is 405, an unknown path an empty 404")
def test_methods_and_paths(party: NomadParty) -> None:
    assert party.answer("lists/error-405-put").text == (405, "Invalid method")
    assert party.answer("lists/error-404-path").text == (404, "")


@statement("nomad.errors.plain-text", "refusals are plain text, never JSON")
def test_the_type_of_refusals(party: NomadParty) -> None:
    for name in (*WORDS, "error-region", "error-400-index", "error-drain-empty-body"):
        assert party.answer(name).headers["content-type"] == "text/plain; charset=utf-8"


@statement("nomad.errors.drain-unknown", "draining an unknown node is 500, not 404")
def test_draining_an_unknown_node(party: NomadParty) -> None:
    assert party.answer("error-drain-unknown-node").text == (500, "rpc error: node not found")


@statement("nomad.errors.drain-body", "a drain's deadline as text is 400, no body too")
def test_bad_bodies_of_a_drain(party: NomadParty) -> None:
    assert party.answer("error-drain-empty-body").text == (400, "Request body is empty")
    assert party.answer("error-drain-bad-body").text == (
        400,
        f"json: cannot unmarshal string into Go struct field {DEADLINE} of type time.Duration",
    )


@statement("nomad.errors.eligibility", "an eligibility but the two is 500")
def test_bad_eligibilities(party: NomadParty) -> None:
    assert party.answer("error-eligibility-bad").text == (
        500,
        'rpc error: invalid scheduling eligibility "maybe"',
    )


@statement("nomad.errors.too-many", "connection 101 of one address is 429 before it asks anything")
def test_too_many_connections(party: NomadParty) -> None:
    head, _, said = party.refused_connection().partition("\r\n\r\n")
    assert head.split("\r\n") == [
        "HTTP/1.1 429 Too Many Requests",
        "Content-Type: text/plain",
        "Content-Length: 81",
        "Connection: close",
    ]
    assert said.startswith(
        "Your IP is issuing too many concurrent connections, please rate limit your calls\n"
    )
