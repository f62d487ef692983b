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
Key = Any  # hashable

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


class Searched(NamedTuple, Generic[R]):
    """Records, their words in lower case, and now in seconds since 1970."""

    rows: Mapping[Key, R]
    words: Mapping[Key, str]
    now: float


Term = Callable[[Sequence[Key], Searched[R]], list[Key]]  # those of the keys that it keeps


class Filter(NamedTuple, Generic[R]):
    """`ages`: what it keeps also depends on the time of day."""

    text: str = ""
    terms: tuple[Term[R], ...] = ()
    ages: bool = False

    def kept(self, keys: Sequence[Key], among: Searched[R]) -> Sequence[Key]:
        """In the same order; each term looks at all rows at once, a call a row costs too much."""
        for term in self.terms:
            keys = term(keys, among)
        return keys


def parse(text: str, columns: Sequence[Column[R]]) -> Filter[R]:
    """The filter; raises FilterError with what would be right."""
    terms: list[Term[R]] = []
    ages = False
    for found in _TERM.finditer(text.strip()):
        term = _term(found, columns)
        if term is not None:
            terms.append(_not(term) if found["not"] else term)
            ages |= found["op"] in {"<", ">"}
    return Filter(text.strip(), tuple(terms), ages)


def _not(term: Term[R]) -> Term[R]:
    def others(keys: Sequence[Key], among: Searched[R]) -> list[Key]:
        found = set(term(keys, among))
        return [key for key in keys if key not in found]

    return others


def _term(found: "re.Match[str]", columns: Sequence[Column[R]]) -> Term[R] | None:
    if found["field"]:
        wanted = found["bare"] if found["quoted"] is None else found["quoted"]
        return _field(found["field"], found["op"], wanted, columns)
    if found["regex"] is not None:
        return _regex(found["regex"])
    part = (found["phrase"] if found["phrase"] is not None else found["word"]).casefold()
    if part in {"", "-"}:
        return None

    def holding(keys: Sequence[Key], among: Searched[R]) -> list[Key]:
        words = among.words
        return [key for key in keys if part in words[key]]

    return holding


def _regex(source: str) -> Term[Any] | None:
    if not source:
        return None
    try:
        pattern = re.compile(source, re.IGNORECASE)
    except re.error as error:
        raise FilterError(f"bad regex: {error}") from error
    search = pattern.search

    def matching(keys: Sequence[Key], among: Searched[Any]) -> list[Key]:
        words = among.words
        return [key for key in keys if search(words[key])]

    return matching


def _field(name: str, operator: str, wanted: str, columns: Sequence[Column[R]]) -> Term[R] | None:
    of = column(columns, name)
    if of is None:
        known = " ".join(one.key for one in columns if one.title)
        raise FilterError(f"no field {name}; there are {known}")
    if not wanted:
        return None
    if operator == ":":
        return _having(of, wanted.casefold())
    number = _NUMBER.match(wanted)
    if number is None:
        raise FilterError(f"{name}{operator} needs a number, as 3 or 2h")
    return _beyond(of, float(number[1]) * _UNITS[number[2]], 1 if operator == ">" else -1)


def _having(column: Column[R], part: str) -> Term[R]:
    value = column.value

    def having(keys: Sequence[Key], among: Searched[R]) -> list[Key]:
        rows = among.rows
        return [key for key in keys if part in _text(value(rows[key]))]

    return having


def _beyond(column: Column[R], limit: float, sign: int) -> Term[R]:
    """Greater than the limit where the sign is 1, less where it is -1."""

    def keeps(held: Value, now: float) -> bool:
        if not isinstance(held, int | float):
            return False
        return sign * ((now - held if column.moment else held) - limit) > 0

    def beyond(keys: Sequence[Key], among: Searched[R]) -> list[Key]:
        rows, now, value = among.rows, among.now, column.value
        return [key for key in keys if keeps(value(rows[key]), now)]

    return beyond


def _text(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value).casefold()
