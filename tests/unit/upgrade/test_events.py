"""Events as lines of a journal."""

from typing import Any

import msgspec
import pytest

from nomad_console.domain.plan import BatchChoice, Step
from nomad_console.upgrade import events
from nomad_console.upgrade.gates import Gate, NodeProofs, Observation, Proof, ProofName, Truth
from tests.support.manual_clock import EPOCH

WHEN: dict[str, Any] = {"at": EPOCH, "elapsed": 12.5}
PROOF = Proof(ProofName.EMPTY, Truth.TRUE, "nothing left", "nomad", EPOCH, "1000")
EVENTS: list[events.Event] = [
    events.Started(**WHEN),
    events.Observed(Observation(3, (NodeProofs("n", Step.DRAIN, (PROOF,)),)), **WHEN),
    events.TimeReached(**WHEN),
    events.GateOpened("n", Gate.DRAIN, "7f", **WHEN),
    events.GateConfirmed("n", Gate.DRAIN, "7f", 1000, **WHEN),
    events.Held("lunch", **WHEN),
    events.Frozen("terminal lost", **WHEN),
    events.Released(**WHEN),
    events.Intended("n/upgrade/1", **WHEN),
    events.Answered("n/drain/1", 1001, **WHEN),
    events.Failed("n/drain/1", "403", **WHEN),
    events.Unknown("n/drain/1", "timed out", **WHEN),
    events.HostStarted("n/upgrade/1", **WHEN),
    events.HostEnded("n/upgrade/1", None, "too long", **WHEN),
    events.Accepted(findings=("count-one:solo",), **WHEN),
    events.Skipped(node="n", by="operator", **WHEN),
    events.Extended(node="n", deadline_s=1200.0, **WHEN),
    events.StopAsked(**WHEN),
    events.StopUnasked(**WHEN),
    events.RestoreAsked(reason="enough", **WHEN),
    events.BatchChosen(node="n", choice=BatchChoice.STOP, allocations=("a",), **WHEN),
    events.HungUp(**WHEN),
    events.ProbeFailed(url="http://front/web", detail="502", **WHEN),
    events.Disturbed(node="n", what="is eligible", command="n/drain/1", **WHEN),
    events.Resumed(by="ops@bastion", **WHEN),
    events.HostAnswered(ran=True, **WHEN),
    events.Closed(by="ops@bastion", found=("c1: ready",), **WHEN),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_each_event_survives_a_line(event: events.Event) -> None:
    line = msgspec.json.encode(event)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=events.Event) == event
    assert msgspec.json.decode(line)["event"] == type(event).__name__


def test_the_list_is_whole() -> None:
    assert {type(event) for event in EVENTS} == set(events.Event.__args__)
