import msgspec

from nomad_console.domain.rights import Credential
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.operations.tokens import Tokens, taking_up


def seen(trouble: str) -> ClusterSnapshot:
    held = Credential("Nomad token t", trouble=trouble, cure="start a console with a new one")
    return msgspec.structs.replace(ClusterSnapshot(), rights={"nomad": held})


def test_each_trouble_is_told_once_and_again_when_it_comes_back() -> None:
    tokens = Tokens()
    said = "expired: start a console with a new one"
    told = [tokens.spent(seen(word)) for word in ("", "expired", "expired", "", "expired")]
    assert told == ["", said, "", "", said]


def test_nothing_is_told_of_a_token_nobody_asked_about() -> None:
    assert Tokens().spent(ClusterSnapshot()) == ""


def test_how_a_run_is_taken_up() -> None:
    assert "nomad-console resume 7f3a" in taking_up("7f3a")
