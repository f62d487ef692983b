import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomad_console.clients import nomad_stream
from nomad_console.clients.errors import Misread
from nomad_console.clients.nomad_stream import Frame, NodeRemoved, frame, lines, topic_parameters
from nomad_console.domain.allocation import Allocation
from nomad_console.domain.job import Job, JobStub
from tests.support.recorded import RECORDINGS

NODE = {"ID": "n1", "Name": "größe-ノード", "Status": "ready", "ModifyIndex": 5}


def event(topic: str, payload: object, kind: str = "X") -> dict[str, object]:
    row = payload.get(topic) if isinstance(payload, dict) else None
    key = str((row or {}).get("ID", "k"))
    return {"Topic": topic, "Type": kind, "Key": key, "Index": 5, "Payload": payload}


def line(*events: dict[str, object]) -> bytes:
    return json.dumps({"Index": 5, "Events": list(events)}, ensure_ascii=False).encode()


async def cut(body: bytes, sizes: list[int]) -> AsyncIterator[bytes]:
    start = 0
    for size in sizes:
        yield body[start : start + size]
        start += size
    yield body[start:]


@given(st.lists(st.integers(0, 40), max_size=60))
async def test_cuts_do_not_matter(sizes: list[int]) -> None:
    first, second = line(event("Node", {"Node": NODE})), line()
    body = b"{}\n" + first + b"\n" + second + b"\nunfinished"
    assert [got async for got in lines(cut(body, sizes))] == [b"{}", first, second]


def test_a_heartbeat_has_no_index_and_no_records() -> None:
    assert frame(b"{}") == Frame(0, ())


def test_all_events_of_an_index_are_one_frame() -> None:
    events = (RECORDINGS / "nomad/client-killed-events.ndjson").read_bytes().splitlines()
    largest = max((frame(each) for each in events), key=lambda found: len(found.records))
    assert len([record for record in largest.records if isinstance(record, Allocation)]) > 3


def test_a_node_event_gives_row_and_detail() -> None:
    ((node, detail),) = frame(line(event("Node", {"Node": NODE}))).records  # type: ignore[misc]  # a pair it is
    assert (node.id, node.name, detail.id) == ("n1", "größe-ノード", "n1")


def test_a_deregistered_node_is_removed() -> None:
    found = frame(line(event("Node", {"Node": NODE}, "NodeDeregistration")))
    assert found.records == (NodeRemoved("n1"),)


def test_a_job_event_gives_stub_and_job() -> None:
    stub, job = frame(line(event("Job", {"Job": {"ID": "web", "Namespace": "prod"}}))).records
    assert isinstance(stub, JobStub)
    assert isinstance(job, Job)
    assert stub.id == job.id == "web"


def test_absent_fields_of_an_event_are_empty_not_unknown() -> None:
    (found,) = frame(line(event("Allocation", {"Allocation": {"ID": "a"}}))).records
    assert isinstance(found, Allocation)
    assert (found.previous_id, found.tasks) == ("", ())


@pytest.mark.parametrize(
    "unknown",
    [
        event("NodePool", {"NodePool": {"Name": "x"}}),
        event("Service", {"Service": {"ID": 7}}),
        event("Node", {}),
        event("Allocation", {"Allocation": None}),
    ],
)
def test_unknown_topics_and_empty_payloads_are_ignored(unknown: dict[str, object]) -> None:
    assert frame(line(unknown)) == Frame(5, ())


def test_a_payload_that_is_not_what_its_event_names_is_misread() -> None:
    twice = line(event("Node", {"Node": NODE})).replace(b'"Status"', b'"ID":"n2","Status"')
    with pytest.raises(Misread, match="no Node named as the event's key"):
        frame(twice)
    assert frame(twice.replace(b'"n2"', b'"n1"')).records


async def test_a_page_for_people_is_misread_even_without_a_line_end() -> None:
    with pytest.raises(Misread, match="HTML"):
        [got async for got in lines(cut(b"<html><body>sign in", [3]))]


async def test_a_line_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nomad_stream, "LARGEST", 10)
    with pytest.raises(Misread, match="a line without an end"):
        [got async for got in lines(cut(b"x" * 30, [9, 9]))]
    assert len([got async for got in lines(cut(b"{}\n" * 30, [9, 9]))]) == 30


def test_null_events_are_none() -> None:
    assert frame(b'{"Index":9,"Events":null}') == Frame(9, ())


@pytest.mark.parametrize(
    "garbage", [b"", b"<html>", b'{"Index":"x"}', line(event("Node", {"Node": {"ID": 3}}))]
)
def test_garbage_is_misread(garbage: bytes) -> None:
    with pytest.raises(Misread):
        frame(garbage)


def test_a_topic_is_asked_for_once() -> None:
    assert topic_parameters(["Node", "Job:web"]) == [("topic", "Node"), ("topic", "Job:web")]
    for repeated in (["Node", "Node"], ["Allocation", "Allocation:web"]):
        with pytest.raises(ValueError, match="repeated"):
            topic_parameters(repeated)
