import pytest

from nomad_console.simulator.consul.acl import ALL, Acl, Denied


def test_a_token_has_its_rights_none_the_anonymous_and_an_unknown_one_is_denied() -> None:
    acl = Acl({"secret": ALL}, anonymous=frozenset(("catalog",)))
    assert acl.rights("secret") == ALL
    assert acl.rights("") == {"catalog"}
    with pytest.raises(Denied, match="ACL not found"):
        acl.rights("other")


def test_no_repr_gives_a_token_away() -> None:
    assert "secret" not in repr(Acl({"secret": ALL}))
