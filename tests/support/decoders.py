"""The decoder of each recorded answer, as the clients put it together."""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from nomad_console.clients import consul_wire as consul
from nomad_console.clients import nomad_agent_wire as agents
from nomad_console.clients import nomad_job_wire as jobs
from nomad_console.clients import nomad_node_wire as nodes
from nomad_console.clients import nomad_wire as wire
from nomad_console.clients.http import Answer
from nomad_console.clients.nomad_lists import listing
from nomad_console.clients.nomad_stream import frame
from nomad_console.clients.wire import converted, decoded, rows_of
from tests.support.hostile import Path, leaves
from tests.support.recorded import RECORDINGS
from tests.support.recorded_server import calls

Decode = Callable[[str, bytes], object]
IDENTITY = {  # what a record is told by
    r"/v1/(nodes?|allocations?|jobs?|node|job|deployments|evaluations)(/.*)?": {"ID"},
    r"/v1/(namespaces|internal/ui/services)": {"Name"},
    r"/v1/acl/token/self": {"AccessorID"},
    r"/v1/health/.*": {"Node", "CheckID"},
    r"/v1/catalog/node/.*": {"Node"},
}


class Recording(NamedTuple):
    """An answer with status 200, and what reads it."""

    name: str
    endpoint: str
    value: Any
    decode: Decode

    def __str__(self) -> str:
        return self.name


def one(kind: type[Any], *records: Callable[[Any], object]) -> Decode:
    def decode(path: str, body: bytes) -> object:
        found = decoded("nomad", f"GET {path}", body, kind)
        return tuple(record(found) for record in records)

    return decode


def many(kind: type[Any], record: Callable[[Any], object]) -> Decode:
    return lambda path, body: listing(path, Answer(body), kind, record).rows


def of_consul(kind: type[Any], record: Callable[[Any], object]) -> Decode:
    def decode(path: str, body: bytes) -> object:
        return tuple(record(row) for row in rows_of("consul", f"GET {path}", body, kind))

    return decode


def catalog_node(path: str, body: bytes) -> object:
    value = decoded("consul", f"GET {path}", body, object)
    return consul.node_health(
        "c1", converted("consul", f"GET {path}", value, consul.CATALOG_NODE), []
    )


def consul_agent(path: str, body: bytes) -> object:
    return consul.agent(decoded("consul", f"GET {path}", body, consul.AgentWire))


NOMAD: dict[str, Decode] = {
    r"/v1/nodes": many(nodes.NodeStubWire, nodes.node),
    r"/v1/node/[^/]+": one(nodes.NodeWire, nodes.node, nodes.node_detail),
    r"/v1/allocations|/v1/(node|job)/[^/]+/allocations": many(wire.AllocationWire, wire.allocation),
    r"/v1/allocation/[^/]+": one(
        wire.AllocationWire, lambda found: wire.allocation(found, whole=True)
    ),
    r"/v1/jobs": many(jobs.JobWire, jobs.job_stub),
    r"/v1/job/[^/]+": one(jobs.JobWire, jobs.job),
    r"/v1/deployments": many(wire.DeploymentWire, wire.deployment),
    r"/v1/evaluations": many(wire.EvaluationWire, wire.evaluation),
    r"/v1/namespaces": many(agents.NamespaceWire, lambda found: found.name),
    r"/v1/agent/self": one(agents.AgentWire, agents.agent),
    r"/v1/agent/members": one(agents.MembersWire, lambda found: tuple(agents.servers(found))),
    r"/v1/acl/token/self": one(agents.TokenWire, agents.token),
    r"/v1/status/leader": one(str, str),
}
CONSUL: dict[str, Decode] = {
    r"/v1/internal/ui/services": of_consul(consul.SummaryWire, consul.summary),
    r"/v1/health/(state|node)/[^/]+": of_consul(consul.CheckWire, consul.check),
    r"/v1/catalog/node/[^/]+": catalog_node,
    r"/v1/agent/self": consul_agent,
    r"/v1/status/leader": one(str, str),
}
_READ_IDS = {(kind, "ID") for kind in ("Node", "Allocation", "Job", "Evaluation", "Deployment")}
_FOLDERS = ("nomad", "nomad/acl", "nomad/client-agent", "nomad/no-leader", "consul", "consul/acl")


def identities(recording: Recording) -> Iterator[Path]:
    """Where the records' own names are."""
    if recording.endpoint == "/v1/event/stream":
        yield from (
            p for p in leaves(recording.value) if p[2:3] == ("Payload",) and p[3:] in _READ_IDS
        )
        return
    names = next((n for rule, n in IDENTITY.items() if re.fullmatch(rule, recording.endpoint)), ())
    depth = 2 if isinstance(recording.value, list) or "catalog" in recording.endpoint else 1
    yield from (p for p in leaves(recording.value) if len(p) == depth and p[-1] in names)


def recordings() -> Iterator[Recording]:
    for folder in _FOLDERS:
        decoders = CONSUL if folder.startswith("consul") else NOMAD
        for name, call in calls(folder):
            asked = call["request"]
            decode = next(
                (d for rule, d in decoders.items() if re.fullmatch(rule, asked["path"])), None
            )
            if asked["method"] == "GET" and call["status"] == 200 and decode and call["body"]:
                yield Recording(name, asked["path"], call["body"], decode)


def frames() -> Iterator[Recording]:
    """One line of each topic and type in the streams, the shortest."""
    found = dict[tuple[str, str], Recording]()
    for path in sorted(RECORDINGS.rglob("*-events.ndjson")):
        for line in sorted(path.read_bytes().splitlines(), key=len):
            said = json.loads(line)
            for event in said.get("Events") or ():
                kind = (event["Topic"], event["Type"])
                name = f"{event['Topic']}-{event['Type']}"
                read = Recording(name, "/v1/event/stream", said, lambda _, body: frame(body))
                found.setdefault(kind, read)
    yield from found.values()


def unsound(found: object) -> str:
    """What no record may hold; "" where all is well."""
    return next((word for value in _values(found) if (word := _wrong(value))), "")


def _wrong(value: object) -> str:
    match value:
        case bool() | None:
            return ""
        case int():
            return "" if -(2**63) <= value < 2**63 else "a number beyond 64 bits"
        case float():
            return "" if math.isfinite(value) else "no finite number"
        case str():
            return "a lone surrogate" if re.search("[\ud800-\udfff]", value) else ""
        case datetime():
            return "" if value.tzinfo and value.astimezone(UTC).year > 1 else "a time of nowhere"
        case _:
            return ""


def _values(found: object) -> Iterator[object]:
    match found:
        case msgspec.Struct():
            inner: Iterable[object] = msgspec.structs.astuple(found)
        case dict():
            inner = (*found, *found.values())
        case tuple() | list() | set() | frozenset():
            inner = found
        case _:
            yield found
            return
    for value in inner:
        yield from _values(value)
