import pytest

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.acl import (
    MANAGEMENT,
    NODE_ONLY,
    READ_ONLY,
    WRITE,
    Acl,
    Rights,
    Token,
    one_namespace,
)
from tests.support.recorded import recorded_body

SECRET = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"


def test_while_off_everybody_may_everything_and_is_told_so() -> None:
    acl = Acl()
    assert not acl.enabled
    assert acl.rights(OTHER) == MANAGEMENT
    assert acl.row("")["AccessorID"] == "acls-disabled"
    assert acl.accessor("") == "acls-disabled"


def test_with_tokens_nobody_else_may_anything() -> None:
    acl = Acl([Token(SECRET, "accessor", "reader", READ_ONLY)])
    assert acl.rights(SECRET).may("prod", "read-job")
    assert not acl.rights("").may("prod", "read-job")
    assert acl.row("")["AccessorID"] == "anonymous"
    row = acl.row(SECRET)
    assert (row["AccessorID"], row["Type"], row["Policies"]) == ("accessor", "client", ["reader"])


@pytest.mark.parametrize(("secret", "status"), [(OTHER, 403), ("hello", 500)])
def test_unknown_tokens_are_refused_and_what_is_no_uuid_is_parsed_as_jwt(
    secret: str, status: int
) -> None:
    acl = Acl([Token(SECRET, "accessor", "reader", READ_ONLY)])
    with pytest.raises(Refusal) as caught:
        acl.rights(secret)
    assert caught.value.status == status


def test_levels_include_the_lower_one() -> None:
    writer = Rights(node="write")
    assert writer.allows("node", "read")
    assert not NODE_ONLY.allows("node", "write")
    assert not NODE_ONLY.allows("operator", "read")
    assert one_namespace("prod").sees("prod")
    assert not one_namespace("prod").sees("default")


def test_a_forbidden_namespace_is_all_that_is_lost() -> None:
    acl = Acl()
    changes: list[bool] = []
    acl.watch(lambda: changes.append(acl.enabled))
    acl.forbid("prod")
    rights = acl.rights("")
    assert acl.enabled
    assert not rights.may("prod", "list-jobs")
    assert all(rights.may("default", capability) for capability in WRITE)
    assert rights.allows("node", "write")
    assert not rights.management
    acl.allow("prod")
    assert acl.rights("") == MANAGEMENT
    assert changes == [True, False]


def test_a_token_never_shows_its_secret() -> None:
    assert SECRET not in repr(Token(SECRET, "accessor", "reader", READ_ONLY))


def test_a_policy_has_the_recorded_form() -> None:
    recorded = recorded_body("nomad/acl/policy-own.json")
    row = Token(SECRET, "accessor", "reader", READ_ONLY).policy()
    assert row.keys() == recorded.keys()
    assert row["RulesJSON"].keys() == recorded["RulesJSON"].keys()
    for area in ("Agent", "Node"):
        assert row["RulesJSON"][area] == recorded["RulesJSON"][area]
