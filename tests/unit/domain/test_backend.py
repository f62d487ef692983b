import pytest

from nomad_console.domain.backend import Backend, Lack, peculiar, tried


@pytest.mark.parametrize(
    ("name", "version", "was"),
    [
        ("nomad", "2.0.4", True),
        ("nomad", "2.0.5", True),
        ("nomad", "2.0.50", False),
        ("nomad", "2.0.5+ent", False),
        ("nomad", "1.9.3", False),
        ("nomad", "", True),
        ("consul", "1.8.7", True),
        ("consul", "1.8.7+dfsg1", True),
        ("consul", "1.80.0", False),
        ("consul", "1.20.1", False),
    ],
)
def test_only_what_was_tried_is_claimed(name: str, version: str, was: bool) -> None:
    assert tried(name, version) is was


def test_what_is_as_it_was_tried_says_nothing() -> None:
    assert peculiar("nomad", Backend("2.0.5")) == ""
    assert peculiar("consul", Backend("1.8.7")) == ""
    assert peculiar("nomad", Backend()) == ""
    assert peculiar("nomad", Backend(pending=True)) == ""


def test_a_version_and_what_it_lacks_are_one_sentence() -> None:
    lacks = frozenset({Lack.FILTERS, Lack.EVENT_STREAM})
    assert peculiar("nomad", Backend("1.9.3", lacks)) == (
        "Nomad 1.9.3: not tried with this console (2.0.4 and 2.0.5 were); "
        "missing here: event stream, filters of lists"
    )
    assert peculiar("consul", Backend("1.20.1")) == (
        "Consul 1.20.1: not tried with this console (1.8.7 was)"
    )
    assert peculiar("nomad", Backend("2.0.5", lacks)).startswith("Nomad 2.0.5: missing here: event")
    assert peculiar("nomad", Backend("", lacks)).startswith("Nomad: missing here: ")
