"""What the product relies on, in named statements, and which party was seen to hold each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

UNRECORDED = "documented, not recorded"
PARTIES = {
    "nomad": ("simulator", "recordings", "nomad"),
    "consul": ("simulator", "recordings", "consul"),
    "elbv2": ("simulator", "model", "moto"),
    "traefik": ("simulator", "recordings"),
}


@dataclass(frozen=True)
class Statement:
    """`name` begins with its API: `nomad.drain.last-eligible`; `source` names the page where no
    real server or recording can say it."""

    name: str
    text: str
    source: str = ""

    @property
    def api(self) -> str:
        return self.name.partition(".")[0]


Check = Callable[..., Any]


def statement(name: str, text: str, *, source: str = "") -> Callable[[Check], Check]:
    """The test asks its argument `party`, once for each party of the API.

    A party that cannot say calls `cannot_say`.
    """
    said = Statement(name, text, source)
    parties = PARTIES[said.api]

    def marked(check: Check) -> Check:
        spread = pytest.mark.parametrize("party", parties, indirect=True)
        return pytest.mark.statement(said)(spread(check))

    return marked


def cannot_say(why: str = UNRECORDED) -> NoReturn:
    pytest.skip(why)


@dataclass
class Matrix:
    """What came of every statement with every party: `held`, `broken`, or why it was skipped."""

    results: dict[Statement, dict[str, str]]

    @classmethod
    def empty(cls) -> "Matrix":
        return cls({})

    def add(self, said: Statement, party: str, result: str) -> None:
        self.results.setdefault(said, {})[party] = result

    def of(self, api: str) -> dict[Statement, dict[str, str]]:
        return {said: row for said, row in self.results.items() if said.api == api}

    def lines(self) -> list[str]:
        """For the end of a test run: a line each, the skips' reasons once an API."""
        shown = []
        for api, parties in PARTIES.items():
            rows = self.of(api)
            if not rows:
                continue
            shown += [f"{api}: {len(rows)} statements, {', '.join(parties)}"]
            reasons: dict[str, str] = {}
            for said, row in rows.items():
                marks = " ".join(_mark(row.get(party, ""), reasons) for party in parties)
                shown.append(f"  {marks}  {said.name}")
            shown += [f"  {mark}  {why}" for why, mark in reasons.items()]
        return shown

    def markdown(self) -> str:
        """A folded table an API, with the reasons below it."""
        tables = []
        for api, parties in PARTIES.items():
            rows = self.of(api)
            if not rows:
                continue
            reasons: dict[str, str] = {}
            head = ["statement", *parties]
            table = [f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |"]
            held = [f"{name} {_held(rows, name)}" for name in parties]
            title = f"{api}: {len(rows)} statements, held by {', '.join(held)}"
            for said, row in rows.items():
                text = f"{said.text} ({said.source})" if said.source else said.text
                marks = [_mark(row.get(party, ""), reasons) for party in parties]
                table.append(f"| `{said.name}` {text} | {' | '.join(marks)} |")
            below = [f"{mark} {why}" for why, mark in reasons.items()]
            parts = [f"<details><summary>{title}</summary>", "\n".join(table), "; ".join(below)]
            tables.append("\n\n".join([*filter(None, parts), "</details>"]))
        return "\n\n".join(tables)


def _held(rows: dict[Statement, dict[str, str]], party: str) -> int:
    return sum(row.get(party) == "held" for row in rows.values())


def _mark(result: str, reasons: dict[str, str]) -> str:
    """✓ held, ✗ broken, else a letter for the reason why it was not asked."""
    if result in ("held", "broken"):
        return "✓" if result == "held" else "✗"
    return reasons.setdefault(result or "not asked", chr(ord("a") + len(reasons)))


MATRIX = pytest.StashKey[Matrix]()
