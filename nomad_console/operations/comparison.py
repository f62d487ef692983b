"""What is there before a write, against what the run left there: who else was at work, and when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from nomad_console.domain.node import LastDrain, Node, NodeDetail
from nomad_console.domain.plan import NodePlan, Step
from nomad_console.domain.target import Target, TargetKey, TargetState
from nomad_console.domain.text import printable
from nomad_console.upgrade.commands import (
    RUN_META,
    CancelDrain,
    Deregister,
    Drain,
    ExtendDrain,
    Register,
    RunHost,
    SetEligibility,
    Write,
)
from nomad_console.upgrade.events import Disturbed, Event, Released, RestoreAsked
from nomad_console.upgrade.run import NodeUpgrade, Run

_CHANGED = {True: "Node marked as eligible", False: "Node marked as ineligible"}
_AND = "; it "
_NOT_REGISTERED = "Target.NotRegistered"


class Sight(NamedTuple):
    """Read just before a write. `listings` holds the whole listing of each group that matters."""

    node: Node
    detail: NodeDetail
    listings: Mapping[str, tuple[Target, ...]]


class Known:
    """Differences the operator was told of and went on from: they stop no other call."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._told: set[tuple[str, str]] = set()
        self._known: set[tuple[str, str]] = set()
        for event in events:
            self.take(event)

    def take(self, event: Event) -> None:
        match event:
            case Disturbed(node=node, what=what):
                self._told |= {(node, one) for one in what.split(_AND)}
            case Released() | RestoreAsked():
                self._known |= self._told
            case _:
                pass

    @staticmethod
    def joined(news: Sequence[str]) -> str:
        """Several differences as one event tells them."""
        return _AND.join(news)

    def __contains__(self, difference: tuple[str, str]) -> bool:
        return difference in self._known


def groups_of(found: NodePlan, write: Write) -> tuple[str, ...]:
    """The target groups whose listing a write depends on."""
    match write:
        case Deregister(target=target) | Register(target=target):
            return (target.key.group,)
        case Drain() | RunHost():
            return tuple(dict.fromkeys(one.key.group for one in found.targets))
        case _:
            return ()


def differences(run: Run, node_id: str, sight: Sight) -> tuple[str, ...]:
    """What somebody else did to the node or its targets, each as what the node is or had done.

    On the way back, what is as it was found already stands in nobody's way.
    """
    upgrade = run.of_node(node_id)
    if upgrade is None:
        return ()
    found = run.plan.node(node_id)
    back = run.restoring is not None
    own = [_drain(run, upgrade, sight), _eligibility(found, upgrade, sight, back=back)]
    targets = (
        one
        for group, listing in sight.listings.items()
        for one in _targets(found, upgrade, group, listing, back=back)
    )
    return tuple(printable(one) for one in (*own, *targets) if one)


def ours(node: Node, run_id: str) -> bool:
    """The newest drain of the node is this run's."""
    return node.last_drain is not None and node.last_drain.meta.get(RUN_META) == run_id


def _asked(upgrade: NodeUpgrade, *kinds: type[Write]) -> bool:
    """A call of these kinds has no answer: it may have been carried out or not."""
    return any(isinstance(one.write, kinds) for one in upgrade.pending)


def _eligibility(found: NodePlan, upgrade: NodeUpgrade, sight: Sight, *, back: bool) -> str:
    expected = found.eligible and not upgrade.cordoned
    eligible = sight.node.eligible
    if back and eligible == found.eligible:
        return ""
    if eligible == expected or _asked(upgrade, SetEligibility, Drain):
        return ""
    if not eligible and sight.detail.drain is not None:
        return ""  # the drain did that, and is told
    moments = [
        event.at for event in sight.detail.events if event.message.startswith(_CHANGED[eligible])
    ]
    word = "eligible" if eligible else "ineligible"
    return f"was made {word} by another hand{_when(moments[-1] if moments else None)}"


def _drain(run: Run, upgrade: NodeUpgrade, sight: Sight) -> str:
    last = sight.node.last_drain
    if last is None:
        return ""
    if not ours(sight.node, run.plan.run_id):
        if sight.detail.drain is not None:
            return f"is being drained by {_who(last)}{_when(last.started_at)}"
        later = last.started_at is not None and last.started_at > run.plan.made_at
        return f"was drained by {_who(last)}{_when(last.started_at)}" if later else ""
    ended_by_us = upgrade.cancelled or run.restoring is not None
    if last.status != "canceled" or ended_by_us or upgrade.step != Step.DRAIN:
        return ""
    if _asked(upgrade, Drain, ExtendDrain, CancelDrain):
        return ""
    return f"had our drain cancelled by {_who(last)}{_when(last.updated_at)}"


def _targets(
    found: NodePlan, upgrade: NodeUpgrade, group: str, listing: tuple[Target, ...], *, back: bool
) -> Iterator[str]:
    listed = {one.key: one for one in listing}
    recorded = [one for one in found.targets if one.key.group == group]
    moving = {
        one.write.target.key
        for one in upgrade.pending
        if isinstance(one.write, Deregister | Register)
    }
    for target in recorded:
        if target.key in moving:
            continue
        there = present(listed.get(target.key))
        if there and target.key in upgrade.detached and not back:
            yield f"had {target} registered again by another hand"
        elif not there and target.key not in upgrade.detached:
            yield f"had {target} deregistered by another hand"
    ids = {one.key.id for one in recorded}
    known = {one.key for one in recorded}
    for key, one in listed.items():
        if key.id in ids and key not in known and present(one):
            yield f"is registered as {_named(key)} too, which the plan does not know"


def present(target: Target | None) -> bool:
    """Registered, whatever its health."""
    if target is None or target.state == TargetState.DRAINING:
        return False
    return target.state != TargetState.UNUSED or target.reason not in {"", _NOT_REGISTERED}


def _named(key: TargetKey) -> str:
    return f"{key.id}:{key.port}"


def _who(last: LastDrain) -> str:
    return last.accessor_id or "another hand"


def _when(at: datetime | None) -> str:
    return f" at {at:%H:%M:%S}" if at is not None else ""
