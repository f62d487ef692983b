"""Gates, the proofs they stand on, and what "done" means for each step."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from nomad_console.domain.plan import Step


class Gate(StrEnum):
    """Each waits for the operator, before the step that it names; NEXT before the next node."""

    START = "start"
    DETACH = "take out of the balancer"
    DRAIN = "drain"
    UPGRADE = "upgrade the agent"
    REJOIN = "bring back"
    ATTACH = "give traffic"
    NEXT = "go on to the next node"


GATE_BEFORE: Mapping[Step, Gate] = {
    Step.DETACH: Gate.DETACH,
    Step.DRAIN: Gate.DRAIN,
    Step.UPGRADE: Gate.UPGRADE,
    Step.REJOIN: Gate.REJOIN,
    Step.ATTACH: Gate.ATTACH,
}


class Undo(StrEnum):
    """The way back of one node, in its order; CORDONS: of the nodes not begun, last of all."""

    DRAIN = "end our drain"
    REJOIN = "bring back"
    ATTACH = "give traffic"
    CORDONS = "cordons of nodes not begun"


class Truth(StrEnum):
    """UNKNOWN: the source is stale, or its word is older than what it should prove."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class ProofName(StrEnum):
    NODE_AS_PLANNED = "node as planned"
    TARGETS_AS_PLANNED = "targets as planned"
    CORDONED = "node ineligible"
    OTHERS_SERVE = "others can serve"
    RELEASED = "balancer sends nothing"
    RELEASED_TWICE = "balancer asked twice"
    DRAIN_OVER = "our drain is complete"
    EMPTY = "node empty"
    EMPTY_TWICE = "node empty twice"
    REPLACED = "replacements healthy"
    NO_UNHEALTHY = "no replacement unhealthy"
    PLACED = "every replacement has a place"
    UNLISTED = "Consul lists nothing stopped"
    SAME_MACHINE = "same machine"
    READY = "node ready"
    VERSION = "version as wanted"
    DRIVERS = "drivers healthy"
    REGISTERED_AGAIN = "registered a second time"
    ELIGIBLE = "eligibility as found"
    SYSTEM_BACK = "system allocations as before"
    CHECKS_PASSING = "checks of system jobs pass"
    HEALTHY = "targets healthy"
    SERVICES = "services as before"
    STEADY = "nothing restarts"
    IN_TIME = "replacements in time"
    NODE_OURS = "node as we left it"
    TARGETS_OURS = "targets as we left them"
    UNDRAINED = "our drain is ended"
    SETTLED = "nothing is stopping"
    RUNS = "version it runs"


_P = ProofName
DONE_MEANS: Mapping[Step | None, tuple[ProofName, ...]] = {
    None: (_P.NODE_AS_PLANNED, _P.TARGETS_AS_PLANNED),
    Step.CORDON: (_P.CORDONED, _P.OTHERS_SERVE, _P.READY, _P.NODE_OURS),
    Step.DETACH: (_P.CORDONED, _P.RELEASED, _P.RELEASED_TWICE, _P.READY, _P.NODE_OURS),
    Step.DRAIN: (
        _P.EMPTY,
        _P.EMPTY_TWICE,
        _P.DRAIN_OVER,
        _P.REPLACED,
        _P.NO_UNHEALTHY,
        _P.PLACED,
        _P.UNLISTED,
        _P.RELEASED,
        _P.READY,
        _P.IN_TIME,
        _P.NODE_OURS,
        _P.TARGETS_OURS,
    ),
    Step.UPGRADE: (
        _P.SAME_MACHINE,
        _P.READY,
        _P.VERSION,
        _P.REGISTERED_AGAIN,
        _P.DRIVERS,
        _P.RELEASED,
        _P.NODE_OURS,
        _P.TARGETS_OURS,
    ),
    Step.REJOIN: (
        _P.READY,
        _P.ELIGIBLE,
        _P.SYSTEM_BACK,
        _P.CHECKS_PASSING,
        _P.RELEASED,
        _P.NODE_OURS,
        _P.TARGETS_OURS,
    ),
    Step.ATTACH: (_P.READY, _P.HEALTHY, _P.NODE_OURS),
    Step.BAKE: (_P.READY, _P.HEALTHY, _P.SERVICES, _P.STEADY, _P.NODE_OURS, _P.TARGETS_OURS),
}
UNDONE_MEANS: Mapping[Undo, tuple[ProofName, ...]] = {
    Undo.DRAIN: (_P.UNDRAINED, _P.SETTLED),
    Undo.REJOIN: (_P.READY, _P.ELIGIBLE, _P.SYSTEM_BACK, _P.CHECKS_PASSING, _P.RUNS),
    Undo.ATTACH: (_P.READY, _P.HEALTHY),
    Undo.CORDONS: (_P.ELIGIBLE,),
}
GUARDS = frozenset({_P.IN_TIME, _P.NODE_OURS, _P.TARGETS_OURS})  # false: the run is held, once
CANCELED = "canceled"  # in the mark of NODE_OURS: another hand ended our drain
OPTIONAL = frozenset({_P.REGISTERED_AGAIN, _P.RUNS}) | GUARDS  # no gate waits for them


class Proof(msgspec.Struct, frozen=True):
    """One claim as the newest readings have it.

    `read_at`: when what it rests on was last true. `mark` names the reading, so that a second look
    can be told from the first.
    """

    name: ProofName
    truth: Truth
    evidence: str
    source: str
    read_at: datetime | None = None
    mark: str = ""

    @property
    def holds(self) -> bool:
        return self.truth == Truth.TRUE or self.name in OPTIONAL


class Standing(msgspec.Struct, frozen=True):
    """A proof in the engine's state, and since when it has had this truth."""

    proof: Proof
    since: datetime


class NodeProofs(msgspec.Struct, frozen=True):
    """`step` None: the node has not been touched yet. `undo`: on its way back.

    `batch`: the batch work that is there before the drain, by id; None: not looked at.
    """

    node: str
    step: Step | None
    proofs: tuple[Proof, ...]
    undo: Undo | None = None
    batch: tuple[str, ...] | None = None


class Observation(msgspec.Struct, frozen=True):
    """The nodes in play, seen when the run had had `writes` answers: older ones prove nothing."""

    writes: int
    nodes: tuple[NodeProofs, ...] = ()
