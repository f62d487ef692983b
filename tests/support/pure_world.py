"""The article's cluster without a wire: every call a run asks for shows in the next snapshot."""

import msgspec

from nomad_console.domain.node import LastDrain
from nomad_console.domain.plan import Step
from nomad_console.domain.snapshot import ClusterSnapshot
from nomad_console.domain.target import Target, TargetKey
from nomad_console.upgrade.commands import (
    CancelDrain,
    Deregister,
    Drain,
    EvaluateJob,
    ExtendDrain,
    Register,
    RunHost,
    SetEligibility,
    StopAllocation,
    Write,
)
from nomad_console.upgrade.events import (
    Answered,
    HostEnded,
    HostStarted,
    Intended,
    Observed,
    TimeReached,
)
from nomad_console.upgrade.machine import is_news
from nomad_console.upgrade.observe import observe
from tests.support.manual_clock import EPOCH
from tests.support.play import Play
from tests.support.snapshots import (
    article_snapshot,
    drained,
    later,
    with_derived,
    with_detail,
    with_node,
)


class PureWorld:
    """Answers a run's calls at once, and lets it see what came of them two seconds later."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.snapshot = article_snapshot()
        self.writes: list[Write] = []

    def answer(self) -> None:
        """Carry out every call that waits for its answer."""
        for upgrade in self.play.run.upgrades:
            for pending in upgrade.pending:
                self._carry_out(pending.write)

    def look(self) -> None:
        """Two seconds on, everything is read again."""
        self.play.elapsed += 2.0
        self._read()
        seen = observe(self.snapshot, self.play.run)
        if is_news(self.play.run, seen):
            self.play.do(Observed, seen)

    def turn(self) -> None:
        """Once round: calls, a look, and the time that is waited for."""
        self.answer()
        self.look()
        wait = self.play.now.wait
        if wait is not None and not wait.over and wait.due <= self.play.elapsed:
            self.play.do(TimeReached)

    def reach(self, step: Step | None, node: str) -> None:
        """Confirm every gate until this step of this node has just begun."""
        for _ in range(400):
            now = self.play.now
            if (now.node, now.step) == (node, step):
                return
            if now.gate is not None:
                self.play.confirm(index=self.snapshot.nomad_index)
            else:
                self.turn()
        raise AssertionError(f"{self.play.now.step}: {self.missing()}")

    def end(self) -> None:
        for _ in range(400):
            if self.play.run.ended_at is not None:
                return
            assert self.play.run.hold is None, self.play.run.hold
            self.turn()
        raise AssertionError(f"{self.play.run.undo}: {self.missing()}")

    def missing(self) -> list[str]:
        standings = [one for upgrade in self.play.run.in_play for one in upgrade.proofs]
        proofs = [one.proof for one in standings if not one.proof.holds]
        return [f"{proof.name}: {proof.evidence}" for proof in proofs]

    def _read(self) -> None:
        ahead = self.play.elapsed - (self.snapshot.at - EPOCH).total_seconds()
        self.snapshot = later(self.snapshot, ahead, indexes=1)

    def _carry_out(self, write: Write) -> None:
        self.writes.append(write)
        self._read()
        number = int(write.node[1])
        call = write.id
        match write:
            case SetEligibility():
                word = "eligible" if write.eligible else "ineligible"
                self.snapshot = with_node(self.snapshot, number, eligibility=word)
            case Drain():
                self._drain(number, write.run_id)
            case CancelDrain():
                last = self.snapshot.nodes[write.node].last_drain
                if last is not None and last.status == "draining":
                    self._end_drain(number, last)
            case Deregister():
                rest = {k: v for k, v in self.snapshot.targets.items() if k != write.target.key}
                self._targets(rest)
            case Register():
                one = write.target
                back = Target(one.key, one.zone, one.quic_server_id, "healthy", "", "", "")
                self._targets({**self.snapshot.targets, one.key: back})
            case RunHost():
                self.play.do(Intended, call)
                self.play.do(HostStarted, call)
                self._upgrade(number)
                self.play.do(HostEnded, call, 0)
                return
            case EvaluateJob() | StopAllocation() | ExtendDrain():
                pass
        self.play.do(Answered, call, self.snapshot.nomad_index)

    def _targets(self, targets: dict[TargetKey, Target]) -> None:
        changed = msgspec.structs.replace(self.snapshot, targets=targets)
        self.snapshot = with_derived(changed)

    def _drain(self, number: int, run_id: str) -> None:
        """Everything leaves at once but system work, which is kept."""
        kept = {
            key: one for key, one in self.snapshot.allocations.items() if one.job_type == "system"
        }
        after = drained(self.snapshot, number, run_id)
        rows = {**after.allocations, **kept}
        self.snapshot = with_derived(msgspec.structs.replace(after, allocations=rows))

    def _end_drain(self, number: int, last: LastDrain) -> None:
        ended = msgspec.structs.replace(last, status="canceled", updated_at=self.snapshot.at)
        self.snapshot = with_node(self.snapshot, number, draining=False, last_drain=ended)

    def _upgrade(self, number: int) -> None:
        index = self.snapshot.nomad_index + 1
        newer = with_node(self.snapshot, number, version="2.0.5", modify_index=index)
        self.snapshot = with_detail(newer, number, modify_index=index)


def eligibilities(snapshot: ClusterSnapshot) -> list[str]:
    return [node.eligibility for node in snapshot.nodes.values()]
