"""The state of a run: what a replayed journal gives."""

from datetime import datetime
from enum import StrEnum

import msgspec

from nomad_console.domain.plan import BatchChoice, NodePlan, Plan, Step
from nomad_console.domain.target import TargetKey
from nomad_console.upgrade.commands import RunHost, Write
from nomad_console.upgrade.gates import (
    DONE_MEANS,
    GATE_BEFORE,
    UNDONE_MEANS,
    Gate,
    ProofName,
    Standing,
    Truth,
    Undo,
)


class Outcome(StrEnum):
    """How a run ended; STOPPED: with nodes left untouched, as asked; CLOSED: given up by hand."""

    DONE = "done"
    RESTORED = "restored"
    STOPPED = "stopped"
    CLOSED = "closed"


class Cause(StrEnum):
    """Why a run is held. DOWN: the node at work is; SPENT: our token; UNANSWERED: nobody knows."""

    OPERATOR = "operator"
    CALL = "call"
    GUARD = "guard"
    DOWN = "down"
    DISTURBED = "disturbed"
    PROBE = "probe"
    HUNG_UP = "hung up"
    UNANSWERED = "unanswered"
    SPENT = "spent"


class Hold(msgspec.Struct, frozen=True):
    """`frozen`: our drain was cancelled as well; what was marked still moves."""

    reason: str
    since: datetime
    frozen: bool = False
    cause: Cause = Cause.OPERATOR


class Restoring(msgspec.Struct, frozen=True):
    """The run goes back. `undo`: what is being undone now, on the node at work.

    `cordons` are the nodes not begun that get theirs back, `left` those given up on. `held`: what
    the run was held for when that was asked.
    """

    reason: str
    since: datetime
    undo: Undo = Undo.DRAIN
    cordons: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    held: str = ""


class Pending(msgspec.Struct, frozen=True):
    """A call that is asked for and not answered. `trouble`: it was refused, or nobody knows.

    `lost`: it may run only once, and its answer was lost with the console that made it.
    """

    write: Write
    intended: bool = False
    started_at: datetime | None = None
    trouble: str = ""
    lost: bool = False


class Wait(msgspec.Struct, frozen=True):
    """Time that must pass; `due` is on the scale of the events' `elapsed`. `why`: on a way back."""

    step: Step
    seconds: float
    due: float
    over: bool = False
    began_at: datetime | None = None
    why: str = ""


class GateState(msgspec.Struct, frozen=True):
    """A gate whose proofs all hold. `code` "" and no time: asked for, not shown yet."""

    gate: Gate
    code: str = ""
    opened_at: datetime | None = None


class StepRecord(msgspec.Struct, frozen=True):
    """A step that is over, with what it was proven by. `step` None: before the first.

    `waited_s` of its time were the operator's, at its gate or held.
    """

    step: Step | None
    begun_at: datetime
    ended_at: datetime
    proofs: tuple[Standing, ...]
    waited_s: float = 0.0

    @property
    def worked_s(self) -> float:
        """Its own time."""
        return max(0.0, (self.ended_at - self.begun_at).total_seconds() - self.waited_s)


class NodeUpgrade(msgspec.Struct, frozen=True):
    """One node's way through the chain.

    `step` None: untouched. `begun_index` is Nomad's index when the step began, `index` that of its
    last write, `written_at` when that was answered: older evidence proves nothing. The flags are
    what the run has done here: `cancelled` our drain, `evaluated` jobs that did not come back,
    `stopped` batch allocations, `hosted` its command begun. `skipped` says by whom; `told` what
    guards have held the run for; `version` what Nomad listed last since its host step began.
    `batch_found` is the batch work seen there last before the drain, by id. Of the present step
    `waited_s` were the operator's, and since `waiting_since` it waits for more.
    """

    node: str
    step: Step | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    begun_index: int = 0
    index: int = 0
    written_at: datetime | None = None
    proofs: tuple[Standing, ...] = ()
    gate: GateState | None = None
    wait: Wait | None = None
    pending: tuple[Pending, ...] = ()
    records: tuple[StepRecord, ...] = ()
    cordoned: bool = False
    detached: tuple[TargetKey, ...] = ()
    drained: bool = False
    cancelled: bool = False
    evaluated: bool = False
    exit_code: int | None = None
    skipped: str = ""
    deadline_s: float | None = None
    batch: BatchChoice | None = None
    stopped: tuple[str, ...] = ()
    hosted: bool = False
    detached_at: datetime | None = None
    told: tuple[str, ...] = ()
    version: str = ""
    batch_found: tuple[str, ...] | None = None
    waited_s: float = 0.0
    waiting_since: datetime | None = None

    def standing(self, name: ProofName) -> Standing | None:
        return next((one for one in self.proofs if one.proof.name == name), None)

    def holds(self, *names: ProofName) -> bool:
        """Every one of the named proofs is true now."""
        standings = [self.standing(name) for name in names]
        return all(one is not None and one.proof.truth == Truth.TRUE for one in standings)

    @property
    def left_out(self) -> bool:
        """Skipped before anything but its eligibility was touched."""
        return bool(self.skipped) and self.step in {None, Step.CORDON}

    @property
    def last(self) -> bool:
        """Nothing of the chain is left but to go on to the next node, or to end."""
        return self.step == Step.BAKE or bool(self.skipped)

    @property
    def ready(self) -> bool:
        """Untouched, as planned, and nothing is asked for."""
        return self.proven and not self.pending

    @property
    def host_trouble(self) -> Pending | None:
        """The host command, where it failed or its end is not known."""
        host = (one for one in self.pending if isinstance(one.write, RunHost) and one.trouble)
        return next(host, None)

    @property
    def proven(self) -> bool:
        """Something was observed, and nothing that is needed is missing."""
        return bool(self.proofs) and all(one.proof.holds for one in self.proofs)


