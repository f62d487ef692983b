"""Nomad's event stream: bytes into frames, each with all records of one raft index."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence

import msgspec

from nomad_console.clients.errors import html
from nomad_console.clients.http import HEAD, LARGEST, misread
from nomad_console.clients.nomad_job_wire import JobWire, job, job_stub
from nomad_console.clients.nomad_node_wire import NodeWire, node, node_detail
from nomad_console.clients.nomad_wire import (
    AllocationWire,
    DeploymentWire,
    EvaluationWire,
    allocation,
    deployment,
    evaluation,
)
from nomad_console.clients.wire import Index, decoded, go_name
from nomad_console.domain.allocation import Allocation, Deployment, Evaluation
from nomad_console.domain.job import Job, JobStub
from nomad_console.domain.node import Node, NodeDetail

ENDPOINT = "GET /v1/event/stream"


class NodeRemoved(msgspec.Struct, frozen=True):
    """Purged: its row is gone from the lists."""

    id: str


Record = (  # a Job event gives both JobStub and Job
    tuple[Node, NodeDetail] | NodeRemoved | Allocation | Job | JobStub | Deployment | Evaluation
)


class Frame(msgspec.Struct, frozen=True):
    """All events of one raft index; a heartbeat is Frame(0, ())."""

    index: int
    records: tuple[Record, ...]


class PayloadWire(msgspec.Struct, rename=go_name, gc=False):
    """One record under the name of its kind."""

    node: NodeWire | None = None
    allocation: AllocationWire | None = None
    job: JobWire | None = None
    evaluation: EvaluationWire | None = None
    deployment: DeploymentWire | None = None


class EventWire(msgspec.Struct, rename=go_name, gc=False):
    """The payload is decoded by its topic: other topics have other payloads."""

    topic: str = ""
    type: str = ""
    key: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class FrameWire(msgspec.Struct, rename=go_name, gc=False):
    """One line; `{}` is a heartbeat."""

    index: Index = 0
    events: list[EventWire] | None = None


async def lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Whole lines, wherever the chunks were cut; an unfinished last one is dropped.

    Misread where a line has no end, or the rest is a page for people.
    """
    pending: list[bytes] = []
    held = 0
    async for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            pending.append(line)
            yield b"".join(pending)
            pending.clear()
            held = 0
        if rest:
            pending.append(rest)
            held += len(rest)
        if held > LARGEST:
            raise misread("nomad", ENDPOINT, ValueError("a line without an end"))
    rest = b"".join(pending)
    if html(rest[:HEAD].decode("ascii", "replace")):
        raise misread("nomad", ENDPOINT, ValueError(), rest)


def frame(line: bytes) -> Frame:
    """One line of the stream; raises Misread where it is not one."""
    wire = decoded("nomad", ENDPOINT, line, FrameWire)
    records = tuple(record for event in wire.events or () for record in _records(event))
    return Frame(wire.index, records)


def topic_parameters(topics: Sequence[str]) -> list[tuple[str, str]]:
    """`topic=T[:key]` each once: Nomad answers a repeated topic with silence."""
    names = [topic.partition(":")[0] for topic in topics]
    if len(set(names)) != len(names):
        raise ValueError(f"a topic is repeated: {', '.join(topics)}")
    return [("topic", topic) for topic in topics]


def _records(event: EventWire) -> Iterator[Record]:
    read = _TOPICS.get(event.topic)
    if read is None:
        return
    found = tuple(read(event.type, decoded("nomad", ENDPOINT, bytes(event.payload), PayloadWire)))
    names = {record[0].id if isinstance(record, tuple) else record.id for record in found}
    if names - {event.key or next(iter(names), "")}:  # a payload with two IDs is nobody's
        raise misread("nomad", ENDPOINT, ValueError(f"no {event.topic} named as the event's key"))
    yield from found


def _of_node(kind: str, payload: PayloadWire) -> Iterator[Record]:
    if payload.node is None:
        return
    if kind == "NodeDeregistration":
        yield NodeRemoved(payload.node.id)
        return
    yield node(payload.node), node_detail(payload.node)


def _of_allocation(_kind: str, payload: PayloadWire) -> Iterator[Record]:
    if payload.allocation is not None:
        yield allocation(payload.allocation, whole=True)


def _of_job(_kind: str, payload: PayloadWire) -> Iterator[Record]:
    if payload.job is not None:
        yield job_stub(payload.job)
        yield job(payload.job)


def _of_evaluation(_kind: str, payload: PayloadWire) -> Iterator[Record]:
    if payload.evaluation is not None:
        yield evaluation(payload.evaluation)


def _of_deployment(_kind: str, payload: PayloadWire) -> Iterator[Record]:
    if payload.deployment is not None:
        yield deployment(payload.deployment)


_TOPICS: Mapping[str, Callable[[str, PayloadWire], Iterator[Record]]] = {
    "Node": _of_node,
    "Allocation": _of_allocation,
    "Job": _of_job,
    "Evaluation": _of_evaluation,
    "Deployment": _of_deployment,
}
