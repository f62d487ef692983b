import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from nomad_console.domain.finding import Finding, Level
from nomad_console.domain.plan import Step
from nomad_console.operations.approval import Attendant, Orders, patience_s, unaccepted
from nomad_console.upgrade.events import (
    Disturbed,
    Event,
    Failed,
    Frozen,
    GateConfirmed,
    GateOpened,
    Held,
    HostStarted,
    Intended,
    Released,
    RestoreAsked,
    Unknown,
)
from nomad_console.upgrade.gates import Gate, ProofName
from nomad_console.upgrade.run import Run
from tests.support.manual_clock import EPOCH, ManualClock
from tests.support.plans import a_plan
from tests.support.play import HOST, Play, at_step, started

ALL = Orders(approve=True)
BACK = Orders(approve=True, restore=True)


class Desk:
    """What an operator has of a run: its state, and words that the engine takes at once."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.trouble = ""
        self.said: list[str] = []
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._watchers: list[Callable[[], None]] = []

    @property
    def run(self) -> Run:
        return self.play.run

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def confirm(self, node: str, gate: Gate, code: str) -> None:
        self.said.append(f"confirm {gate}")
        self.play.do(GateConfirmed, node, gate, code, 3000)
        assert not self.play.refused()
        self.tell()

    def hold(self, reason: str) -> None:
        self.said.append(f"hold: {reason}")
        self.play.do(Held, reason)
        self.tell()

    def freeze(self, reason: str) -> None:
        self.said.append(f"freeze: {reason}")
        self.play.do(Frozen, reason)
        self.tell()

    def restore(self, reason: str) -> None:
        self.said.append(f"restore: {reason}")
        self.play.do(RestoreAsked, reason)
        self.tell()

    def open(self) -> None:
        """The gate that the engine asked for is shown."""
        gate = self.play.now.gate
        assert gate is not None
        self.play.do(GateOpened, self.play.now.node, gate.gate, "7f")
        self.tell()

    def tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()


class Seat:
    def __init__(self, desk: Desk, clock: ManualClock, attending: asyncio.Task[None]) -> None:
        self.desk = desk
        self.clock = clock
        self._attending = attending

    async def settle(self) -> bool:
        """Whether the attendant has left."""
        self.desk.tell()
        await self.clock.advance(0)
        return self._attending.done()

    async def wait(self, seconds: float) -> bool:
        await self.clock.advance(seconds)
        return await self.settle()


@asynccontextmanager
async def attended(play: Play, orders: Orders = ALL) -> AsyncIterator[Seat]:
    clock, desk = ManualClock(), Desk(play)
    attendant = Attendant(desk, clock, orders)
    async with asyncio.TaskGroup() as tasks:
        attending = tasks.create_task(attendant.attend())
        await clock.advance(0)
        yield Seat(desk, clock, attending)
        attending.cancel()


def limit(play: Play) -> float:
    seconds = patience_s(play.run)
    assert seconds is not None
    return seconds


async def test_a_gate_is_answered_when_it_is_open_and_once() -> None:
    play = started(1)
    play.see()
    async with attended(play) as seat:
        assert not await seat.settle()
        assert seat.desk.said == []
        seat.desk.open()
        assert not await seat.settle()
        assert seat.desk.said == ["confirm start"]
        assert play.now.step is Step.CORDON


async def test_it_leads_a_run_of_two_to_its_end() -> None:
    play = started(1, 2)
    async with attended(play) as seat:
        while play.run.ended_at is None:
            if play.finish_step() is not None:
                seat.desk.open()
            over = await seat.settle()
        assert over
    assert seat.desk.said.count("confirm drain") == 2
    assert not [said for said in seat.desk.said if said.startswith(("hold", "freeze"))]


async def test_where_nobody_approves_the_first_gate_holds_the_run() -> None:
    play = started(1)
    play.see()
    async with attended(play, Orders()) as seat:
        seat.desk.open()
        assert await seat.settle()
    assert seat.desk.said == ["hold: c1: start: proven, and nobody approves"]
    assert play.now.step is None
    assert play.now.pending == ()


@pytest.mark.parametrize("step", [Step.CORDON, Step.DETACH, Step.REJOIN, Step.ATTACH, Step.BAKE])
async def test_a_step_that_is_not_proven_in_time_is_held_with_what_is_missing(step: Step) -> None:
    play = at_step(step)
    play.answer()
    async with attended(play) as seat:
        assert not await seat.wait(limit(play) - 1)
        assert await seat.wait(1.5)
    (said,) = seat.desk.said
    assert said.startswith(f"hold: c1: {step} is not proven after ")
    assert "nothing was seen yet" in said


async def test_a_wrong_version_is_held_after_the_command_and_not_before() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    async with attended(play) as seat:
        assert not await seat.wait(100_000)
        play.answer()
        play.see(ProofName.VERSION)
        await seat.settle()
        assert not await seat.wait(limit(play) - 1)
        assert await seat.wait(1.5)
    assert "version as wanted: broken" in seat.desk.said[0]


async def test_work_by_hand_takes_as_long_as_it_takes() -> None:
    play = at_step(Step.UPGRADE)
    play.see(ProofName.VERSION)
    async with attended(play) as seat:
        assert not await seat.wait(100_000)
    assert seat.desk.said == []


async def test_a_drain_has_its_deadline_and_is_ended_before_it_is_left() -> None:
    play = at_step(Step.DRAIN)
    play.answer()
    play.see(ProofName.EMPTY, ProofName.DRAIN_OVER)
    assert limit(play) > play.run.plan.deadline_s
    async with attended(play) as seat:
        assert not await seat.wait(limit(play) - 1)
        assert not await seat.wait(1.5)
        assert [said.split(":")[0] for said in seat.desk.said] == ["hold", "freeze"]
        assert not await seat.wait(20)
        play.answer()
        assert await seat.settle()
    assert play.run.hold is not None
    assert play.run.hold.frozen
    assert len(seat.desk.said) == 2


@pytest.mark.parametrize("over", [False, True])
async def test_a_drain_that_is_over_or_may_go_on_is_left_alone(over: bool) -> None:
    play = at_step(Step.DRAIN)
    play.answer()
    play.see(ProofName.REPLACED, *([] if over else [ProofName.DRAIN_OVER]))
    play.do(Held, "a guard")
    async with attended(play, Orders(approve=True, freeze=over)) as seat:
        assert await seat.settle()
    assert seat.desk.said == []


async def test_a_held_run_is_left_only_when_every_call_has_its_answer() -> None:
    play = at_step(Step.DETACH)
    play.do(Held, "a guard")
    async with attended(play) as seat:
        assert not await seat.wait(20)
        play.answer()
        assert await seat.settle()
    assert seat.desk.said == []


async def test_a_call_that_cannot_even_begin_is_not_waited_for_for_ever() -> None:
    play = at_step(Step.DETACH)
    play.do(Held, "the lock is late")
    async with attended(play) as seat:
        assert not await seat.wait(20)
        assert await seat.wait(20)


async def test_a_host_command_that_runs_is_waited_for_however_long_it_takes() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    (pending,) = play.now.pending
    play.do(Intended, pending.write.id)
    play.do(HostStarted, pending.write.id)
    play.do(Held, "the probe")
    async with attended(play) as seat:
        assert not await seat.wait(10_000)
        play.do(Unknown, pending.write.id, "gone")
        assert await seat.settle()


async def test_what_was_said_to_the_run_already_comes_before_any_judgement() -> None:
    play = at_step(Step.DETACH)
    play.answer()
    play.do(Held, "a guard")
    async with attended(play) as seat:
        assert await seat.settle()
    resumed = Desk(play)
    resumed.events.put_nowait(Released(at=EPOCH, elapsed=0))
    attendant = Attendant(resumed, ManualClock(), ALL)
    assert not attendant._left_alone()
    resumed.events.get_nowait()
    assert attendant._left_alone()


async def test_on_failure_it_goes_back_once_and_leaves_when_all_is_back() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    (pending,) = play.now.pending
    play.do(Intended, pending.write.id)
    play.do(Failed, pending.write.id, "ended with 7")
    async with attended(play, BACK) as seat:
        assert not await seat.settle()
        assert [said.split(":")[0] for said in seat.desk.said] == ["restore"]
        assert play.run.restoring is not None
        play.do(Held, "what came back is not healthy")
        assert not await seat.settle()  # its calls are under way
        play.answer()
        assert await seat.settle()
    assert len(seat.desk.said) == 1


async def test_a_way_back_that_stalls_is_held() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    play.answer()
    play.do(Held, "a guard")
    async with attended(play, BACK) as seat:
        await seat.settle()
        play.answer()
        assert play.run.restoring is not None
        await seat.settle()
        assert not await seat.wait(limit(play) - 1)
        assert await seat.wait(2)
    assert seat.desk.said[-1].startswith("hold: c1: bring back is not proven after")


async def test_another_hand_is_never_worked_against_and_no_approval_is_no_failure() -> None:
    play = at_step(Step.DETACH)
    play.answer()
    play.do(Disturbed, play.now.node, "was made eligible by another hand")
    async with attended(play, BACK) as seat:
        assert await seat.settle()
    assert seat.desk.said == []
    play = started(1)
    play.see()
    async with attended(play, Orders(restore=True)) as seat:
        seat.desk.open()
        assert await seat.settle()
    assert [said.split(":")[0] for said in seat.desk.said] == ["hold"]


def test_batch_work_that_is_waited_for_has_no_limit() -> None:
    play = at_step(Step.DRAIN, 2)
    play.answer()
    assert play.run.plan.node(play.now.node).batch
    assert patience_s(play.run) is None


async def test_what_was_refused_is_left_at_once() -> None:
    play = at_step(Step.UPGRADE, host_command=HOST)
    (pending,) = play.now.pending
    play.do(Intended, pending.write.id)
    play.do(Failed, pending.write.id, "cannot start")
    async with attended(play) as seat:
        assert await seat.settle()


async def test_a_run_whose_journal_fails_is_left() -> None:
    async with attended(started(1)) as seat:
        seat.desk.trouble = "disk full"
        assert await seat.settle()


def test_only_ack_needs_a_word_and_no_word_lifts_a_block() -> None:
    findings = tuple(
        Finding(f"{level}:x", level, "x", "seen", "mend it") for level in (*Level, Level.ACK)
    )
    plan = msgspec.structs.replace(a_plan(1), findings=findings)
    assert [one.level for one in unaccepted(plan, ())] == [Level.ACK, Level.ACK]
    assert unaccepted(plan, ("ACK:x",)) == ()
    assert unaccepted(plan, ("all",)) == ()
    assert len(unaccepted(plan, ("BLOCK:x", "ACK:y"))) == 2
