import pytest

from nomad_console.simulator.consul.filters import FilterRefused, parse_filter

SELECTORS = ("Node", "Port", "Tags", "Meta.", "Checks.Status", "On")
ROW = {
    "Node": "c1",
    "Port": 80,
    "Tags": ["a", "b"],
    "Meta": {"external-source": "nomad"},
    "Checks": [{"Status": "passing"}, {"Status": "critical"}],
    "On": True,
}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ('Node == "c1"', True),
        ("Node==c1", True),
        ("Node != c1", False),
        ("Node == `c1`", True),
        ("Port == 80 and On == true", True),
        ("Node == c2 or Port == 80", True),
        ("not Node == c1", False),
        ("not (Node == c2 or Port == 81)", True),
        ('"a" in Tags', True),
        ("z not in Tags", True),
        ("Tags contains b", True),
        ("Tags not contains b", False),
        ("Tags is empty", False),
        ("Tags is not empty", True),
        ('Node matches "^c[0-9]$"', True),
        ('Node not matches "^c"', False),
        ('Meta["external-source"] == nomad', True),
        ("Meta.none == nomad", False),
        ("Meta is not empty", True),
        ('"external-source" in Meta', True),
        ("Checks.Status == critical", True),
        ("Checks.Status != critical", True),
        ("not Checks.Status == critical", False),
    ],
)
def test_a_row_is_chosen_as_consul_chooses(expression: str, *, holds: bool) -> None:
    assert parse_filter(expression, SELECTORS)(ROW) is holds


def test_an_unknown_selector_is_named() -> None:
    words = 'Failed to create boolean expression evaluator: Selector "Node.Nope" is not valid'
    with pytest.raises(FilterRefused, match=words):
        parse_filter('Node.Nope == "c1"', SELECTORS)


@pytest.mark.parametrize(
    "expression", ["Node ==", "(Node == c1", "Node = c1", "Node > 1", "Node == c1 c2", "Node is x"]
)
def test_what_does_not_parse_is_refused(expression: str) -> None:
    with pytest.raises(FilterRefused, match=r"1:\d+ \(\d+\): no match found"):
        parse_filter(expression, SELECTORS)