class Run(msgspec.Struct, frozen=True):
    """`current` is the place of the node at work; `writes` counts what makes older sights void.

    `stopping`: it ends after this node. `accepted` are the findings the operator took, by id.
    `hung_up_at`: a terminal was lost then, and nobody has released the run since.
    """

    plan: Plan
    upgrades: tuple[NodeUpgrade, ...]
    current: int = 0
    hold: Hold | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    writes: int = 0
    issued: int = 0
    stopping: bool = False
    restoring: Restoring | None = None
    outcome: Outcome | None = None
    accepted: tuple[str, ...] = ()
    hung_up_at: datetime | None = None

    @classmethod
    def of(cls, plan: Plan) -> "Run":
        return cls(plan, tuple(NodeUpgrade(node.node_id) for node in plan.nodes))

    @property
    def upgrade(self) -> NodeUpgrade:
        """The node at work."""
        return self.upgrades[self.current]

    @property
    def active(self) -> bool:
        return self.started_at is not None and self.ended_at is None

    @property
    def unaccepted(self) -> tuple[str, ...]:
        """The findings that still need a word of the operator, by id: no gate opens before."""
        return tuple(one for one in self.plan.to_accept if one not in self.accepted)

    @property
    def ahead(self) -> tuple[NodeUpgrade, ...]:
        """The nodes after the one at work that are not left out."""
        return tuple(one for one in self.upgrades[self.current + 1 :] if not one.skipped)

    @property
    def following(self) -> NodeUpgrade | None:
        """The node that comes after the one at work; None: it is the last, or the run stops."""
        return None if self.stopping else next(iter(self.ahead), None)

    @property
    def host_question(self) -> NodeUpgrade | None:
        """The node whose host command did not end well, or whose end nobody saw."""
        return next((one for one in self.upgrades if one.host_trouble), None)

    @property
    def drains(self) -> bool:
        """Our drain of the node at work is under way, or may be."""
        upgrade = self.upgrade
        ours = upgrade.step == Step.DRAIN and not upgrade.cancelled and self.restoring is None
        return ours and not upgrade.holds(ProofName.DRAIN_OVER)

    @property
    def host_repeatable(self) -> NodeUpgrade | None:
        """The node whose host command ended without the version that it was to bring."""
        upgrade = self.upgrade
        ended = upgrade.step == Step.UPGRADE and upgrade.hosted and not upgrade.pending
        wanting = self.hold is not None or upgrade.exit_code != 0
        there = upgrade.holds(ProofName.VERSION) or self.restoring is not None
        return upgrade if ended and wanting and not there else None

    @property
    def in_play(self) -> tuple[NodeUpgrade, ...]:
        """The nodes whose proofs count now: while one bakes, the next one's too."""
        if not self.active:
            return ()
        if self.restoring is not None and self.restoring.undo == Undo.CORDONS:
            return tuple(one for one in self.upgrades if one.node in self.restoring.cordons)
        if self.restoring is not None:
            return (self.upgrade,)
        following = self.following if self.upgrade.last else None
        nodes = () if self.upgrade.skipped else (self.upgrade,)
        return nodes if following is None else (*nodes, following)

    @property
    def undo(self) -> Undo | None:
        """What is being undone now."""
        return self.restoring.undo if self.restoring is not None else None

    def means(self, upgrade: NodeUpgrade) -> tuple[ProofName, ...]:
        """The proofs that the node's present step, or its way back, needs."""
        undo = self.undo
        if undo is None:
            return DONE_MEANS[upgrade.step]
        if undo == Undo.DRAIN and upgrade.step != Step.DRAIN:
            return ()
        return UNDONE_MEANS[undo]

    def node(self, node_id: str) -> NodeUpgrade:
        """One of the run's own nodes, as it is now."""
        return next(one for one in self.upgrades if one.node == node_id)

    def of_node(self, node_id: str) -> NodeUpgrade | None:
        return next((one for one in self.upgrades if one.node == node_id), None)


def next_step(plan: NodePlan, step: Step | None) -> Step | None:
    """The step after this one; a node without targets has none to detach or attach."""
    steps = [one for one in Step if plan.targets or one not in {Step.DETACH, Step.ATTACH}]
    if step is None:
        return steps[0]
    place = steps.index(step) + 1
    return steps[place] if place < len(steps) else None


def gate_ahead(run: Run) -> Gate | None:
    """The gate between what is done now and what comes next; None: it goes on by itself."""
    upgrade = run.upgrade
    if upgrade.skipped:
        return Gate.NEXT if run.following is not None else None
    if upgrade.step is None:
        return Gate.START
    step = next_step(run.plan.node(upgrade.node), upgrade.step)
    if step is None:
        return Gate.NEXT if run.following is not None else None
    return GATE_BEFORE.get(step)
