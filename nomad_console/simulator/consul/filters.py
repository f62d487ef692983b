"""The part of Consul's filter language (go-bexpr) that consoles use.

An older go-bexpr than Nomad's: it knows a type's selectors beforehand and looks into lists.
"""

import re
from collections.abc import Callable, Collection
from typing import Any

Value = Any  # a JSON value
Predicate = Callable[[Value], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<sign>==|!=|\(|\))|(?P<word>[^\s()=!"`]+))"""
)
_INDEXED = re.compile(r'\["([^"]*)"\]')
_PREFIX = "Failed to create boolean expression evaluator: "


class FilterRefused(Exception):
    """Consul's words; always HTTP 500."""


def parse_filter(expression: str, selectors: Collection[str]) -> Predicate:
    """A predicate on rows. `selectors`: the known paths; one ending in `.` is a map of any key."""
    parser = _Parser(expression, selectors)
    predicate = parser.alternatives()
    parser.finish()
    return predicate


class _Parser:
    """Recursive descent: or, and, not, parentheses, match."""

    def __init__(self, expression: str, selectors: Collection[str]) -> None:
        self._selectors = selectors
        self._tokens: list[tuple[str, int]] = []
        self._next = 0
        self._length = len(expression)
        # Meta["key"] becomes Meta.key: one form for both
        indexed = _INDEXED.sub(lambda match: "." + match[1], expression)
        place = 0
        while indexed[place:].strip():
            match = _TOKEN.match(indexed, place)
            if match is None:
                raise self._unexpected(place)
            self._tokens.append((match[0].strip(), match.start()))
            place = match.end()

    def alternatives(self) -> Predicate:
        left = self._conjunction()
        while self._accept("or"):
            left = _either(left, self._conjunction())
        return left

    def finish(self) -> None:
        if self._next < len(self._tokens):
            raise self._unexpected(self._tokens[self._next][1])

    def _conjunction(self) -> Predicate:
        left = self._term()
        while self._accept("and"):
            left = _both(left, self._term())
        return left

    def _term(self) -> Predicate:
        if self._accept("not"):
            return _inverse(self._term())
        if self._accept("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        return self._match()

    def _match(self) -> Predicate:
        first = self._take()
        if self._accept("is"):
            negated = self._accept("not")
            self._expect("empty")
            return _holds(self._path(first), lambda value: bool(value) is negated)
        operator = self._take()
        if operator == "not":
            operator = f"not {self._take()}"
        second = self._take()
        if operator in ("in", "not in"):
            contained = _contains(_unquoted(first))
            test = _negated(contained) if operator == "not in" else contained
            return _holds(self._path(second), test)
        wanted = _unquoted(second)
        tests: dict[str, Callable[[Value], bool]] = {
            "==": lambda value: _text(value) == wanted,
            "contains": _contains(wanted),
            "matches": lambda value: re.search(wanted, _text(value)) is not None,
        }
        positive = {"!=": "==", "not contains": "contains", "not matches": "matches"}.get(operator)
        if (positive or operator) not in tests:
            raise self._unexpected(self._tokens[self._next - 2][1])
        test = tests[positive or operator]
        return _holds(self._path(first), _negated(test) if positive else test)

    def _path(self, selector: str) -> list[str]:
        """Refused at once where no row of this kind can have it."""
        if selector in self._selectors or f"{selector}." in self._selectors:
            return selector.split(".")
        for path in self._selectors:
            if path.endswith(".") and selector.startswith(path):
                return [*path[:-1].split("."), selector[len(path) :]]
        raise FilterRefused(f'{_PREFIX}Selector "{selector}" is not valid')

    def _accept(self, word: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next][0] == word:
            self._next += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            self._take()
            raise self._unexpected(self._tokens[self._next - 1][1])

    def _take(self) -> str:
        if self._next == len(self._tokens):
            raise self._unexpected(self._length)
        self._next += 1
        return self._tokens[self._next - 1][0]

    def _unexpected(self, place: int) -> FilterRefused:
        return FilterRefused(f"{_PREFIX}1:{place + 1} ({place}): no match found")


def _holds(path: list[str], test: Callable[[Value], bool]) -> Predicate:
    """Below a list the test must hold for one of its elements."""

    def holds(row: Value) -> bool:
        return _any_below(row, path, test)

    return holds


def _any_below(value: Value, path: list[str], test: Callable[[Value], bool]) -> bool:
    if not path:
        return test(value)
    if isinstance(value, list):
        return any(_any_below(each, path, test) for each in value)
    if not isinstance(value, dict) or path[0] not in value:
        return False
    return _any_below(value[path[0]], path[1:], test)


def _contains(wanted: str) -> Callable[[Value], bool]:
    return lambda value: wanted in (value or ())


def _negated(test: Callable[[Value], bool]) -> Callable[[Value], bool]:
    return lambda value: not test(value)


def _either(left: Predicate, right: Predicate) -> Predicate:
    return lambda row: left(row) or right(row)


def _both(left: Predicate, right: Predicate) -> Predicate:
    return lambda row: left(row) and right(row)


def _inverse(predicate: Predicate) -> Predicate:
    return lambda row: not predicate(row)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unquoted(text: str) -> str:
    if text[0] == "`":
        return text[1:-1]
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] == '"' else text
