"""Which target group is read next; pure."""

from collections.abc import Iterable

import msgspec

from nomad_console.domain.policy import Policy
from nomad_console.domain.target import TargetGroup

AFTER_WRITE_S = 15.0
NEAR_END_S = 3.0


class GroupTurn(msgspec.Struct, frozen=True):
    """What is to be read next: a group's targets, or its attributes."""

    arn: str
    attributes: bool = False


class AlbSchedule:
    """Times are seconds of the caller's clock.

    Groups in play are read fast for a while after a write and near the end of their
    deregistration delay, the rest in turn.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._read_at: dict[str, float] = {}
        self._attributed: set[str] = set()
        self._written_at: dict[str, float] = {}
        self._urgent: dict[str, None] = {}
        self._begun: set[str] = set()
        self._in_play: frozenset[str] = frozenset()
        self._groups: dict[str, TargetGroup] = {}

    def know(self, groups: Iterable[TargetGroup]) -> None:
        self._groups = {group.arn: group for group in groups}

    def play(self, groups: frozenset[str]) -> None:
        self._in_play = groups

    def written(self, arn: str, now: float) -> None:
        """Somebody wrote to the group: read it at once, and closely."""
        self._written_at[arn] = now
        self.demand(arn)

    def demand(self, arn: str) -> None:
        """Read it at once; a reading already under way will not do."""
        self._urgent[arn] = None
        self._begun.discard(arn)

    def begin(self, turn: GroupTurn) -> None:
        if not turn.attributes:
            self._begun.add(turn.arn)

    def done(self, turn: GroupTurn, now: float) -> None:
        """The turn that was begun has brought its answer, at that time."""
        if turn.attributes:
            self._attributed.add(turn.arn)
            return
        self._read_at[turn.arn] = now
        if turn.arn in self._begun:
            self._urgent.pop(turn.arn, None)

    def forget(self, arn: str) -> None:
        """The group is gone, until `know` names it again."""
        self._groups.pop(arn, None)
        self._urgent.pop(arn, None)

    def next(self, now: float) -> GroupTurn | None:
        """The most pressing turn that is due."""
        for arn in self._urgent:
            if arn in self._groups:
                return GroupTurn(arn)
        playing = self._in_play & self._groups.keys()
        due = self._longest_due(playing, now)
        if due is not None:
            return GroupTurn(due)
        unknown = [arn for arn in playing if arn not in self._attributed]
        if unknown:
            return GroupTurn(min(unknown), attributes=True)
        due = self._longest_due(self._groups.keys() - playing, now)
        if due is not None and due not in self._read_at:
            return GroupTurn(due)
        unknown = sorted(self._groups.keys() - self._attributed)
        if unknown:
            return GroupTurn(unknown[0], attributes=True)
        return GroupTurn(due) if due is not None else None

    def every(self, arn: str, now: float) -> float:
        """How often a group is read at present, in seconds."""
        written = self._written_at.get(arn)
        if written is None or arn not in self._in_play:
            return self._policy.poll_slow_s
        since = now - written
        group = self._groups.get(arn)
        delay = (group.deregistration_delay_s if group else None) or 0.0
        floor = (
            self._policy.detach_floor_nlb_s
            if group and group.network
            else self._policy.detach_floor_s
        )
        end = max(delay, floor)
        fast = since <= AFTER_WRITE_S or (
            min(delay, end) - NEAR_END_S <= since <= end + AFTER_WRITE_S
        )
        return self._policy.poll_fast_s if fast else self._policy.poll_slow_s

    def _longest_due(self, arns: Iterable[str], now: float) -> str | None:
        best, most = None, 0.0
        for arn in sorted(arns):
            read_at = self._read_at.get(arn)
            if read_at is None:
                return arn
            overdue = now - read_at - self.every(arn, now)
            if overdue >= most:
                best, most = arn, overdue
        return best
