"""The filter line, the same grammar everywhere.

words      every word must occur, in any order, in any case; -word must not
field:text the field holds the text; field>number and field<number compare, ages as 90s 5m 2h 1d
"a phrase" as it stands; /regex/ anywhere in the row
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from nomad_console.tui.rendering.columns import Column, Value, column

R = TypeVar("R")
Test = Callable[[R, str, float], bool]  # record, its words in lower case, now in seconds

_TERM = re.compile(
    r"""\s*(?P<not>-)?(?:
        (?P<field>[A-Za-z_]+)(?P<op>[:<>])(?:"(?P<quoted>[^"]*)"?|(?P<bare>\S*))
      | "(?P<phrase>[^"]*)"?
      | /(?P<regex>(?:\\.|[^/\\])*)/?
      | (?P<word>\S+)
    )""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)?$")
_UNITS: Mapping[str | None, float] = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class FilterError(ValueError):
    """What is wrong with a filter, in words for the person typing it."""


class Filter(NamedTuple, Generic[R]):
    """`ages`: what it keeps also depends on the time of day."""

    text: str = ""
    tests: tuple[Test[R], ...] = ()
    ages: bool = False

    def keeps(self, record: R, words: str, now: float) -> bool:
        return all(test(record, words, now) for test in self.tests)


def parse(text: str, columns: Sequence[Column[R]]) -> Filter[R]:
    """The filter; raises FilterError with what would be right."""
    tests: list[Test[R]] = []
    ages = False
    for found in _TERM.finditer(text.strip()):
        test = _test(found, columns)
        if test is not None:
            tests.append(_not(test) if found["not"] else test)
            ages |= found["op"] in {"<", ">"}
    return Filter(text.strip(), tuple(tests), ages)


def _not(test: Test[R]) -> Test[R]:
    return lambda record, words, now: not test(record, words, now)


def _test(found: "re.Match[str]", columns: Sequence[Column[R]]) -> Test[R] | None:
    if found["field"]:
        wanted = found["bare"] if found["quoted"] is None else found["quoted"]
        return _field(found["field"], found["op"], wanted, columns)
    if found["regex"] is not None:
        return _regex(found["regex"])
    part = (found["phrase"] if found["phrase"] is not None else found["word"]).casefold()
    return None if part in {"", "-"} else lambda _, words, __: part in words


def _regex(source: str) -> Test[Any] | None:
    if not source:
        return None
    try:
        pattern = re.compile(source, re.IGNORECASE)
    except re.error as error:
        raise FilterError(f"bad regex: {error}") from error
    return lambda _, words, __: pattern.search(words) is not None


def _field(name: str, operator: str, wanted: str, columns: Sequence[Column[R]]) -> Test[R] | None:
    of = column(columns, name)
    if of is None:
        known = " ".join(one.key for one in columns if one.title)
        raise FilterError(f"no field {name}; there are {known}")
    if not wanted:
        return None
    value = of.value
    if operator == ":":
        part = wanted.casefold()
        return lambda record, _, __: part in _text(value(record))
    number = _NUMBER.match(wanted)
    if number is None:
        raise FilterError(f"{name}{operator} needs a number, as 3 or 2h")
    limit = float(number[1]) * _UNITS[number[2]]
    sign = 1 if operator == ">" else -1

    def compare(record: R, _: str, now: float) -> bool:
        held = value(record)
        if not isinstance(held, int | float):
            return False
        return sign * ((now - held if of.moment else held) - limit) > 0

    return compare


def _text(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value).casefold()
