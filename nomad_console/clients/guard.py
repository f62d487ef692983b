"""The allow-list that every call passes, in every mode, before a socket opens."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from nomad_console.clients.errors import ReadOnly

_ID = r"[0-9a-fA-F-]+"
_PART = r"[^/]+"
_LOCK = f"nomad-console/{_PART}/run"

NOMAD_READS: Mapping[str, tuple[str, ...]] = {
    "GET": (
        f"acl/token/self|acl/policy/{_PART}",
        "agent/(self|members)",
        f"allocations|allocation/{_ID}",
        "deployments|evaluations|event/stream|namespaces",
        f"jobs|job/{_PART}",
        f"nodes|node/{_ID}(/allocations)?",
        "status/leader",
    ),
    "POST": ("search(/fuzzy)?", "jobs/statuses", "jobs/parse"),  # reads, although posted
}
NOMAD_WRITES: Mapping[str, tuple[str, ...]] = {
    "POST": (
        f"node/{_ID}/(drain|eligibility)",
        f"job/{_PART}/evaluate",
        f"allocation/{_ID}/stop",
    ),
}
CONSUL_READS: Mapping[str, tuple[str, ...]] = {
    "GET": (
        "acl/token/self|agent/self",
        f"catalog/(services|node/{_PART}|service/{_PART})",
        f"health/(node|state)/{_PART}",
        "internal/ui/services",
        f"kv/{_LOCK}",
        "status/leader",
    ),
}
CONSUL_WRITES: Mapping[str, tuple[str, ...]] = {
    "PUT": ("session/create", f"session/(renew|destroy)/{_ID}", f"kv/{_LOCK}"),
}
AWS_READS = ("Describe.*", "Get.*", "List.*", "AssumeRole.*", "CreateToken")
AWS_WRITES = ("RegisterTargets", "DeregisterTargets")

Rules = tuple[tuple[str, re.Pattern[str]], ...]


class Guard:
    """Lets through what is listed and nothing else; counts both.

    `method` of AWS is always "call", its `path` the operation's name.
    """

    def __init__(
        self,
        backend: str,
        reads: Mapping[str, tuple[str, ...]],
        writes: Mapping[str, tuple[str, ...]],
        *,
        read_only: bool,
    ) -> None:
        self.backend = backend
        self.read_only = read_only
        self.reads = 0
        self.writes = 0
        self.refused = 0
        self._reads = _compiled(reads)
        self._writes = _compiled({} if read_only else writes)

    def check(self, method: str, path: str) -> None:
        """Return, or raise ReadOnly; `path` as sent, percent-encoded, without the query."""
        if _listed(self._reads, method, path):
            self.reads += 1
        elif _listed(self._writes, method, path):
            self.writes += 1
        else:
            self.refused += 1
            why = "read-only" if self.read_only else "not among the calls this console makes"
            raise ReadOnly(self.backend, f"{method} {path}", None, f"refused here: {why}")


def nomad_guard(*, read_only: bool) -> Guard:
    return Guard("nomad", NOMAD_READS, NOMAD_WRITES, read_only=read_only)


def consul_guard(*, read_only: bool) -> Guard:
    return Guard("consul", CONSUL_READS, CONSUL_WRITES, read_only=read_only)


def aws_guard(*, read_only: bool) -> Guard:
    return Guard("alb", {"call": AWS_READS}, {"call": AWS_WRITES}, read_only=read_only)


def _compiled(rules: Mapping[str, tuple[str, ...]]) -> Rules:
    return tuple(
        (method, re.compile(f"{'' if method == 'call' else '/v1/'}(?:{'|'.join(patterns)})"))
        for method, patterns in rules.items()
    )


def _listed(rules: Rules, method: str, path: str) -> bool:
    parts = unquote(path).split("/")
    if "." in parts or ".." in parts or not path.isprintable():
        return False
    return any(method == verb and pattern.fullmatch(path) for verb, pattern in rules)
