"""What every call may carry in its query string, read as Nomad reads it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nomad_console.simulator.go_text import FALSE, TRUE, parse_duration
from nomad_console.simulator.nomad.refusals import Refusal

MAX_WAIT = 300.0  # default and most, in seconds (nomad/rpc.go, maxQueryTime)


@dataclass(frozen=True)
class Query:
    """One call's options; `wait` in seconds."""

    fields: dict[str, str]
    namespace: str = "default"
    region: str = ""
    stale: bool = False
    index: int = 0
    wait: float = MAX_WAIT
    prefix: str = ""
    per_page: int = 0
    next_token: str = ""
    reverse: bool = False
    filter: str = ""

    @classmethod
    def read(cls, items: Iterable[tuple[str, str]]) -> "Query":
        """The first of repeated names counts; refuses what Nomad refuses."""
        fields: dict[str, str] = {}
        for name, value in items:
            fields.setdefault(name, value)
        query = cls(fields)
        wait = parse_duration(fields["wait"]) if fields.get("wait") else MAX_WAIT
        if wait is None:
            raise Refusal(400, "Invalid wait time")
        return cls(
            fields,
            namespace=fields.get("namespace") or "default",
            region=fields.get("region", ""),
            stale="stale" in fields and fields["stale"] not in FALSE,
            index=_number(fields.get("index", ""), "Invalid index"),
            wait=min(wait, MAX_WAIT) or MAX_WAIT,
            prefix=fields.get("prefix", ""),
            per_page=_number(
                fields.get("per_page", ""), "Expect a number for `per_page` query string parameter"
            ),
            next_token=fields.get("next_token", ""),
            reverse=query.flag("reverse"),
            filter=fields.get("filter", ""),
        )

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no; refuses what Go does not read as one."""
        text = self.fields.get(name, "")
        if not text:
            return default
        if text not in TRUE | FALSE:
            raise Refusal(
                400, f'Failed to parse value of "{name}" ("{text}") as a bool: invalid syntax'
            )
        return text in TRUE


def _number(text: str, refusal: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"\d{1,19}", text):
        raise Refusal(400, refusal)
    return int(text)
