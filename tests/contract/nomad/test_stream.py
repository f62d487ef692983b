"""Nomad's event stream: where it starts, what is in it, what a refusal looks like."""

from itertools import pairwise
from typing import Any

from tests.support.nomad_parties import NomadParty
from tests.support.statements import statement

CASES = ("drain-normal", "system-jobs-back", "client-killed", "client-back", "upgrade-inplace")
EMPTY: tuple[Any, ...] = (None, "", [], {})
Event = dict[str, Any]


def payloads(party: NomadParty, topic: str) -> list[Event]:
    events = [event for case in CASES for event in party.story(case).events]
    found = [event["Payload"][topic] for event in events if event["Topic"] == topic]
    assert found
    return found


@statement("nomad.stream.first-line", "the first line is a heartbeat, `{}`")
def test_the_first_line(party: NomadParty) -> None:
    for case in CASES:
        assert party.story(case).lines[0][1] == {}


@statement("nomad.stream.heartbeat", "then a heartbeat comes every 30 s, events or not")
def test_heartbeats(party: NomadParty) -> None:
    lines = party.story("drain-normal").lines
    beats = [at for at, line in lines if line == {}]
    assert len(beats) > 1
    assert all(29.5 < after - at < 30.5 for at, after in pairwise(beats))
    assert any(beats[0] < at < beats[1] for at, line in lines if line)


@statement("nomad.stream.headers", "it is a bare 200 that closes: no gzip, no length, no index")
def test_the_headers(party: NomadParty) -> None:
    stream = party.stream("acl/stream-management-all")
    assert (stream.status, stream.accepted) == (200, True)
    assert stream.headers is not None
    assert stream.headers["connection"] == "close"
    assert stream.headers["content-type"] == "application/json"
    missing = {"transfer-encoding", "content-encoding", "content-length", "x-nomad-index"}
    assert not missing & stream.headers.keys()


@statement("nomad.stream.one-line-an-index", "the events of a line have the line's index")
def test_lines_are_indexes(party: NomadParty) -> None:
    lines = [line for _, line in party.story("drain-normal").lines if line]
    assert max(len(line["Events"]) for line in lines) > 1
    for line in lines:
        assert {event["Index"] for event in line["Events"]} == {line["Index"]}
    indexes = [line["Index"] for line in lines]
    assert indexes == sorted(indexes)


@statement(
    "nomad.stream.index-inclusive", "a stream begins with the newest event it was asked from"
)
def test_an_index_is_inclusive(party: NomadParty) -> None:
    """Asked with the latest index, or one beyond it, it sends the last line again."""
    story = party.story("drain-normal")
    (_, first) = story.lines[1]
    drained = next(event["Index"] for event in story.events if event["Type"] == "NodeDrain")
    assert first["Index"] < drained


@statement("nomad.stream.future", "an index of the future begins with the last line")
def test_an_index_of_the_future(party: NomadParty) -> None:
    stream = party.stream("streams/stream-future-index")
    assert stream.status == 200
    assert len(stream.indexes) == 1


@statement(
    "nomad.stream.gap", "an index older than the buffer begins at the oldest, without a sign"
)
def test_a_gap(party: NomadParty) -> None:
    stream = party.stream("streams/stream-job-filter")
    asked = 1
    assert stream.status == 200
    assert stream.indexes[0] > asked + 1
    assert stream.indexes == sorted(stream.indexes)


@statement("nomad.stream.job-key", "`Allocation:JOB` is the job's allocations")
def test_allocations_of_a_job(party: NomadParty) -> None:
    kinds = party.stream("streams/stream-job-filter").kinds
    assert {kind.partition("/")[0] for kind in kinds} == {"Allocation"}


@statement("nomad.stream.node-key", "`Node:ID` is one node")
def test_events_of_a_node(party: NomadParty) -> None:
    stream = party.stream("stream-key")
    assert stream.indexes
    assert {kind.partition("/")[0] for kind in stream.kinds} == {"Node"}


@statement("nomad.stream.twice", "a topic asked for twice gives no event at all")
def test_a_topic_asked_for_twice(party: NomadParty) -> None:
    stream = party.stream("stream-duplicate-topic")
    assert (stream.status, stream.indexes, stream.ended) == (200, [], False)


@statement("nomad.stream.unknown-topic", "an unknown topic gives no event and no refusal")
def test_an_unknown_topic(party: NomadParty) -> None:
    stream = party.stream("stream-unknown-topic")
    assert (stream.status, stream.indexes, stream.ended) == (200, [], False)


@statement("nomad.stream.bad-index", "only an index that is no number is refused in words, 400")
def test_a_bad_index(party: NomadParty) -> None:
    assert party.stream("acl/stream-bad-index").status == 400


