"""One call and what it is answered with, apart from HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from nomad_console.simulator.nomad.refusals import Refusal
from nomad_console.simulator.nomad_api.acl import Rights, denied
from nomad_console.simulator.nomad_api.query import Query

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """A status and its body: JSON, or plain text where `text` is not None.

    `index` is the X-Nomad-Index of a write; reads get theirs from their `Reading`. `late` are the
    seconds the agent takes for it.
    """

    body: object = None
    text: str | None = None
    status: int = 200
    next_token: str = ""
    index: int | None = None
    vary: str = "Accept-Encoding"
    late: float = 0.0


@dataclass(frozen=True)
class Reading:
    """A read of tables: blocking, with an index.

    `wakes` names what a blocked reader sleeps on, `index` and `answer` are asked when it wakes.
    """

    wakes: tuple[str, ...]
    index: Callable[[], int]
    answer: Callable[[], Answer]


@dataclass(frozen=True)
class Call:
    """A request whose token and options were already read; `path` holds the path's variables."""

    query: Query
    path: dict[str, str]
    rights: Rights
    secret: str = field(default="", repr=False)
    body: bytes = b""
    method: str = "GET"

    def json(self) -> Body:
        """The body as an object; refuses an empty one."""
        if not self.body:
            raise Refusal(400, "Request body is empty")
        try:
            decoded = msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise Refusal(400, f"invalid JSON: {error}") from error
        if not isinstance(decoded, dict):
            raise Refusal(400, "json: cannot unmarshal into Go value of type object")
        return decoded

    def need(self, area: str, level: str = "read") -> None:
        if not self.rights.allows(area, level):
            raise denied()

    def need_in(self, namespace: str, capability: str) -> None:
        if not self.rights.may(namespace, capability):
            raise denied()


def not_found(what: str) -> Answer:
    return Answer(text=f"{what} not found", status=404)
