"""Commands as lines and as words."""

import msgspec
import pytest

from nomad_console.domain.plan import RecordedTarget
from nomad_console.domain.target import TargetKey
from nomad_console.upgrade.commands import (
    CancelDrain,
    Command,
    CommandClass,
    Deregister,
    Drain,
    EvaluateJob,
    ExtendDrain,
    OpenGate,
    Register,
    Rejected,
    RunHost,
    SetEligibility,
    StopAllocation,
    WakeAt,
    Write,
    call,
)
from nomad_console.upgrade.gates import Gate

TARGET = RecordedTarget(
    TargetKey("arn", "i-0a", 80),
    group_name="web-public",
    zone="",
    quic_server_id="",
    network=False,
    delay_s=300.0,
    slow_start_s=0.0,
)
CONV, TAG, ONCE = CommandClass.CONVERGENT, CommandClass.TAGGED, CommandClass.ONCE
WRITES: list[tuple[Write, CommandClass, str]] = [
    (SetEligibility(id="1", node="n", eligible=True), CONV, "PUT /v1/node/n/eligibility eligible"),
    (
        SetEligibility(id="1", node="n", eligible=False),
        CONV,
        "PUT /v1/node/n/eligibility ineligible",
    ),
    (Deregister(id="1", node="n", target=TARGET), CONV, "DeregisterTargets web-public i-0a:80"),
    (Register(id="1", node="n", target=TARGET), CONV, "RegisterTargets web-public i-0a:80"),
    (
        Drain(id="1", node="n", run_id="r", deadline_s=600.0, keep_system=True),
        TAG,
        "PUT /v1/node/n/drain deadline 10:00, system jobs kept",
    ),
    (
        Drain(id="1", node="n", run_id="r", deadline_s=600.0, keep_system=False),
        TAG,
        "PUT /v1/node/n/drain deadline 10:00, system jobs too",
    ),
    (
        CancelDrain(id="1", node="n", run_id="r"),
        TAG,
        "PUT /v1/node/n/drain cancel, still ineligible",
    ),
    (
        EvaluateJob(id="1", node="n", namespace="prod", job_id="edge"),
        ONCE,
        "POST /v1/job/edge/evaluate?namespace=prod",
    ),
    (
        ExtendDrain(id="1", node="n", run_id="r", deadline_s=0.0, keep_system=True),
        TAG,
        "PUT /v1/node/n/drain no deadline, system jobs kept",
    ),
    (StopAllocation(id="1", node="n", allocation="a0"), ONCE, "PUT /v1/allocation/a0/stop"),
    (RunHost(id="1", node="n", argv=("ssh", "c1", "a b")), ONCE, "ssh c1 'a b'"),
]


@pytest.mark.parametrize(("write", "kind", "words"), WRITES)
def test_each_call_has_its_class_and_its_words(
    write: Write, kind: CommandClass, words: str
) -> None:
    assert write.kind == kind
    assert call(write) == words


@pytest.mark.parametrize(
    "command",
    [*(write for write, _, _ in WRITES), WakeAt(1.5), OpenGate("n", Gate.DRAIN), Rejected("no")],
)
def test_each_command_survives_a_line(command: Command) -> None:
    line = msgspec.json.encode(command)
    assert msgspec.json.decode(line, type=Command) == command
