import pytest

from nomad_console.domain.agent import Token


@pytest.mark.parametrize(
    ("accessor", "kind", "all_allowed"),
    [
        ("acls-disabled", "client", True),
        ("anonymous", "client", False),
        ("f80c69d7", "client", False),
        ("f80c69d7", "management", True),
    ],
)
def test_who_may_do_everything(accessor: str, kind: str, all_allowed: bool) -> None:
    assert Token(accessor, "", kind, (), None).management is all_allowed
