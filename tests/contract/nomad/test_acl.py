"""Nomad's access control: what is refused aloud, and what is left out without a word."""

from tests.support.nomad_parties import NomadParty
from tests.support.statements import statement

DENIED = (403, "Permission denied")
NOTHING: tuple[int, list[str]] = (200, [])


def texts(party: NomadParty, *names: str) -> set[tuple[int, str]]:
    return {party.answer(name).text for name in names}


@statement("nomad.acl.no-token", "without a token what needs one is 403 `Permission denied`")
def test_no_token(party: NomadParty) -> None:
    assert texts(
        party,
        "acl/nodes-no-token",
        "acl/allocations-no-token",
        "acl/jobs-no-token",
        "open/agent-members-no-token",
        "open/raft-configuration-no-token",
    ) == {DENIED}


@statement("nomad.acl.unknown-token", "an unknown token is 403 in the same words")
def test_an_unknown_token(party: NomadParty) -> None:
    assert texts(party, "open/jobs-wrong-token", "acl/token-self-wrong") == {DENIED}


@statement("nomad.acl.not-a-token", "a secret that is no UUID is 500: it is read as a signed token")
def test_no_uuid(party: NomadParty) -> None:
    status, text = party.answer("acl/token-self-not-uuid").text
    assert status == 500
    assert text.startswith("failed to parse signed token")


@statement("nomad.acl.writes", "a token that may read may not drain nor set eligibility: 403")
def test_writes_of_a_reader(party: NomadParty) -> None:
    assert texts(party, "acl/drain-read-only", "acl/eligibility-read-only") == {DENIED}


@statement("nomad.acl.silent", "namespaces and services are 200 `[]` where nothing may be read")
def test_what_is_left_out(party: NomadParty) -> None:
    for name in (
        "acl/namespaces-no-token",
        "acl/namespaces-node-only",
        "open/services-no-token",
    ):
        answer = party.answer(name)
        assert (answer.status, answer.body) == NOTHING, name


@statement("nomad.acl.namespaces", "a token's namespaces are those it has any right in")
def test_the_namespaces_of_a_token(party: NomadParty) -> None:
    rows = party.answer("acl/namespaces-one-namespace").body
    assert [row["Name"] for row in rows] == ["prod"]


@statement("nomad.acl.every-namespace", "`namespace=*` shows what may be read, 200")
def test_every_namespace(party: NomadParty) -> None:
    for name in ("acl/jobs-one-namespace", "acl/allocations-one-namespace"):
        answer = party.answer(name)
        assert answer.status == 200
        assert {row["Namespace"] for row in answer.body} <= {"prod"}


@statement("nomad.acl.other-namespace", "a namespace that may not be read is 403 by its name")
def test_another_namespace(party: NomadParty) -> None:
    assert party.answer("acl/jobs-default-one-namespace").text == DENIED


@statement("nomad.acl.nodes", "`node:read` sees the nodes, whatever the namespaces")
def test_nodes(party: NomadParty) -> None:
    answer = party.answer("acl/nodes-node-only")
    assert answer.status == 200
    assert answer.body


@statement("nomad.acl.anonymous", "`token/self` without a token is 200: `anonymous`")
def test_token_self_without_a_token(party: NomadParty) -> None:
    answer = party.answer("acl/token-self-none")
    assert answer.status == 200
    assert (answer.body["AccessorID"], answer.body["SecretID"]) == ("anonymous", "")


@statement("nomad.acl.off", "`token/self` with access control off is `acls-disabled`")
def test_token_self_without_access_control(party: NomadParty) -> None:
    body = party.answer("acl-token-self-acl-off").body
    assert (body["AccessorID"], body["SecretID"]) == ("acls-disabled", "")


@statement("nomad.acl.types", "a token is of type `management` without policies, or `client`")
def test_token_self(party: NomadParty) -> None:
    management = party.answer("acl/token-self-management").body
    client = party.answer("acl/token-self-client").body
    assert (management["Type"], management["Policies"]) == ("management", None)
    assert (client["Type"], client["Policies"]) == ("client", ["read-only"])
    for row in (management, client):
        assert {"AccessorID", "ExpirationTime", "ExpirationTTL", "Name", "Roles"} < row.keys()
        assert row["ExpirationTime"] is None
        assert len(row["Hash"]) == len("XCBvyaz65FNyIkpkQEZc7JTSzc3QRaIPRP2OZUV9Cqs=")


@statement("nomad.acl.open", "leader, regions and an agent's health are open to all")
def test_what_is_open(party: NomadParty) -> None:
    for name in (
        "open/status-leader-no-token",
        "open/regions-no-token",
        "open/agent-health-no-token",
    ):
        assert party.answer(name).status == 200, name


@statement("nomad.acl.drainer", "`node:write` alone drains and makes eligible")
def test_a_token_that_may_drain(party: NomadParty) -> None:
    assert party.answer("acl/node-drain-drainer").body["Index"] > 0
    assert party.answer("acl/node-eligible-drainer").status == 200


@statement("nomad.acl.accessor", "`LastDrain` names the token that drained by its accessor")
def test_who_drained(party: NomadParty) -> None:
    party.answer("acl/node-drain-drainer")
    last = party.answer("acl/node-drained-accessor").body["LastDrain"]
    kind, _, accessor = last["AccessorID"].partition(":")
    assert kind == "token"
    assert accessor not in {"", "acls-disabled", "anonymous"}
