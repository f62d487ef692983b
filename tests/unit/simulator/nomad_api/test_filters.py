from typing import Any

import pytest

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.filters import compile_filter

NODE: dict[str, Any] = {
    "ID": "9030af16",
    "Name": "c1",
    "Drain": False,
    "CreateIndex": 16,
    "StatusDescription": "",
    "Attributes": {"nomad.version": "2.0.5", "os.name": "debian"},
    "Meta": {"instance_id": "i-00000000000000001"},
    "DrainStrategy": None,
}
ALLOCATION: dict[str, Any] = {"ID": "a", "NodeID": "n", "ClientStatus": "running", "JobID": "web"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('Name == "c1"', True),
        ("Name == c1", True),
        ('Name != "c1"', False),
        ('Attributes["nomad.version"] == "2.0.5"', True),
        ('"/Attributes/nomad.version" == "2.0.5"', True),
        ('Meta.instance_id matches "i-.*"', True),
        ('Meta.instance_id not matches "i-.*"', False),
        ("Drain == false and CreateIndex == 16", True),
        ("Drain == true or (not Name == c2)", True),
        ("not (Drain == true or Name == c1)", False),
        ('"deb" in Attributes["os.name"]', True),
        ('Attributes contains "os.name"', True),
        ('"os.version" not in Attributes', True),
        ('Attributes["os.version"] == "12"', False),
        ('Attributes["os.version"] != "12"', True),
        ("Attributes.missing is empty", True),
        ("Attributes.missing is not empty", False),
        ("StatusDescription is empty", True),
        ("Meta is not empty", True),
        ("Name == `c1`", True),
    ],
)
def test_a_filter_looks_at_the_whole_node(text: str, kept: bool) -> None:
    assert compile_filter(text, "Node").keeps(NODE) is kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('ClientStatus == "running" and NodeID == "n"', True),
        ('DesiredDescription == ""', True),
        ("NextAllocation is empty", True),
        ("TaskStates is empty", True),
        ("x in DeploymentID", False),
        ('DeploymentID matches "^$"', True),
        ("TaskStates.app.Failed == true", False),
    ],
)
def test_fields_left_out_for_being_empty_are_empty(
    text: str,
    kept: bool,
) -> None:
    assert compile_filter(text, "Allocation").keeps(ALLOCATION) is kept


def refusal(text: str, struct: str, row: dict[str, Any]) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        compile_filter(text, struct).keeps(row)
    return caught.value.status, caught.value.text


def test_what_nomad_cannot_parse_is_refused_with_its_words() -> None:
    assert refusal("Name ==", "Node", NODE) == (
        400,
        (
            "failed to create result paginator: failed to read filter expression: 1:8 (7): "
            'no match found, expected: "-", "0", "\\"", "`", [ \\t\\r\\n], [1-9] or [a-zA-Z]'
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Name",
        "Name == c1)",
        "(Name == c1",
        "== c1",
        "Name is",
        "Name[x]",
        "Name ~ x",
        'Name["x"',
        "Name. == x",
        "(Name == x or",
    ],
)
def test_broken_expressions_are_refused(text: str) -> None:
    status, words = refusal(text, "Node", NODE)
    assert status == 400
    assert "failed to read filter expression" in words


def test_a_field_of_the_stub_alone_is_unknown() -> None:
    assert refusal('Version == "2.0.5"', "Node", NODE) == (
        400,
        (
            "failed to read result page: error finding value in datum: /Version at part 0: "
            'couldn\'t find key: struct field with name "Version"'
        ),
    )


def test_a_pointer_that_is_null_cannot_be_compared() -> None:
    words = "failed to read result page: unable to find suitable primitive comparison function"
    for row in (ALLOCATION, {**ALLOCATION, "DesiredTransition": {"Migrate": None}}):
        status, text = refusal("DesiredTransition.Migrate == true", "Allocation", row)
        assert (status, text) == (400, f"{words} for matching")


@pytest.mark.parametrize(
    "text",
    [
        "Drain == maybe",
        "CreateIndex == x",
        'Name matches "("',
        "x in Drain",
        'Drain matches "t"',
        "Name.first == x",
    ],
)
def test_a_literal_of_the_wrong_type_is_refused(text: str) -> None:
    status, words = refusal(text, "Node", NODE)
    assert status == 400
    assert words.startswith("failed to read result page: ")


def test_equalities_that_must_hold_are_known_for_an_index() -> None:
    chosen = compile_filter('NodeID == "n" and ClientStatus == running', "Allocation")
    assert chosen.equal == {"NodeID": "n", "ClientStatus": "running"}
    assert not compile_filter('NodeID == "n" or JobID == x', "Allocation").equal


def test_lists_hold_what_equals_one_of_their_items() -> None:
    chosen = compile_filter("dc1 in Datacenters", "Job")
    assert chosen.keeps({"Datacenters": ["dc2", "dc1"]})
    assert not chosen.keeps({"Datacenters": ["dc2"]})
