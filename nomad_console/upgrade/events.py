"""Everything that can happen to a run: the journal's lines.

Each carries when it happened: `at` for people (UTC), `elapsed` for waits (seconds, monotonic).
"""

from datetime import datetime

import msgspec

from nomad_console.domain.plan import BatchChoice
from nomad_console.upgrade.gates import Gate, Observation


class _Happened(msgspec.Struct, frozen=True, tag=True, tag_field="event", kw_only=True):
    at: datetime
    elapsed: float


class Started(_Happened, frozen=True):
    """The operator took up the plan."""


class Observed(_Happened, frozen=True):
    observation: Observation


class TimeReached(_Happened, frozen=True):
    """The time of an earlier WakeAt has come."""


class GateOpened(_Happened, frozen=True):
    """The gate that was asked for is shown, with the code that answers it."""

    node: str
    gate: Gate
    code: str


class GateConfirmed(_Happened, frozen=True):
    """`index`: Nomad's newest index then; what comes after it is of the step that begins."""

    node: str
    gate: Gate
    code: str
    index: int


class Held(_Happened, frozen=True):
    """By the operator, or by a guard; `reason` says which. `token`: because ours has ended."""

    reason: str
    token: bool = False


class Frozen(_Happened, frozen=True):
    """Hold, and cancel our drain keeping the node ineligible."""

    reason: str


class Released(_Happened, frozen=True):
    """Go on: refused calls are tried again, except those that may run only once."""


class Intended(_Happened, frozen=True):
    """Written down before a call that must never be made twice."""

    command: str


class Answered(_Happened, frozen=True):
    """`index`: the Nomad index the write returned; 0 where nothing had to change or not Nomad's."""

    command: str
    index: int = 0


class Failed(_Happened, frozen=True):
    """The call was refused: it changed nothing."""

    command: str
    reason: str


class Unknown(_Happened, frozen=True):
    """No answer came: the call may have worked."""

    command: str
    reason: str


class HostStarted(_Happened, frozen=True):
    command: str


class HostEnded(_Happened, frozen=True):
    """`exit_code` None: it did not end by itself; `reason` says how it ended.

    `last` is the last line of its output.
    """

    command: str
    exit_code: int | None
    reason: str = ""
    last: str = ""


class Accepted(_Happened, frozen=True):
    """The operator's word on findings that need one, by id; also before the start."""

    findings: tuple[str, ...]


class Skipped(_Happened, frozen=True):
    """Leave this node out, or as it is now. `by`: who asked for it."""

    node: str
    by: str


class Extended(_Happened, frozen=True):
    """Our drain gets a new deadline, counted from now; 0: none."""

    node: str
    deadline_s: float


class StopAsked(_Happened, frozen=True):
    """End the run after the node at work."""


class StopUnasked(_Happened, frozen=True):
    """Go on with the other nodes after all."""


class RestoreAsked(_Happened, frozen=True):
    """Put back what this run changed, and end it."""

    reason: str


class BatchChosen(_Happened, frozen=True):
    """`allocations`: the batch work to stop, as it is on the node now; (): as it was planned."""

    node: str
    choice: BatchChoice
    allocations: tuple[str, ...] = ()


class HungUp(_Happened, frozen=True):
    """The terminal is lost: as Frozen, and told to whoever takes the run up again."""


class ProbeFailed(_Happened, frozen=True):
    """More probe requests failed than were allowed."""

    url: str
    detail: str


class Disturbed(_Happened, frozen=True):
    """Somebody else changed the node or its targets. `command`: the call that was not made."""

    node: str
    what: str
    command: str = ""


class Resumed(_Happened, frozen=True):
    """Another console, or a later one, goes on with the run; `elapsed` is on its own scale."""

    by: str


class HostAnswered(_Happened, frozen=True):
    """Whether the host command did its work, where nobody saw its end; not `ran`: run it again."""

    ran: bool


class Closed(_Happened, frozen=True):
    """Somebody gave the run up, begun or not: it is over as it is. `found`: what was there then."""

    by: str
    found: tuple[str, ...] = ()


Event = (
    Started
    | Observed
    | TimeReached
    | GateOpened
    | GateConfirmed
    | Held
    | Frozen
    | Released
    | Intended
    | Answered
    | Failed
    | Unknown
    | HostStarted
    | HostEnded
    | Accepted
    | Skipped
    | Extended
    | StopAsked
    | StopUnasked
    | RestoreAsked
    | BatchChosen
    | HungUp
    | ProbeFailed
    | Disturbed
    | Resumed
    | HostAnswered
    | Closed
)
