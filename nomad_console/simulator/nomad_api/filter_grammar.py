"""The syntax of Nomad's filter expressions (the part of go-bexpr that Nomad documents)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from nomad_console.simulator.nomad.refusals import Refusal

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<string>"[^"]*"|`[^`]*`)
      | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)
      | (?P<operator>==|!=)
      | (?P<word>[a-zA-Z][a-zA-Z0-9_/]*)
      | (?P<mark>[().\[\]])""",
    re.VERBOSE,
)
# what the generated parser (pigeon, go-bexpr's grammar.peg) says it would have taken instead
_END_OF_WORDS = '"-", "0", "\\"", "`", [ \\t\\r\\n], [1-9] or [a-zA-Z]'
_OPERATORS = '"!=", "==", "[", "contains", "in", "is", "matches", "not" or [ \\t\\r\\n]'
_OPERANDS = '"(", "-", "0", "\\"", "`", "not", [ \\t\\r\\n], [1-9] or [a-zA-Z]'


class Operator(StrEnum):
    """`contains` is `in` read from its other side."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    IN = "in"
    NOT_IN = "not in"
    MATCHES = "matches"
    NOT_MATCHES = "not matches"
    EMPTY = "is empty"
    NOT_EMPTY = "is not empty"


@dataclass(frozen=True)
class Match:
    """One comparison of what stands at `path` with a literal."""

    path: tuple[str, ...]
    operator: Operator
    value: str = ""


@dataclass(frozen=True)
class Not:
    operand: "Expression"


@dataclass(frozen=True)
class Both:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Either:
    left: "Expression"
    right: "Expression"


Expression = Match | Not | Both | Either


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Expression:
    """The expression, or the refusal with the words of Nomad's own parser."""
    return _Parser(text).whole()


class _Parser:
    """Recursive descent. Both and Either lean to the right, as the grammar's rules do."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split(text))
        self._at = 0

    def _split(self, text: str) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._error(at, _OPERANDS if not tokens else _OPERATORS)
            kind = found.lastgroup or ""
            if kind != "space":
                tokens.append(_Token(kind, found[0], at))
            at = found.end()
        tokens.append(_Token("end", "", len(text)))
        return tokens

    def _error(self, at: int, expected: str) -> Refusal:
        line = self._text.count("\n", 0, at) + 1
        column = at - (self._text.rfind("\n", 0, at) + 1) + 1
        return Refusal(
            400,
            "failed to create result paginator: failed to read filter expression: "
            f"{line}:{column} ({at}): no match found, expected: {expected}",
        )

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> bool:
        """Step over these tokens if they come next."""
        coming = [token.text for token in self._tokens[self._at : self._at + len(texts)]]
        if coming != list(texts):
            return False
        self._at += len(texts)
        return True

    def whole(self) -> Expression:
        expression = self._either()
        if self._next.kind != "end":
            raise self._error(self._next.at, '"and", "or", [ \\t\\r\\n] or EOF')
        return expression

    def _either(self) -> Expression:
        left = self._both()
        return Either(left, self._either()) if self._take("or") else left

    def _both(self) -> Expression:
        left = self._not()
        return Both(left, self._both()) if self._take("and") else left

    def _not(self) -> Expression:
        if self._take("not"):
            return Not(self._not())
        if self._take("("):
            expression = self._either()
            if not self._take(")"):
                raise self._error(self._next.at, '")", "and", "or" or [ \\t\\r\\n]')
            return expression
        return self._match()

    def _match(self) -> Expression:
        """Either side may hold the selector: only what follows the first word tells."""
        begin = self._at
        if self._next.kind == "number" or (
            self._next.kind == "string" and not self._next.text.startswith('"/')
        ):
            return self._value_in_selector()
        path = self._selector()
        for words, operator in (
            (("==",), Operator.EQUAL),
            (("!=",), Operator.NOT_EQUAL),
            (("contains",), Operator.IN),
            (("not", "contains"), Operator.NOT_IN),
            (("matches",), Operator.MATCHES),
            (("not", "matches"), Operator.NOT_MATCHES),
        ):
            if self._take(*words):
                return Match(path, operator, self._value())
        if self._take("is", "empty"):
            return Match(path, Operator.EMPTY)
        if self._take("is", "not", "empty"):
            return Match(path, Operator.NOT_EMPTY)
        self._at = begin
        return self._value_in_selector()

    def _value_in_selector(self) -> Expression:
        value = self._value()
        if self._take("in"):
            return Match(self._selector(), Operator.IN, value)
        if self._take("not", "in"):
            return Match(self._selector(), Operator.NOT_IN, value)
        raise self._error(self._next.at, _OPERATORS)

    def _selector(self) -> tuple[str, ...]:
        """`a.b`, `a["b"]` or `"/a/b"`; a JSON pointer escapes its slashes (RFC 6901)."""
        token = self._next
        if token.kind == "string" and token.text.startswith('"/'):
            self._at += 1
            parts = token.text[2:-1].split("/")
            return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)
        if token.kind != "word":
            raise self._error(token.at, _OPERANDS)
        self._at += 1
        parts = [token.text]
        while True:
            if self._take("["):
                if self._next.kind != "string":
                    raise self._error(self._next.at, '"\\"" or "`"')
                parts.append(self._next.text[1:-1])
                self._at += 1
                if not self._take("]"):
                    raise self._error(self._next.at, '"]"')
            elif self._take("."):
                if self._next.kind not in {"word", "number"}:
                    raise self._error(self._next.at, "[a-zA-Z]")
                parts.append(self._next.text)
                self._at += 1
            else:
                return tuple(parts)

    def _value(self) -> str:
        token = self._next
        if token.kind == "string":
            self._at += 1
            return token.text[1:-1]
        if token.kind == "number":
            self._at += 1
            return token.text
        if token.kind != "word":
            raise self._error(token.at, _END_OF_WORDS)
        return ".".join(self._selector())
