"""Filter expressions over rows: on the full struct, with Go's ideas of types."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from nomad_console.simulator.go_text import FALSE, TRUE
from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad.state import Row
from nomad_console.simulator.nomad_api.filter_grammar import (
    Both,
    Either,
    Expression,
    Match,
    Not,
    Operator,
    parse,
)
from nomad_console.simulator.nomad_api.structs import MAPS, STRUCTS

Predicate = Callable[[Row], bool]


class _Absent:
    """A field that JSON leaves out because it is empty."""


_ABSENT = _Absent()


class _NoKey(Exception):
    """A map lacks the key asked for."""


@dataclass(frozen=True)
class Filter:
    """What to keep; `equal` are fields that must have one value, for whoever has an index."""

    keeps: Predicate
    equal: dict[str, str] = field(default_factory=dict)


def _failed(text: str) -> Refusal:
    """Found only when a row is looked at: an empty table refuses nothing."""
    return Refusal(400, f"failed to read result page: {text}")


def compile_filter(text: str, struct: str) -> Filter:
    """`struct` names the kind of row; refuses as Nomad does, at once or at the first row."""
    expression = parse(text)
    return Filter(_predicate(expression, struct), dict(_equalities(expression)))


def _equalities(expression: Expression) -> list[tuple[str, str]]:
    """Plain fields that every row must have at one value, whatever else is asked for."""
    match expression:
        case Both(left, right):
            return _equalities(left) + _equalities(right)
        case Match((name,), Operator.EQUAL, value):
            return [(name, value)]
    return []


def _predicate(expression: Expression, struct: str) -> Predicate:
    match expression:
        case Both(left, right):
            first, second = _predicate(left, struct), _predicate(right, struct)
            return lambda row: first(row) and second(row)
        case Either(left, right):
            first, second = _predicate(left, struct), _predicate(right, struct)
            return lambda row: first(row) or second(row)
        case Not(operand):
            inner = _predicate(operand, struct)
            return lambda row: not inner(row)
        case Match():
            return _match(expression, struct)


_NEGATED = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_MATCHES: Operator.MATCHES,
    Operator.NOT_EMPTY: Operator.EMPTY,
}


def _match(match: Match, struct: str) -> Predicate:
    find = _finder(match.path, struct)
    operator = _NEGATED.get(match.operator, match.operator)
    wanted = operator is match.operator
    test = _test(operator, match)
    # go-bexpr: a map without the key counts as empty and unlike everything
    without = (operator is Operator.EMPTY) == wanted

    def keeps(row: Row) -> bool:
        try:
            value = find(row)
        except _NoKey:
            return without
        return test(value) == wanted

    return keeps


def _finder(path: tuple[str, ...], struct: str) -> Callable[[Row], object]:
    """Walks to the value; a name a struct does not have is refused, a map may lack a key."""
    pointer = "/" + "/".join(path)
    known = path[0] in STRUCTS[struct]
    if known and len(path) == 1:
        return lambda row: row.get(path[0], _ABSENT)

    def find(row: Row) -> object:
        if not known:
            raise _no_field(pointer, 0, path[0])
        value: object = row.get(path[0], _ABSENT)
        is_map = path[0] in MAPS
        for at, part in enumerate(path[1:], 1):
            if isinstance(value, dict):
                if part not in value:
                    if is_map:
                        raise _NoKey
                    raise _no_field(pointer, at, part)
                value = value[part]
            elif value is _ABSENT and path[0] == "DesiredTransition":
                value = None  # its fields are pointers: there, but nil
            elif is_map and (value is None or value is _ABSENT):
                raise _NoKey
            else:
                raise _no_field(pointer, at, part)
            is_map = part in MAPS
        return value

    return find


def _no_field(pointer: str, at: int, part: str) -> Refusal:
    return _failed(
        f"error finding value in datum: {pointer} at part {at}: couldn't find key: "
        f'struct field with name "{part}"'
    )


def _test(operator: Operator, match: Match) -> Callable[[object], bool]:
    literal = match.value
    if operator is Operator.EQUAL:
        return lambda value: value == literal if isinstance(value, str) else _equal(value, literal)
    if operator is Operator.IN:
        return lambda value: _contains(value, literal, match.path)
    if operator is Operator.EMPTY:
        return lambda value: value is _ABSENT or not value
    try:
        pattern = re.compile(literal)
    except re.error as error:
        raise _failed(
            f'error creating matcher: Failed to compile regular expression "{literal}": {error}'
        ) from error
    return lambda value: _matches(value, pattern)


def _equal(value: object, literal: str) -> bool:
    """The literal is read as the value's own type; one that cannot be is refused (go-bexpr)."""
    if isinstance(value, str):
        return value == literal
    if isinstance(value, bool):
        if literal not in TRUE | FALSE:
            raise _no_number("ParseBool", literal)
        return value == (literal in TRUE)
    if isinstance(value, int | float):
        try:
            return value == (float(literal) if isinstance(value, float) else int(literal))
        except ValueError as error:
            raise _no_number("ParseInt", literal) from error
    if value is _ABSENT:
        return literal in {""} | FALSE
    raise _failed("unable to find suitable primitive comparison function for matching")


def _no_number(function: str, literal: str) -> Refusal:
    return _failed(
        f"error getting match value in expression: strconv.{function}: "
        f'parsing "{literal}": invalid syntax'
    )


def _contains(value: object, literal: str, path: tuple[str, ...]) -> bool:
    """A part of a text, a key of a map or an item of a list."""
    if isinstance(value, str):
        return literal in value
    if isinstance(value, dict):
        return literal in value
    if isinstance(value, list):
        return any(_equal(item, literal) for item in value)
    if value is None or value is _ABSENT:
        return False
    kind = "bool" if isinstance(value, bool) else "int"
    raise _failed(
        f'Cannot perform in/contains operations on type {kind} for selector: "{".".join(path)}"'
    )


def _matches(value: object, pattern: re.Pattern[str]) -> bool:
    if value is _ABSENT:
        value = ""
    if not isinstance(value, str):
        raise _failed("Value of type bool is not convertible to []byte")
    return pattern.search(value) is not None
