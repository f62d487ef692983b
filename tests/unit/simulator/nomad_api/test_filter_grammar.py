from nomad_console.simulator.nomad_api.filter_grammar import (
    Both,
    Either,
    Match,
    Not,
    Operator,
    parse,
)


def test_and_binds_closer_than_or_and_not_closest() -> None:
    assert parse("not A == 1 and B == 2 or C is empty") == Either(
        Both(Not(Match(("A",), Operator.EQUAL, "1")), Match(("B",), Operator.EQUAL, "2")),
        Match(("C",), Operator.EMPTY),
    )


def test_selectors_may_be_dotted_indexed_or_pointers() -> None:
    wanted = Match(("A", "b.c"), Operator.EQUAL, "x")
    assert parse('A["b.c"] == x') == wanted
    assert parse('"/A/b.c" == "x"') == wanted
    assert parse('"/A/b~1c" == x') == Match(("A", "b/c"), Operator.EQUAL, "x")
    assert parse("A.b.c != -1.5") == Match(("A", "b", "c"), Operator.NOT_EQUAL, "-1.5")


def test_in_and_contains_say_the_same() -> None:
    assert parse("x in A.b") == parse("A.b contains x") == Match(("A", "b"), Operator.IN, "x")
    assert parse('"x" not in A') == parse("A not contains x")
