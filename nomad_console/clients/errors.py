"""Everything that a backend's answer, or its silence, may raise.

ApiError              the call failed; what no class below says better, such as a malformed request
├── Unreachable       no connection, no TLS, a time-out, a reset, a server's own failure, no leader
├── Refused           401, 403, an unknown token, expired credentials; `right` is what is missing
├── Throttled         429, Throttling…: the same call later may pass
├── NotFound          the thing asked for does not exist
├── Misread           an answer that is not what this API says: garbage, a redirect, another program
└── ReadOnly          refused here, by the guard, before a socket opened
"""

import re
from http import HTTPStatus

from nomad_console.domain.text import printable

_LONGEST = 300
_SERVER = 500
_REFUSALS = (  # also in a 500: Nomad's own token record (nomad/structs/errors.go)
    "permission denied",
    "acl not found",
    "acl token expired",
    "acl token not found",
)
_SIGNED = "failed to parse signed token"  # what is no UUID is taken for a signed one
_ABSENT = frozenset({404, 405, 501})  # 501: of an edition that has it not
HTML = "answered with HTML: something else listens there"
_RIGHTS = (  # Nomad's capability of each path (nomad/*_endpoint.go); the first match counts
    (re.compile(r"/v1/node/[^/]+/(drain|eligibility|purge)"), "node:write"),
    (re.compile(r"/v1/nodes?(/|$)"), "node:read"),
    (re.compile(r"/v1/agent"), "agent:read"),
    (re.compile(r"/v1/operator"), "operator:read"),
    (re.compile(r"/v1/allocation/[^/]+/stop"), "namespace:alloc-lifecycle"),
    (re.compile(r"/v1/(jobs?|allocations?|deployments?|evaluations?)"), "namespace:read-job"),
    (
        re.compile(r"/v1/event/stream"),
        "node:read and namespace:read-job in every namespace asked for",
    ),
)
_CONSUL_RIGHTS = (
    (re.compile(r"/v1/agent"), "agent:read"),
    (re.compile(r"/v1/session"), "session:write"),
    (re.compile(r"/v1/kv/nomad-console/"), "key:write on nomad-console/"),
    (re.compile(r"/v1/(internal/ui|catalog|health)"), "service:read and node:read"),
)


class ApiError(Exception):
    """A failed call, in words that may be shown: printable, short, without a secret.

    `endpoint` is method and path; `hint` says what would help, where that is known.
    """

    def __init__(
        self, backend: str, endpoint: str, status: int | None, text: str, *, hint: str = ""
    ) -> None:
        self.backend = backend
        self.endpoint = printable(endpoint)
        self.status = status
        self.text = printable(" ".join(text.split()))[:_LONGEST]
        self.hint = hint
        super().__init__(backend, endpoint, status, text)

    def __str__(self) -> str:
        status = f" {self.status}" if self.status is not None else ""
        return f"{self.backend}: {self.endpoint}{status}: {self.text}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class Unreachable(ApiError):
    """Nobody there, or nobody who could answer."""


class Refused(ApiError):
    """The token may not; `right` names what it lacks, "" where that is not known."""

    right: str = ""


class Throttled(ApiError):
    """Too much was asked."""


class NotFound(ApiError):
    """It does not exist, or no longer."""


class Misread(ApiError):
    """Somebody else answered."""


class ReadOnly(ApiError):
    """No call of ours, or not in this mode."""


def absent(error: ApiError) -> bool:
    """This server has no such call; an older one, or a proxy between, answers so."""
    return error.status in _ABSENT


def refused(backend: str, endpoint: str, status: int | None, text: str, *, right: str) -> Refused:
    """A refusal whose hint follows from the right that is missing."""
    hint = f"the token needs {right}" if right else ""
    error = Refused(backend, endpoint, status, text or "permission denied", hint=hint)
    error.right = right
    return error


def of_answer(backend: str, endpoint: str, status: int, text: str) -> ApiError:
    """The error that an HTTP answer of Nomad or Consul stands for; both answer in plain text."""
    said = text.lower().strip()
    if html(said):
        other = Misread if status < _SERVER else Unreachable
        return other(backend, endpoint, status, HTML)
    if _SIGNED in said:
        hint = f"set {backend.upper()}_TOKEN to a token's secret id"
        return Refused(backend, endpoint, status, "this is no Nomad token (a UUID)", hint=hint)
    if status in {401, 403} or any(words in said for words in _REFUSALS):
        return refused(backend, endpoint, status, text, right=_right(backend, endpoint))
    if "http request to an https server" in said:
        hint = f"try https:// in {backend}'s address"
        return Unreachable(backend, endpoint, status, "this port speaks TLS", hint=hint)
    kind = _kind(status, said)
    return kind(backend, endpoint, status, text or kind.__name__.lower())


def html(said: str) -> bool:
    """A page for people: no API answers so."""
    return said.lstrip().lower().startswith(("<!doctype html", "<html"))


def _kind(status: int, said: str) -> type[ApiError]:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled
    if status == HTTPStatus.NOT_FOUND or (status >= _SERVER and said.endswith("not found")):
        return NotFound
    if status >= _SERVER:
        return Unreachable
    return ApiError if status >= HTTPStatus.BAD_REQUEST else Misread


def _right(backend: str, endpoint: str) -> str:
    rights = _RIGHTS if backend == "nomad" else _CONSUL_RIGHTS
    path = endpoint.partition(" ")[2]
    return next((right for pattern, right in rights if pattern.match(path)), "")
