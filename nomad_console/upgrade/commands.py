"""Everything a run can ask for. The class says how a call is taken up again after a crash."""

import shlex
from enum import StrEnum
from typing import ClassVar, assert_never

import msgspec

from nomad_console.domain.plan import RecordedTarget
from nomad_console.domain.text import duration
from nomad_console.upgrade.gates import Gate

RUN_META = "nomad-console-run"  # the key in a drain's Meta that holds the run's id


class CommandClass(StrEnum):
    """CONVERGENT: read, write if different. TAGGED: never again while ours is set.

    ONCE: written down before, never repeated by itself.
    """

    CONVERGENT = "convergent"
    TAGGED = "tagged"
    ONCE = "once"


class _Write(msgspec.Struct, frozen=True, tag=True, tag_field="command", kw_only=True):
    """`id` names the call in its answers: `<node>/<step>/<number>`."""

    id: str
    node: str


class SetEligibility(_Write, frozen=True):
    kind: ClassVar[CommandClass] = CommandClass.CONVERGENT
    eligible: bool


class _OfTarget(_Write, frozen=True):
    kind: ClassVar[CommandClass] = CommandClass.CONVERGENT
    target: RecordedTarget


class Deregister(_OfTarget, frozen=True):
    pass


class Register(_OfTarget, frozen=True):
    pass


class _Draining(_Write, frozen=True):
    """Tagged with the run's id in Meta under RUN_META. `deadline_s` 0: no deadline."""

    kind: ClassVar[CommandClass] = CommandClass.TAGGED
    run_id: str
    deadline_s: float
    keep_system: bool


class Drain(_Draining, frozen=True):
    pass


class ExtendDrain(_Draining, frozen=True):
    """Set our drain once more with another deadline, from now; idle where ours is not set."""


class CancelDrain(_Write, frozen=True):
    """Ends our drain; the node stays ineligible. Meta is repeated, as a later one replaces it."""

    kind: ClassVar[CommandClass] = CommandClass.TAGGED
    run_id: str


class EvaluateJob(_Write, frozen=True):
    kind: ClassVar[CommandClass] = CommandClass.ONCE
    namespace: str
    job_id: str


class StopAllocation(_Write, frozen=True):
    """Ends batch work here; idle where it has ended by itself."""

    kind: ClassVar[CommandClass] = CommandClass.ONCE
    allocation: str


class RunHost(_Write, frozen=True):
    """Run on this machine, without a shell; HostStarted and HostEnded answer it."""

    kind: ClassVar[CommandClass] = CommandClass.ONCE
    argv: tuple[str, ...]


Write = (
    SetEligibility
    | Deregister
    | Register
    | Drain
    | ExtendDrain
    | CancelDrain
    | EvaluateJob
    | StopAllocation
    | RunHost
)


class WakeAt(msgspec.Struct, frozen=True, tag=True, tag_field="command"):
    """Send TimeReached when `elapsed` has come; asking again for a time already asked is idle."""

    elapsed: float


class OpenGate(msgspec.Struct, frozen=True, tag=True, tag_field="command"):
    """Every proof holds: answer with GateOpened and a fresh code of two characters."""

    node: str
    gate: Gate


class Rejected(msgspec.Struct, frozen=True, tag=True, tag_field="command"):
    """The event was out of place and changed nothing."""

    reason: str


Command = Write | WakeAt | OpenGate | Rejected


def call(write: Write) -> str:
    """The exact call or command, for people."""
    match write:
        case SetEligibility():
            word = "eligible" if write.eligible else "ineligible"
            text = f"PUT /v1/node/{write.node}/eligibility {word}"
        case Deregister():
            text = f"DeregisterTargets {write.target}"
        case Register():
            text = f"RegisterTargets {write.target}"
        case Drain() | ExtendDrain():
            kept = ", system jobs kept" if write.keep_system else ", system jobs too"
            limit = f"deadline {duration(write.deadline_s)}" if write.deadline_s else "no deadline"
            text = f"PUT /v1/node/{write.node}/drain {limit}{kept}"
        case CancelDrain():
            text = f"PUT /v1/node/{write.node}/drain cancel, still ineligible"
        case EvaluateJob():
            text = f"POST /v1/job/{write.job_id}/evaluate?namespace={write.namespace}"
        case StopAllocation():
            text = f"PUT /v1/allocation/{write.allocation}/stop"
        case RunHost():
            text = shlex.join(write.argv)
        case _:
            assert_never(write)
    return text
