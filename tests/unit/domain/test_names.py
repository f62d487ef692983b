"""Names and versions in order."""

from nomad_console.domain.names import natural, release


def test_numbers_in_names_count() -> None:
    assert sorted(["c10", "c2", "C1"], key=natural) == ["C1", "c2", "c10"]


def test_versions_by_number() -> None:
    assert release("2.0.10") > release("2.0.9")
    assert release("2.0.5-dev+ent") == release("2.0.5") == (2, 0, 5)
