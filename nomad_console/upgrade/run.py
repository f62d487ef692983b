"""The state of a run: what a replayed journal gives."""

from datetime import datetime

import msgspec

from nomad_console.domain.plan import NodePlan, Plan, Step
from nomad_console.domain.target import TargetKey
from nomad_console.upgrade.commands import Write
from nomad_console.upgrade.gates import GATE_BEFORE, Gate, ProofName, Standing, Truth


class Hold(msgspec.Struct, frozen=True):
    """`frozen`: our drain was cancelled as well; what was marked still moves."""

    reason: str
    since: datetime
    frozen: bool = False


class Pending(msgspec.Struct, frozen=True):
    """A call that is asked for and not answered. `trouble`: it was refused, or nobody knows."""

    write: Write
    intended: bool = False
    started_at: datetime | None = None
    trouble: str = ""


class Wait(msgspec.Struct, frozen=True):
    """Time that must pass; `due` is on the scale of the events' `elapsed`."""

    step: Step
    seconds: float
    due: float
    over: bool = False


class GateState(msgspec.Struct, frozen=True):
    """A gate whose proofs all hold. `code` "" and no time: asked for, not shown yet."""

    gate: Gate
    code: str = ""
    opened_at: datetime | None = None


class StepRecord(msgspec.Struct, frozen=True):
    """A step that is over, with what it was proven by. `step` None: before the first."""

    step: Step | None
    begun_at: datetime
    ended_at: datetime
    proofs: tuple[Standing, ...]


class NodeUpgrade(msgspec.Struct, frozen=True):
    """One node's way through the chain.

    `step` None: untouched. `begun_index` is Nomad's index when the step began, `index` that of its
    last write, `written_at` when that was answered: older evidence proves nothing. The flags are
    what the run has done here: `cancelled` our drain, `evaluated` jobs that did not come back.
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

    def standing(self, name: ProofName) -> Standing | None:
        return next((one for one in self.proofs if one.proof.name == name), None)

    def holds(self, *names: ProofName) -> bool:
        """Every one of the named proofs is true now."""
        standings = [self.standing(name) for name in names]
        return all(one is not None and one.proof.truth == Truth.TRUE for one in standings)

    @property
    def proven(self) -> bool:
        """Something was observed, and nothing that is needed is missing."""
        return bool(self.proofs) and all(one.proof.holds for one in self.proofs)


class Run(msgspec.Struct, frozen=True):
    """`current` is the place of the node at work; `writes` counts what makes older sights void."""

    plan: Plan
    upgrades: tuple[NodeUpgrade, ...]
    current: int = 0
    hold: Hold | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    writes: int = 0
    issued: int = 0

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
    def following(self) -> NodeUpgrade | None:
        """The node after the one at work."""
        place = self.current + 1
        return self.upgrades[place] if place < len(self.upgrades) else None

    @property
    def in_play(self) -> tuple[NodeUpgrade, ...]:
        """The nodes whose proofs count now: while one bakes, the next one's too."""
        if not self.active:
            return ()
        following = self.following
        if self.upgrade.step == Step.BAKE and following is not None:
            return (self.upgrade, following)
        return (self.upgrade,)

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
    if upgrade.step is None:
        return Gate.START
    step = next_step(run.plan.node(upgrade.node), upgrade.step)
    if step is None:
        return Gate.NEXT if run.following is not None else None
    return GATE_BEFORE.get(step)