@statement("nomad.stream.refused", "a refused stream is a 200 that says nothing and stays open")
def test_refused_streams(party: NomadParty) -> None:
    for name in (
        "acl/stream-no-token",
        "acl/stream-node-only-allocation",
        "acl/stream-read-only-nodepool",
        "acl/stream-read-only-unknown-topic",
        "acl/stream-read-only-all-topics",
    ):
        stream = party.stream(name)
        assert (stream.status, stream.accepted, stream.ended) == (200, False, False), name


@statement("nomad.stream.unknown-token", "an unknown token's stream is a 200 that ends at once")
def test_unknown_tokens(party: NomadParty) -> None:
    stream = party.stream("acl/stream-wrong-token")
    assert (stream.status, stream.accepted, stream.ended) == (200, False, True)


@statement("nomad.stream.accepted", "one that may be read has its heartbeat at once")
def test_accepted_streams(party: NomadParty) -> None:
    for name in ("acl/stream-node-only-node", "acl/stream-read-only-all"):
        assert party.stream(name).accepted, name


@statement("nomad.stream.every-namespace", "one namespace that may not be read refuses all of `*`")
def test_one_namespace_of_several(party: NomadParty) -> None:
    assert not party.stream("acl/stream-one-namespace-all").accepted
    assert party.stream("acl/stream-one-namespace-own").accepted


@statement("nomad.stream.placed", "an allocation just placed has no field that is empty")
def test_what_a_placed_allocation_leaves_out(party: NomadParty) -> None:
    for row in placed(party):
        assert (
            not {
                "TaskStates",
                "DesiredTransition",
                "DeploymentStatus",
                "NextAllocation",
                "ClientDescription",
            }
            & row.keys()
        )
        assert all(row[name] not in EMPTY for name in row)
        assert row["PreviousAllocation"]


@statement("nomad.stream.without-job", "an allocation comes without its job")
def test_allocations_come_without_their_job(party: NomadParty) -> None:
    for row in placed(party):
        assert row["JobID"]
        assert "Job" not in row


def placed(party: NomadParty) -> list[Event]:
    """Replacements as they were first told of."""
    found = [
        event["Payload"]["Allocation"]
        for event in party.story("placed").events
        if event["Type"] == "PlanResult"
        and event["Topic"] == "Allocation"
        and event["Payload"]["Allocation"]["ClientStatus"] == "pending"
    ]
    assert found
    return found


@statement("nomad.stream.node-whole", "a node comes whole: no secret, `DrainStrategy` null or set")
def test_nodes_in_events(party: NomadParty) -> None:
    rows = [row for row in payloads(party, "Node") if "SecretID" in row]
    assert rows
    for row in rows:
        assert row["SecretID"] == ""
        assert {"Attributes", "DrainStrategy", "Events", "Meta", "Drivers"} < row.keys()


@statement("nomad.stream.type", "a client's report of allocations is an event of its node too")
def test_types_say_who_wrote(party: NomadParty) -> None:
    events = [event for case in CASES for event in party.story(case).events]
    kinds = {(event["Topic"], event["Type"]) for event in events}
    assert {("Allocation", "AllocationUpdated"), ("Node", "AllocationUpdated")} <= kinds


@statement("nomad.stream.rewritten", "a plan writes again what ended long before, unchanged")
def test_an_event_is_not_news(party: NomadParty) -> None:
    events = [
        (event["Index"], event["Payload"]["Allocation"])
        for event in party.story("stopped-twice").events
        if event["Type"] == "PlanResult" and event["Topic"] == "Allocation"
    ]
    assert any(row["ClientStatus"] == "complete" for _, row in events)


@statement("nomad.stream.leaderless", "without a leader streams open and their heartbeats come on")
def test_streams_without_a_leader(party: NomadParty) -> None:
    new = party.story("no-leader").streams["new"]
    assert (new.status, new.accepted, new.ended) == (200, True, False)
    old = party.story("no-leader").streams["old"]
    assert (old.accepted, old.ended) == (True, False)


@statement("nomad.stream.transfer", "a stream outlives a transfer of leadership")
def test_streams_and_transfers(party: NomadParty) -> None:
    old = party.story("transfer").streams["old"]
    assert (old.accepted, old.ended) == (True, False)


@statement(
    "nomad.stream.namespaces",
    "without `namespace` only `default` is streamed, `*` is all",
    source="https://developer.hashicorp.com/nomad/api-docs/events",
)
def test_namespaces_of_a_stream(party: NomadParty) -> None:
    streams = party.story("two-namespaces").streams
    plain, prod, every = (set(streams[name].indexes) for name in ("plain", "prod", "every"))
    assert plain
    assert prod
    assert not plain & prod
    assert every == plain | prod


@statement("nomad.stream.unknown-namespace", "an unknown namespace is accepted and stays empty")
def test_unknown_namespaces(party: NomadParty) -> None:
    stream = party.stream("acl/stream-unknown-namespace")
    assert (stream.status, stream.accepted, stream.indexes) == (200, True, [])
